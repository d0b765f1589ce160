"""Who answers for which affair in which area, and for what does nobody answer?"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.view import Key, Row, Rows, Table, View, Views
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page, ascending
from services.catalog.application.ports import Unowned
from services.catalog.domain import events
from services.catalog.domain.responsibility import Line
from services.catalog.domain.values import Matter

HOLDS = (
    "l.valid_from <= {at} AND (l.valid_until IS NULL OR {at} < l.valid_until)"
    " AND (l.replaced_from IS NULL OR {at} < l.replaced_from)"
).format
LIST_ORDER = (ascending("affair_path"), ascending("area_path"))
LIST_FILTERS = Filters(
    affair_path=area("affair_path"),
    area_path=area("area_path"),
    affair_id=text("affair_id"),
    area_id=text("area_id"),
    body_id=text("body_id"),
)
UNOWNED_FILTERS = Filters(
    affair_path=area("affair_path"),
    area_path=area("area_path"),
    affair_id=text("affair_id"),
    area_id=text("area_id"),
    area_level=text("area_level"),
)


class ResponsibilityLines(View):
    """One row for each version of each item, and the affairs and areas that can be owned.

    A version holds from `valid_from` until the item's `valid_until`, or until `replaced_from`: the
    moment from which the next version holds.
    """

    name = "responsibilities"
    tables = (
        Table(
            "lines",
            {
                "item_id": "text",
                "version": "integer",
                "affair_id": "text",
                "affair_path": "text",
                "area_id": "text",
                "area_path": "text",
                "body_id": "text",
                "legal_basis": "text",
                "helper_ids": "text[]",
                "valid_from": "timestamptz",
                "valid_until": "timestamptz",
                "replaced_from": "timestamptz",
            },
            key=("item_id", "version"),
            indexes=("affair_id, area_id", "affair_path, area_path", "body_id"),
        ),
        Table(
            "affairs",
            {"affair_id": "text", "affair_path": "text", "name_zh": "text", "name_en": "text"},
            key=("affair_id",),
            indexes=("affair_path",),
        ),
        Table(
            "areas",
            {
                "area_id": "text",
                "area_path": "text",
                "area_level": "text",
                "name_zh": "text",
                "name_en": "text",
            },
            key=("area_id",),
            indexes=("area_path",),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The versions of an item that a later event changes."""
        event = recorded.event
        match event:
            case events.ResponsibilityRevised():
                return [("lines", (event.item_id, event.version - 1))]
            case events.ResponsibilityEnded():
                return [("lines", (event.item_id, number)) for number in _versions(event)]
            case events.AffairRetired():
                return [("affairs", event.affair_id)]
            case _:
                return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep the lines; an affair that is retired needs no owner."""
        match recorded.event:
            case events.ResponsibilityAssigned() as event:
                rows.put("lines", _row(event, 1))
            case events.ResponsibilityRevised() as event:
                key = (event.item_id, event.version - 1)
                rows.change("lines", key, replaced_from=event.valid_from)
                rows.put("lines", _row(event, event.version))
            case events.ResponsibilityEnded() as event:
                for number in _versions(event):
                    rows.change("lines", (event.item_id, number), valid_until=event.valid_until)
            case events.AffairDefined(matter=matter) | events.AffairRenamed(matter=matter):
                rows.put("affairs", _affair_row(matter))
            case events.AffairRetired(affair_id=affair_id):
                rows.delete("affairs", affair_id)
            case events.AreaNoted() as noted:
                rows.put("areas", _area_row(noted))
            case _:
                pass


class ResponsibilityQueries:
    """Answers from the view: `ResponsibilityReads`."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def lines(self, affair_path: str, area_path: str, fresh: Fresh) -> Sequence[Line]:
        """All versions that name an affair of the one path and an area of the other."""
        with self._reading(fresh) as cursor:
            cursor.execute(
                "SELECT * FROM lines WHERE affair_id = ANY(%s) AND area_id = ANY(%s)",
                (affair_path.split("/"), area_path.split("/")),
            )
            return [_line(row) for row in cursor.fetchall()]

    def listed(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[Line], str]:
        """A page of the versions that hold at a moment; one for an affair and area at most."""
        page = Page.of(query, LIST_ORDER)
        where = LIST_FILTERS.compile(query.filter) & page.condition
        with self._reading(fresh) as cursor:
            cursor.execute(
                f"SELECT * FROM lines l WHERE {HOLDS(at='%s')} AND {where.sql}"
                f" ORDER BY {page.order_by} LIMIT {page.fetch}",
                (at, at, at, *where.params),
            )
            rows, token = page.cut(cursor.fetchall())
        return [_line(row) for row in rows], token

    def unowned(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[Unowned], str]:
        """A page of affairs in use and areas without a line that covers both."""
        page = Page.of(query, LIST_ORDER)
        where = UNOWNED_FILTERS.compile(query.filter) & page.condition
        with self._reading(fresh) as cursor:
            cursor.execute(
                "SELECT * FROM (SELECT f.affair_id, f.affair_path, f.name_zh AS affair_zh,"
                " f.name_en AS affair_en, a.area_id, a.area_path, a.area_level, a.name_zh AS area_zh,"
                " a.name_en AS area_en FROM affairs f CROSS JOIN areas a) pairs"
                " WHERE NOT EXISTS (SELECT FROM lines l"
                " WHERE l.affair_id = ANY(string_to_array(pairs.affair_path, '/'))"
                f" AND l.area_id = ANY(string_to_array(pairs.area_path, '/')) AND {HOLDS(at='%s')})"
                f" AND {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}",
                (at, at, at, *where.params),
            )
            rows, token = page.cut(cursor.fetchall())
        return [_unowned(row) for row in rows], token

    def _reading(self, fresh: Fresh) -> AbstractContextManager[Cursor[DictRow]]:
        return self._views.read(ResponsibilityLines.name, fresh.at_least, fresh.patience)


