"""Which services help with this, and who may use them? Search by words, without help of the database.

The tokeniser (`libs/query/words.py`) gives the words; each is a row with a weight. A search counts the
words that are found: more of them first, then the heavier ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

import msgspec

from libs.ledger.recorded import Recorded
from libs.ledger.views.values import Json
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import EVERYTHING, NOTHING, Condition
from libs.query.filters import Filters, area, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Derived, Listing
from libs.query.paging import ascending, descending
from libs.query.words import indexed
from libs.query.words import wanted as wanted_words
from libs.rules.areas import AreaPath, ids_of
from services.catalog.application.ports import Found, Wanted
from services.catalog.domain import service
from services.catalog.domain.affair import AffairDefined, AffairRenamed
from services.catalog.domain.details import Details
from services.catalog.domain.service import Active, Offer, Published, Retired, Suspended
from services.catalog.domain.values import Matter, ServiceStatus

IN_NAME, IN_AFFAIR, IN_DESCRIPTION = 3, 2, 1


class ServiceRow(TypedDict):
    """A service; the languages in lower case."""

    service_id: str
    body_id: str
    status: str
    affair_id: str
    affair_path: str
    area_ids: list[str]
    area_paths: list[str]
    languages: list[str]
    accessibility: list[str]
    free: bool
    expected_resume: NotRequired[datetime | None]
    details: Json


class ScoredRow(ServiceRow):
    """A service, and how well it fits the words."""

    score: int


class WordRow(TypedDict):
    """A word of a service."""

    word: str
    service_id: str
    weight: int


class AffairWordRow(TypedDict):
    """A word of an affair, by which the services of it and of those below it are found."""

    word: str
    affair_id: str
    weight: int


class AffairRow(TypedDict):
    """An affair, and its words."""

    affair_id: str
    affair_path: str
    words: list[str]


SERVICES = Table.of("services", ServiceRow, key=("service_id",), indexes=("body_id", "affair_path"))
WORDS = Table.of("words", WordRow, key=("word", "service_id"))
AFFAIR_WORDS = Table.of("affair_words", AffairWordRow, key=("word", "affair_id"))
AFFAIRS = Table.of("affairs", AffairRow, key=("affair_id",))
_PER_WORD = 1000
"""What one more word found counts against any weight of the others."""
_SCORED = f"""SELECT s.*, coalesce(h.score, 0)::integer AS score FROM services s LEFT JOIN (
  SELECT service_id, count(*) AS found, count(*) * {_PER_WORD} + sum(weight) AS score FROM (
    SELECT service_id, word, max(weight) AS weight FROM (
      SELECT service_id, word, weight FROM words WHERE word = ANY(%s)
      UNION ALL
      SELECT s.service_id, w.word, w.weight FROM affair_words w
        JOIN services s ON w.affair_id = ANY(string_to_array(s.affair_path, '/'))
        WHERE w.word = ANY(%s)
    ) hits GROUP BY service_id, word
  ) best GROUP BY service_id
) h USING (service_id) WHERE cardinality(%s::text[]) <= 2 * coalesce(h.found, 0)"""
LISTED = Listing(
    table=Derived(name="scored", row=ScoredRow, sql=_SCORED),
    order=(descending("score", int), ascending("service_id")),
    filters=Filters(
        affair_path=area("affair_path"),
        affair_id=text("affair_id"),
        body_id=text("body_id"),
        free=flag("free"),
    ),
)


class ServiceSearch(View):
    """The services, and the words by which they are found: their own, and those of their affairs."""

    name = "services"
    tables = (SERVICES, WORDS, AFFAIR_WORDS, AFFAIRS)
    holds = (("details", Details),)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The service, and the affair it belongs to."""
        event = recorded.event
        match event:
            case service.ServicePublished() | service.ServiceChanged():
                return [("services", event.service_id), ("affairs", event.details.affair_id)]
            case service.ServiceSuspended() | service.ServiceResumed() | service.ServiceRetired():
                return [("services", event.service_id)]
            case AffairDefined(matter=matter) | AffairRenamed(matter=matter):
                return [("affairs", matter.affair_id)]
            case _:
                return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep services and words; a change replaces the words."""
        match recorded.event:
            case AffairDefined(matter=matter) | AffairRenamed(matter=matter):
                _name_affair(rows, matter)
            case service.ServicePublished() | service.ServiceChanged() as event:
                _say(rows, event)
            case service.ServiceSuspended() as event:
                _stand(rows, event.service_id, ServiceStatus.SUSPENDED, event.expected_resume)
            case service.ServiceResumed() as event:
                _stand(rows, event.service_id, ServiceStatus.ACTIVE)
            case service.ServiceRetired() as event:
                _stand(rows, event.service_id, ServiceStatus.RETIRED)
            case _:
                pass


VIEW = ServiceSearch()


def _say(rows: Rows, said: service.ServicePublished | service.ServiceChanged) -> None:
    details = said.details
    before = rows.get(SERVICES, said.service_id)
    affair = rows.get(AFFAIRS, details.affair_id)
    row = ServiceRow(
        service_id=said.service_id,
        body_id=said.body_id,
        status=before["status"] if before else ServiceStatus.ACTIVE.value,
        affair_id=details.affair_id,
        affair_path=affair["affair_path"] if affair else details.affair_id,
        area_ids=list(details.area_ids),
        area_paths=list(said.area_paths),
        languages=[tag.lower() for tag in details.languages],
        accessibility=list(details.accessibility),
        free=details.cost.free,
        expected_resume=before["expected_resume"] if before else None,
        details=msgspec.to_builtins(details),
    )
    rows.put(SERVICES, row)
    old = _words(msgspec.convert(before["details"], Details)) if before else {}
    _replace_words(rows, WORDS, "service_id", said.service_id, old, _words(details))


def _stand(rows: Rows, service_id: str, status: ServiceStatus, until: datetime | None = None) -> None:
    rows.change(SERVICES, service_id, status=status.value, expected_resume=until)


def _name_affair(rows: Rows, matter: Matter) -> None:
    """The words of an affair hold for all services of it and of the affairs below it."""
    before = rows.get(AFFAIRS, matter.affair_id)
    words = dict.fromkeys(indexed(matter.name.zh, matter.name.en, *matter.keywords), IN_AFFAIR)
    row = AffairRow(affair_id=matter.affair_id, affair_path=matter.path, words=sorted(words))
    rows.put(AFFAIRS, row)
    old = dict.fromkeys(before["words"] if before else (), IN_AFFAIR)
    _replace_words(rows, AFFAIR_WORDS, "affair_id", matter.affair_id, old, words)


def _replace_words(
    rows: Rows, table: Table[Any], column: str, key: str, old: Mapping[str, int], new: Mapping[str, int]
) -> None:
    for word in old.keys() - new.keys():
        rows.delete(table, (word, key))
    for word, weight in new.items():
        if old.get(word) != weight:
            rows.put(table, {"word": word, column: key, "weight": weight})


def _words(details: Details) -> dict[str, int]:
    """The words of a service, each with the weight of the best place it stands in."""
    found = dict.fromkeys(indexed(details.description.zh, details.description.en), IN_DESCRIPTION)
    return found | dict.fromkeys(indexed(details.name.zh, details.name.en), IN_NAME)


@dataclass(frozen=True, slots=True)
class ServiceReads:
    """`ports.ServiceReads`, answered from the view."""

    views: Views

    def found(self, query: ListQuery, wanted: Wanted, fresh: Fresh) -> tuple[Sequence[Found], str]:
        """A page of services, the best first."""
        words = list(wanted_words(wanted.text))
        usable = NOTHING if wanted.text and not words else EVERYTHING
        with fresh.read(self.views, VIEW) as cursor:
            where = usable & _demands(wanted)
            rows, token = LISTED.page(cursor, query, where=where, params=(words, words, words))
        return [Found(_published(row), row["score"]) for row in rows], token


def _demands(wanted: Wanted) -> Condition:
    """What must be so, whatever the words."""
    statuses = [status.value for status in wanted.statuses or (ServiceStatus.ACTIVE, ServiceStatus.SUSPENDED)]
    demands = [Condition("status = ANY(%s)", (statuses,))]
    if wanted.area_path:
        served = "(cardinality(area_ids) = 0 OR area_ids && %s::text[])"
        demands.append(Condition(served, (list(ids_of(wanted.area_path)),)))
    if wanted.language:
        language = wanted.language.lower()
        spoken = "EXISTS (SELECT FROM unnest(languages) tag WHERE tag = %s OR tag ^@ %s)"
        demands.append(Condition(spoken, (language, f"{language}-")))
    if wanted.accessibility:
        demands.append(Condition("accessibility @> %s::text[]", (list(wanted.accessibility),)))
    return Condition.all_of(demands)


def _published(row: ServiceRow) -> Published:
    offer = Offer(
        service_id=row["service_id"],
        body_id=row["body_id"],
        details=msgspec.convert(row["details"], Details),
        area_paths=tuple(map(AreaPath, row["area_paths"])),
    )
    match ServiceStatus(row["status"]):
        case ServiceStatus.ACTIVE:
            return Active(offer)
        case ServiceStatus.SUSPENDED:
            return Suspended(offer, row["expected_resume"])
        case ServiceStatus.RETIRED:
            return Retired(offer)
