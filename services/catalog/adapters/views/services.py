"""Which services help with this, and who may use them? Search by words, without help of the database.

The tokeniser (`domain/words.py`) gives the words; each is a row with a weight. A search counts the
words that are found: more of them first, then the heavier ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Row, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page, ascending, descending
from services.catalog.application.ports import Found, Wanted
from services.catalog.domain import events
from services.catalog.domain.details import Details
from services.catalog.domain.service import Active, Offer, Published, Retired, Suspended
from services.catalog.domain.values import Matter
from services.catalog.domain.words import indexed

IN_NAME, IN_AFFAIR, IN_DESCRIPTION = 3, 2, 1
ORDER = (descending("score", int), ascending("service_id"))
FILTERS = Filters(
    affair_path=area("affair_path"), affair_id=text("affair_id"), body_id=text("body_id"), free=flag("free")
)
_PER_WORD = 1000
"""What one more word found counts against any weight of the others."""
_SCORED = f"""
SELECT s.*, coalesce(h.score, 0)::integer AS score FROM services s LEFT JOIN (
  SELECT service_id, count(*) AS found, count(*) * {_PER_WORD} + sum(weight) AS score FROM (
    SELECT service_id, word, max(weight) AS weight FROM (
      SELECT service_id, word, weight FROM words WHERE word = ANY(%s)
      UNION ALL
      SELECT s.service_id, w.word, w.weight FROM affair_words w
        JOIN services s ON w.affair_id = ANY(string_to_array(s.affair_path, '/'))
        WHERE w.word = ANY(%s)
    ) hits GROUP BY service_id, word
  ) best GROUP BY service_id
) h USING (service_id) WHERE cardinality(%s::text[]) <= 2 * coalesce(h.found, 0)
"""


class ServiceSearch(View):
    """The services, and the words by which they are found: their own, and those of their affairs."""

    name = "services"
    tables = (
        Table(
            "services",
            {
                "service_id": "text",
                "body_id": "text",
                "status": "text",
                "affair_id": "text",
                "affair_path": "text",
                "area_ids": "text[]",
                "area_paths": "text[]",
                "languages": "text[]",
                "accessibility": "text[]",
                "free": "boolean",
                "expected_resume": "timestamptz",
                "details": "jsonb",
            },
            key=("service_id",),
            indexes=("body_id", "affair_path"),
        ),
        Table(
            "words",
            {"word": "text", "service_id": "text", "weight": "integer"},
            key=("word", "service_id"),
        ),
        Table(
            "affair_words",
            {"word": "text", "affair_id": "text", "weight": "integer"},
            key=("word", "affair_id"),
        ),
        Table(
            "affairs",
            {"affair_id": "text", "affair_path": "text", "words": "text[]"},
            key=("affair_id",),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The service, and the affair it belongs to."""
        event = recorded.event
        match event:
            case events.ServicePublished() | events.ServiceChanged():
                return [("services", event.service_id), ("affairs", event.details.affair_id)]
            case events.ServiceSuspended() | events.ServiceResumed() | events.ServiceRetired():
                return [("services", event.service_id)]
            case events.AffairDefined(matter=matter) | events.AffairRenamed(matter=matter):
                return [("affairs", matter.affair_id)]
            case _:
                return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep services and words; a change replaces the words."""
        match recorded.event:
            case events.AffairDefined(matter=matter) | events.AffairRenamed(matter=matter):
                _name_affair(rows, matter)
            case events.ServicePublished() as event:
                _say(rows, event.service_id, event, {"body_id": event.body_id, "status": "active"})
            case events.ServiceChanged() as event:
                _say(rows, event.service_id, event, rows.get("services", event.service_id) or {})
            case events.ServiceSuspended() as event:
                until = event.expected_resume
                rows.change("services", event.service_id, status="suspended", expected_resume=until)
            case events.ServiceResumed(service_id=service_id):
                rows.change("services", service_id, status="active", expected_resume=None)
            case events.ServiceRetired(service_id=service_id):
                rows.change("services", service_id, status="retired", expected_resume=None)
            case _:
                pass


class ServiceQueries:
    """Answers from the view: `ServiceReads`."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def found(self, query: ListQuery, wanted: Wanted, fresh: Fresh) -> tuple[Sequence[Found], str]:
        """A page of services, the best first."""
        page = Page.of(query, ORDER)
        where = FILTERS.compile(query.filter) & _demands(wanted) & page.condition
        words = [list(wanted.words)] * 3
        with self._views.read(ServiceSearch.name, fresh.at_least, fresh.patience) as cursor:
            cursor.execute(
                f"SELECT * FROM ({_SCORED}) scored WHERE {where.sql}"
                f" ORDER BY {page.order_by} LIMIT {page.fetch}",
                (*words, *where.params),
            )
            rows, token = page.cut(cursor.fetchall())
        return [Found(_published(row), row["score"]) for row in rows], token


