"""Which areas are there, and where does a point lie?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.rules.areas import within
from services.identity.application import area_ports as ports
from services.identity.domain.area.events import AreaDefined, AreaEnded, AreaRenamed, BoundaryChanged
from services.identity.domain.values import Level
from services.identity.entrypoints.wire.words import LEVELS


class AreaRow(TypedDict):
    """An area under its first name; `rank` is where it was defined, `changed` its latest name or end."""

    area_id: str
    parent_id: str
    level: str
    name_zh: str
    name_en: str
    path: str
    rank: int
    boundary_version: int
    valid_until: datetime | None
    successor_ids: list[str]
    changed: int


class NameRow(TypedDict):
    """Another name of an area; `position` is that of the event."""

    area_id: str
    position: int
    zh: str
    en: str
    valid_from: datetime


class BoundaryRow(TypedDict):
    """One version of an area's boundary; `position` is that of the event."""

    area_id: str
    version: int
    boundary: str
    valid_from: datetime
    note: str
    position: int


AREAS = Table.of("areas", AreaRow, key=("area_id",), indexes=("parent_id", "changed"))
RENAMINGS = Table.of("renamings", NameRow, key=("area_id", "position"))
BOUNDARIES = Table.of("boundaries", BoundaryRow, key=("area_id", "version"), indexes=("position",))
LISTED = Listing(
    table=AREAS,
    order=(ascending("area_id"),),
    filters=Filters(
        parent_id=text("parent_id"),
        level=choice("level", LEVELS.stored, LEVELS.prefix),
        area=area("path"),
    ),
)


