"""Which areas are there, and where does a point lie?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.geo.atlas import Atlas
from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.filters import Filters, area, choice, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from services.identity.adapters.maps import Maps
from services.identity.application import ports
from services.identity.domain.area import AreaDefined, BoundaryChanged
from services.identity.domain.values import Level
from services.identity.entrypoints.wire.words import LEVELS


class AreaRow(TypedDict):
    """An area; `rank` is the position at which it was defined."""

    area_id: str
    parent_id: str
    level: str
    name_zh: str
    name_en: str
    path: str
    rank: int
    boundary_version: int


class BoundaryRow(TypedDict):
    """One version of an area's boundary; `position` is that of the event."""

    area_id: str
    version: int
    boundary: str
    valid_from: datetime
    note: str
    position: int


AREAS = Table.of("areas", AreaRow, key=("area_id",), indexes=("parent_id",))
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
    """The tree, and every version of its boundaries."""

    name = "areas"
    tables = (AREAS, BOUNDARIES)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put areas and boundaries as they come."""
        match recorded.event:
            case AreaDefined() as event:
                rows.put(AREAS, _area_row(event, recorded.position))
            case BoundaryChanged() as event:
                rows.change(AREAS, event.area_id, boundary_version=event.version)
                rows.put(BOUNDARIES, _boundary_row(event, recorded.position))
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
    """`ports.AreaReads`, answered from the view, and from the map that is made of it."""

    def __init__(self, views: Views, maps: Maps) -> None:
        self._views = views
        self._maps = maps

    def one(self, area_id: str, boundary_at: datetime | None, fresh: Fresh) -> ports.AreaRow | None:
        """One area, with the boundary valid at a moment if one is given."""
        with fresh.read(self._views, VIEW) as cursor:
            row = LISTED.one(cursor, area_id=area_id)
            if row is None:
                return None
            return _area(row, _boundary(cursor, area_id, boundary_at) if boundary_at else None)

    def page(self, query: ListQuery, fresh: Fresh) -> tuple[list[ports.AreaRow], str]:
        """Areas by id, and the token of the next page."""
        with fresh.read(self._views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query)
        return [_area(row) for row in rows], next_token

    def locate(self, longitude: float, latitude: float, at: datetime, fresh: Fresh) -> ports.Place | None:
        """Where a point lies."""
        with fresh.read(self._views, VIEW) as cursor:
            known = self._maps.current(cursor)
        located = known.index.locate(longitude, latitude, at)
        if located is None:
            return None
        chain = tuple(_area(known.areas[each]) for each in located.chain)
        return ports.Place(chain=chain, located=located)

    def atlas(self) -> Atlas:
        """All boundaries that were recorded before it was asked. Raises `ViewBehind`."""
        recorded = Fresh.as_of_now(self._views.ledger)
        with recorded.read(self._views, VIEW) as cursor:
            return self._maps.current(cursor).atlas


def _area(row: Any, boundary: ports.BoundaryRow | None = None) -> ports.AreaRow:
    return ports.AreaRow(
        area_id=row["area_id"],
        parent_id=row["parent_id"],
        level=Level(row["level"]),
        name=Text(zh=row["name_zh"], en=row["name_en"]),
        path=row["path"],
        boundary_version=row["boundary_version"],
        boundary=boundary,
    )


# A later version overtakes all before it from its moment on: so the highest one that has begun holds.
_BOUNDARY = """
SELECT version, boundary, note, valid_from,
    (SELECT min(valid_from) FROM boundaries AS next
     WHERE next.area_id = boundaries.area_id AND next.version > boundaries.version) AS valid_until
FROM boundaries WHERE area_id = %s AND valid_from <= %s ORDER BY version DESC LIMIT 1
"""


def _boundary(cursor: Cursor[DictRow], area_id: str, at: datetime) -> ports.BoundaryRow | None:
    row = cursor.execute(_BOUNDARY, (area_id, at)).fetchone()
    if row is None:
        return None
    return ports.BoundaryRow(
        version=row["version"],
        geojson=row["boundary"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        note=row["note"],
    )