def _demands(wanted: Wanted) -> Condition:
    """What must be so, whatever the words."""
    demands = [Condition("status = ANY(%s)", (list(wanted.statuses or ("active", "suspended")),))]
    if wanted.area_path:
        served = "(cardinality(area_ids) = 0 OR area_ids && %s::text[])"
        demands.append(Condition(served, (wanted.area_path.split("/"),)))
    if wanted.language:
        language = wanted.language.lower()
        spoken = "EXISTS (SELECT FROM unnest(languages) tag WHERE tag = %s OR tag ^@ %s)"
        demands.append(Condition(spoken, (language, f"{language}-")))
    if wanted.accessibility:
        demands.append(Condition("accessibility @> %s::text[]", (list(wanted.accessibility),)))
    return Condition.all_of(demands)


def _say(
    rows: Rows, service_id: str, said: events.ServicePublished | events.ServiceChanged, before: Row
) -> None:
    details = said.details
    affair = rows.get("affairs", details.affair_id) or {}
    rows.put(
        "services",
        {
            **before,
            "service_id": service_id,
            "affair_id": details.affair_id,
            "affair_path": affair.get("affair_path", details.affair_id),
            "area_ids": details.area_ids,
            "area_paths": said.area_paths,
            "languages": [tag.lower() for tag in details.languages],
            "accessibility": details.accessibility,
            "free": details.cost.free,
            "details": msgspec.to_builtins(details),
        },
    )
    old = _words(msgspec.convert(before["details"], Details)) if "details" in before else {}
    _replace_words(rows, "words", "service_id", service_id, old, _words(details))


def _name_affair(rows: Rows, matter: Matter) -> None:
    """The words of an affair hold for all services of it and of the affairs below it."""
    before = rows.get("affairs", matter.affair_id) or {"words": []}
    texts = (matter.name.zh, matter.name.en, *matter.keywords)
    words = {word: IN_AFFAIR for text_ in texts for word in indexed(text_)}
    rows.put("affairs", {"affair_id": matter.affair_id, "affair_path": matter.path, "words": sorted(words)})
    old = dict.fromkeys(before["words"], IN_AFFAIR)
    _replace_words(rows, "affair_words", "affair_id", matter.affair_id, old, words)


def _replace_words(
    rows: Rows, table: str, column: str, key: str, old: Mapping[str, int], new: Mapping[str, int]
) -> None:
    for word in old.keys() - new.keys():
        rows.delete(table, (word, key))
    for word, weight in new.items():
        if old.get(word) != weight:
            rows.put(table, {"word": word, column: key, "weight": weight})


def _words(details: Details) -> dict[str, int]:
    """The words of a service, each with the weight of the best place it stands in."""
    found = dict.fromkeys(_of(details.description.zh, details.description.en), IN_DESCRIPTION)
    return found | dict.fromkeys(_of(details.name.zh, details.name.en), IN_NAME)


def _of(*texts: str) -> list[str]:
    return [word for each in texts for word in indexed(each)]


def _published(row: DictRow) -> Published:
    offer = Offer(
        service_id=row["service_id"],
        body_id=row["body_id"],
        details=msgspec.convert(row["details"], Details),
        area_paths=tuple(row["area_paths"]),
    )
    match row["status"]:
        case "suspended":
            return Suspended(offer, row["expected_resume"])
        case "retired":
            return Retired(offer)
        case _:
            return Active(offer)