def _versions(event: events.ResponsibilityEnded) -> range:
    return range(1, event.version + 1)


def _row(event: events.ResponsibilityAssigned | events.ResponsibilityRevised, version: int) -> Row:
    return {
        "item_id": event.item_id,
        "version": version,
        "affair_id": event.affair_id,
        "affair_path": event.affair_path,
        "area_id": event.area_id,
        "area_path": event.area_path,
        "body_id": event.body_id,
        "legal_basis": event.legal_basis,
        "helper_ids": event.helper_ids,
        "valid_from": event.valid_from,
        "valid_until": event.valid_until,
    }


def _affair_row(matter: Matter) -> Row:
    return {
        "affair_id": matter.affair_id,
        "affair_path": matter.path,
        "name_zh": matter.name.zh,
        "name_en": matter.name.en,
    }


def _area_row(noted: events.AreaNoted) -> Row:
    return {
        "area_id": noted.area_id,
        "area_path": noted.path,
        "area_level": noted.level,
        "name_zh": noted.name.zh,
        "name_en": noted.name.en,
    }


def _line(row: DictRow) -> Line:
    return Line(
        item_id=row["item_id"],
        version=row["version"],
        affair_id=row["affair_id"],
        area_id=row["area_id"],
        body_id=row["body_id"],
        legal_basis=row["legal_basis"],
        helper_ids=tuple(row["helper_ids"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
    )


def _unowned(row: DictRow) -> Unowned:
    return Unowned(
        affair_id=row["affair_id"],
        affair_path=row["affair_path"],
        affair_name=Text(zh=row["affair_zh"], en=row["affair_en"]),
        area_id=row["area_id"],
        area_path=row["area_path"],
        area_name=Text(zh=row["area_zh"], en=row["area_en"]),
        area_level=row["area_level"],
    )
