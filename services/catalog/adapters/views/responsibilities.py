"""Who answers for which affair in which area, and for what does nobody answer?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Derived, Listing
from libs.query.paging import ascending
from libs.rules.areas import ids_of
from services.catalog.application.ports import Line, UnownedRow
from services.catalog.domain.affair import AffairDefined, AffairRenamed, AffairRetired
from services.catalog.domain.noted import AreaEndNoted, AreaNoted
from services.catalog.domain.responsibility import (
    ResponsibilityAssigned,
    ResponsibilityEnded,
    ResponsibilityRevised,
)


class LineRow(TypedDict):
    """A version of an item. It holds until the next one does (`replaced_from`), or the item ends."""

    item_id: str
    version: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: str
    body_id: str
    legal_basis: str
    helper_ids: list[str]
    valid_from: datetime
    valid_until: datetime | None
    replaced_from: NotRequired[datetime | None]


class AffairRow(TypedDict):
    """An affair in use."""

    affair_id: str
    affair_path: str
    name_zh: str
    name_en: str


class AreaRow(TypedDict):
    """An area."""

    area_id: str
    area_path: str
    area_level: str
    name_zh: str
    name_en: str


class EndRow(TypedDict):
    """An area that ends."""

    area_id: str
    valid_until: datetime


LINES = Table.of(
    "lines",
    LineRow,
    key=("item_id", "version"),
    indexes=("affair_id, area_id", "affair_path, area_path", "body_id"),
)
AFFAIRS = Table.of("affairs", AffairRow, key=("affair_id",), indexes=("affair_path",))
AREAS = Table.of("areas", AreaRow, key=("area_id",), indexes=("area_path",))
ENDS = Table.of("ends", EndRow, key=("area_id",))
PAIRS = Derived(
    name="pairs",
    row=UnownedRow,
    sql="SELECT f.affair_id, f.affair_path, f.name_zh AS affair_zh, f.name_en AS affair_en, a.area_id,"
    " a.area_path, a.area_level, a.name_zh AS area_zh, a.name_en AS area_en"
    " FROM affairs f CROSS JOIN areas a",
)
_BY_PATHS = (ascending("affair_path"), ascending("area_path"))
_PLACES: dict[str, Any] = {
    "affair_path": area("affair_path"),
    "area_path": area("area_path"),
    "affair_id": text("affair_id"),
    "area_id": text("area_id"),
}
LISTED = Listing(table=LINES, order=_BY_PATHS, filters=Filters(**_PLACES, body_id=text("body_id")))
UNOWNED = Listing(table=PAIRS, order=_BY_PATHS, filters=Filters(**_PLACES, area_level=text("area_level")))


class ResponsibilityLines(View):
    """One row for each version of each item, and the affairs and areas that can be owned."""

    name = "responsibilities"
    tables = (LINES, AFFAIRS, AREAS, ENDS)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The versions of an item that a later event changes."""
        event = recorded.event
        match event:
            case ResponsibilityRevised():
                return [("lines", (event.item_id, event.version - 1))]
            case ResponsibilityEnded():
                return [("lines", (event.item_id, number)) for number in _versions(event)]
            case AffairRetired():
                return [("affairs", event.affair_id)]
            case _:
                return []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep the lines; an affair that is retired needs no owner."""
        match recorded.event:
            case ResponsibilityAssigned() as event:
                rows.put(LINES, _row(event, 1))
            case ResponsibilityRevised() as event:
                rows.change(LINES, (event.item_id, event.version - 1), replaced_from=event.valid_from)
                rows.put(LINES, _row(event, event.version))
            case ResponsibilityEnded() as event:
                for number in _versions(event):
                    rows.change(LINES, (event.item_id, number), valid_until=event.valid_until)
            case AffairDefined(matter=matter) | AffairRenamed(matter=matter):
                affair = AffairRow(
                    affair_id=matter.affair_id,
                    affair_path=matter.path,
                    name_zh=matter.name.zh,
                    name_en=matter.name.en,
                )
                rows.put(AFFAIRS, affair)
            case AffairRetired(affair_id=affair_id):
                rows.delete(AFFAIRS, affair_id)
            case AreaNoted() as noted:
                rows.put(AREAS, _area_row(noted))
            case AreaEndNoted(area_id=area_id, valid_until=until):
                rows.put(ENDS, EndRow(area_id=area_id, valid_until=until))
            case _:
                pass


VIEW = ResponsibilityLines()


def _versions(event: ResponsibilityEnded) -> range:
    return range(1, event.version + 1)


def _row(event: ResponsibilityAssigned | ResponsibilityRevised, version: int) -> LineRow:
    return LineRow(
        item_id=event.item_id,
        version=version,
        affair_id=event.affair_id,
        affair_path=event.affair_path,
        area_id=event.area_id,
        area_path=event.area_path,
        body_id=event.body_id,
        legal_basis=event.legal_basis,
        helper_ids=list(event.helper_ids),
        valid_from=event.valid_from,
        valid_until=event.valid_until,
    )


def _area_row(noted: AreaNoted) -> AreaRow:
    return AreaRow(
        area_id=noted.area_id,
        area_path=noted.path,
        area_level=noted.level,
        name_zh=noted.name.zh,
        name_en=noted.name.en,
    )


@dataclass(frozen=True, slots=True)
class ResponsibilityReads:
    """`ports.ResponsibilityReads`, answered from the view."""

    views: Views

    def lines(self, affair_path: str, area_path: str, fresh: Fresh) -> Sequence[Line]:
        """All versions that name an affair of the one path and an area of the other."""
        select = "SELECT * FROM lines WHERE affair_id = ANY(%s) AND area_id = ANY(%s)"
        along = (list(ids_of(affair_path)), list(ids_of(area_path)))
        with fresh.read(self.views, VIEW) as cursor:
            return [_line(row) for row in cast("list[LineRow]", cursor.execute(select, along).fetchall())]

    def listed(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[Line], str]:
        """A page of the versions that hold at a moment; one for an affair and area at most."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, query, where=_holding(at))
        return [_line(row) for row in rows], token

    def unowned(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[UnownedRow], str]:
        """A page of affairs in use and areas that are there, without a line that covers both."""
        holding = _holding(at)
        without = (
            "NOT EXISTS (SELECT FROM lines l WHERE l.affair_id = ANY(string_to_array(pairs.affair_path, '/'))"
            f" AND l.area_id = ANY(string_to_array(pairs.area_path, '/')) AND {holding.sql})"
        )
        there = "area_id NOT IN (SELECT area_id FROM ends WHERE ends.valid_until <= %s)"
        where = Condition(without, holding.params) & Condition(there, (at,))
        with fresh.read(self.views, VIEW) as cursor:
            return UNOWNED.page(cursor, query, where=where)


def _holding(at: datetime) -> Condition:
    bounds = "valid_from <= %s AND (valid_until IS NULL OR %s < valid_until)"
    return Condition(f"{bounds} AND (replaced_from IS NULL OR %s < replaced_from)", (at, at, at))


def _line(row: LineRow) -> Line:
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