class AreasView(View):
    """The tree, every name of its areas, and every version of their boundaries."""

    name = "areas"
    tables = (AREAS, RENAMINGS, BOUNDARIES)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put areas and boundaries as they come."""
        match recorded.event:
            case AreaDefined() as event:
                rows.put(AREAS, _area_row(event, recorded.position))
            case BoundaryChanged() as event:
                rows.change(AREAS, event.area_id, boundary_version=event.version)
                rows.put(BOUNDARIES, _boundary_row(event, recorded.position))
            case AreaRenamed() as event:
                rows.put(RENAMINGS, _name_row(event, recorded.position))
                rows.change(AREAS, event.area_id, changed=recorded.position)
            case AreaEnded(area_id=area_id, valid_until=until, successor_ids=successors):
                end = {"valid_until": until, "successor_ids": [*successors]}
                rows.change(AREAS, area_id, **end, changed=recorded.position)
            case _:
                pass

    def keys(self, recorded: Recorded[Any]) -> Sequence[tuple[str, Key]]:
        """Only areas are looked up."""
        return [("areas", recorded.subject_id)] if recorded.category == "area" else []


VIEW = AreasView()


def _area_row(event: AreaDefined, position: int) -> AreaRow:
    return AreaRow(
        area_id=event.area_id,
        parent_id=event.parent_id,
        level=event.level.value,
        name_zh=event.name.zh,
        name_en=event.name.en,
        path=event.path,
        rank=position,
        boundary_version=0,
        valid_until=None,
        successor_ids=[],
        changed=position,
    )


def _name_row(event: AreaRenamed, position: int) -> NameRow:
    return NameRow(
        area_id=event.area_id,
        position=position,
        zh=event.name.zh,
        en=event.name.en,
        valid_from=event.valid_from,
    )


def _boundary_row(event: BoundaryChanged, position: int) -> BoundaryRow:
    return BoundaryRow(
        area_id=event.area_id,
        version=event.version,
        boundary=event.boundary,
        valid_from=event.valid_from,
        note=event.note,
        position=position,
    )


class AreaReads:
    """`ports.AreaReads`, answered from the view."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def one(
        self, area_id: str, at: datetime, fresh: Fresh, with_boundary: bool = False
    ) -> ports.AreaRow | None:
        """One area as of a moment, with the boundary valid then if that is asked for."""
        with fresh.read(self._views, VIEW) as cursor:
            row = LISTED.one(cursor, area_id=area_id)
            if row is None:
                return None
            [area] = _shown(cursor, [row], at)
            boundary = _boundary(cursor, area, at) if with_boundary and area.is_there(at) else None
            return replace(area, boundary=boundary, predecessor_ids=_predecessors(cursor, area_id))

    def page(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[list[ports.AreaRow], str]:
        """The areas of a moment by id, and the token of the next page."""
        there = Condition("(valid_until IS NULL OR valid_until > %s)", (at,))
        with fresh.read(self._views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, where=there)
            return _shown(cursor, rows, at), next_token

    def around(self, area_id: str, at: datetime) -> ports.Around:
        """What is in the tree around an area, as recorded before it was asked. Raises `ViewBehind`."""
        recorded = Fresh.as_of_now(self._views.ledger)
        with recorded.read(self._views, VIEW) as cursor:
            rows = cursor.execute(_AROUND, {"area_id": area_id}).fetchall()
            areas = {each.area_id: each for each in _shown(cursor, rows, at)}
        area = areas.pop(area_id)
        return ports.Around(
            beside=tuple(each for each in areas.values() if each.parent_id == area.parent_id),
            below=tuple(each for each in areas.values() if within(each.path, area.path)),
            before=tuple(each for each in areas.values() if area_id in each.successor_ids),
        )


# An area, those under the same parent, those below, and those that end into it.
_AROUND = """
SELECT areas.* FROM areas JOIN areas AS here ON here.area_id = %(area_id)s
WHERE areas.parent_id = here.parent_id OR areas.path ^@ (here.path || '/')
    OR here.area_id = ANY(areas.successor_ids) ORDER BY areas.area_id
"""


def _shown(cursor: Cursor[DictRow], rows: Sequence[Any], at: datetime) -> list[ports.AreaRow]:
    cursor.execute(
        "SELECT * FROM renamings WHERE area_id = ANY(%s) ORDER BY position",
        ([row["area_id"] for row in rows],),
    )
    names: dict[str, list[DictRow]] = {}
    for renaming in cursor.fetchall():
        names.setdefault(renaming["area_id"], []).append(renaming)
    return [area_of(row, names.get(row["area_id"], ()), at) for row in rows]


def area_of(row: Mapping[str, Any], renamings: Sequence[Mapping[str, Any]], at: datetime) -> ports.AreaRow:
    """An area of the view, as of a moment. Of the names that hold at a moment the last recorded counts."""
    name = Text(zh=row["name_zh"], en=row["name_en"])
    for each in renamings:
        if each["valid_from"] <= at:
            name = Text(zh=each["zh"], en=each["en"])
    return ports.AreaRow(
        area_id=row["area_id"],
        parent_id=row["parent_id"],
        level=Level(row["level"]),
        name=name,
        path=row["path"],
        boundary_version=row["boundary_version"],
        valid_until=row["valid_until"],
        successor_ids=tuple(row["successor_ids"]),
    )


def _predecessors(cursor: Cursor[DictRow], area_id: str) -> tuple[str, ...]:
    found = cursor.execute(
        "SELECT area_id FROM areas WHERE %s = ANY(successor_ids) ORDER BY area_id", (area_id,)
    )
    return tuple(row["area_id"] for row in found)


# A later version overtakes all before it from its moment on: so the highest one that has begun holds.
_BOUNDARY = """
SELECT version, boundary, note, valid_from,
    (SELECT min(valid_from) FROM boundaries AS next
     WHERE next.area_id = boundaries.area_id AND next.version > boundaries.version) AS valid_until
FROM boundaries WHERE area_id = %s AND valid_from <= %s ORDER BY version DESC LIMIT 1
"""


def _boundary(cursor: Cursor[DictRow], area: ports.AreaRow, at: datetime) -> ports.BoundaryRow | None:
    row = cursor.execute(_BOUNDARY, (area.area_id, at)).fetchone()
    if row is None:
        return None
    ends = [end for end in (row["valid_until"], area.valid_until) if end is not None]
    return ports.BoundaryRow(
        version=row["version"],
        geojson=row["boundary"],
        valid_from=row["valid_from"],
        valid_until=min(ends, default=None),
        note=row["note"],
    )
