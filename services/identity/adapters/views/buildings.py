"""Which buildings stand where, and which dwellings are in them?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.filters import Filters, area, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application import household_ports as ports
from services.identity.domain.building import BuildingRegistered, DwellingsAdded


class BuildingRow(TypedDict):
    """A building."""

    building_id: str
    area_id: str
    area_path: str
    address: str
    longitude: NotRequired[float | None]
    latitude: NotRequired[float | None]
    stands_from: NotRequired[datetime | None]


class DwellingRow(TypedDict):
    """A dwelling, where and since when its building stands."""

    dwelling_id: str
    building_id: str
    unit: str
    unit_key: str
    area_path: str
    stands_from: NotRequired[datetime | None]


BUILDINGS = Table.of("buildings", BuildingRow, key=("building_id",), indexes=("area_path",))
DWELLINGS = Table.of("dwellings", DwellingRow, key=("dwelling_id",), indexes=("area_path", "building_id"))
LISTED = Listing(
    table=BUILDINGS,
    order=(ascending("building_id"),),
    filters=Filters(area=area("area_path")),
    area="area_path",
)
UNITS = Listing(
    table=DWELLINGS,
    order=(ascending("building_id"), ascending("unit_key")),
    filters=Filters(area=area("area_path"), building_id=text("building_id")),
    area="area_path",
)


class BuildingsView(View):
    """One row for each building, and one for each dwelling."""

    name = "buildings"
    tables = (BUILDINGS, DWELLINGS)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what is registered."""
        match recorded.event:
            case BuildingRegistered() as event:
                row = BuildingRow(
                    building_id=event.building_id,
                    area_id=event.area_id,
                    area_path=event.area_path,
                    address=event.address,
                    longitude=event.longitude,
                    latitude=event.latitude,
                    stands_from=event.stands_from,
                )
                rows.put(BUILDINGS, row)
            case DwellingsAdded() as event:
                building = rows.get(BUILDINGS, event.building_id)
                for each in event.dwellings:
                    dwelling = DwellingRow(
                        dwelling_id=each.dwelling_id,
                        building_id=event.building_id,
                        unit=each.unit,
                        unit_key=each.key,
                        area_path=event.area_path,
                        stands_from=building.get("stands_from") if building else None,
                    )
                    rows.put(DWELLINGS, dwelling)
            case _:
                pass


VIEW = BuildingsView()


@dataclass(frozen=True, slots=True)
class BuildingReads:
    """`ports.BuildingReads`, answered from the view."""

    views: Views

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[ports.BuildingRow], str]:
        """Buildings within reach by id, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = LISTED.page(cursor, query, reach)
        return [_building(row) for row in rows], next_token

    def dwellings(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[ports.DwellingRow], str]:
        """Dwellings within reach by building and unit, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, next_token = UNITS.page(cursor, query, reach)
        return [_dwelling(row) for row in rows], next_token

    def count(self, area_path: AreaPath, at: datetime, fresh: Fresh) -> tuple[int, int]:
        """How many buildings and dwellings stood in an area at a moment."""
        stood = _stood(area_path, at)
        select = (
            f"SELECT (SELECT count(*) FROM buildings WHERE {stood.sql}) AS buildings,"
            f" (SELECT count(*) FROM dwellings WHERE {stood.sql}) AS dwellings"
        )
        with fresh.read(self.views, VIEW) as cursor:
            [row] = cursor.execute(select, stood.params * 2)
        return row["buildings"], row["dwellings"]

    def within(
        self, area_path: AreaPath, at: datetime, most: int, fresh: Fresh
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Their ids, of each at most so many, in order."""
        stood = _stood(area_path, at)
        with fresh.read(self.views, VIEW) as cursor:
            buildings, dwellings = (
                sorted(
                    str(row["id"])
                    for row in cursor.execute(
                        f"SELECT {column} AS id FROM {table} WHERE {stood.sql} LIMIT %s",
                        (*stood.params, most),
                    )
                )
                for column, table in (("building_id", "buildings"), ("dwelling_id", "dwellings"))
            )
        return buildings, dwellings


def _stood(area_path: AreaPath, at: datetime) -> Condition:
    """What stood in an area at a moment."""
    return Condition.within("area_path", area_path) & Condition(
        "stands_from IS NULL OR stands_from <= %s", (at,)
    )


def _building(row: BuildingRow) -> ports.BuildingRow:
    longitude, latitude = row.get("longitude"), row.get("latitude")
    return ports.BuildingRow(
        building_id=row["building_id"],
        area_id=row["area_id"],
        area_path=AreaPath(row["area_path"]),
        address=row["address"],
        point=None if longitude is None or latitude is None else (longitude, latitude),
        stands_from=row.get("stands_from"),
    )


def _dwelling(row: DwellingRow) -> ports.DwellingRow:
    return ports.DwellingRow(dwelling_id=row["dwelling_id"], building_id=row["building_id"], unit=row["unit"])
