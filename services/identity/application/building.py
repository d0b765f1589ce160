"""Use cases of buildings and the dwellings in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.claims import Claimed, Claims
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rules.areas import id_of, parent_of
from services.identity.application.area import AreaStream, defined
from services.identity.application.area_ports import Degrees, Locating
from services.identity.application.household_ports import BuildingReads, BuildingRow, DwellingRow
from services.identity.domain import area_refusals, building, refusals
from services.identity.domain import household_refusals as unfit
from services.identity.domain.building import BuildingEvent, RegisterBuilding
from services.identity.domain.household import Home
from services.identity.domain.units import address_key, unit_key

BuildingStream = Stream[RegisterBuilding, building.Building, BuildingEvent]
BuildingHandled = Handled[building.Building, BuildingEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBuilding:
    """A building as a caller describes it: in a named area, or where its point lies."""

    building_id: str
    area_id: str
    address: str
    point: Degrees | None
    stands_from: datetime | None
    units: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildings:
    """What can be done with buildings."""

    stream: BuildingStream
    areas: AreaStream
    locating: Locating
    reads: BuildingReads
    claims: Claims

    def register(self, new: NewBuilding, context: Context, permit: Permit) -> BuildingHandled:
        """Register a building, or find it, and add the dwellings that are new."""
        area = defined(self.areas, new.area_id or self._around(new))
        permit(Jurisdiction(area_path=area.path))
        if area.valid_until is not None and area.has_ended(new.at):
            raise area_refusals.area_ends(area.area_id, area.valid_until)
        # unique among the areas beside it, so that a neighbour does not register the building again
        whole = f"{parent_of(area.path) or area.path}|{address_key(new.address)}"
        command = RegisterBuilding(
            building_id=new.building_id,
            area_id=area.area_id,
            area_path=area.path,
            address=new.address,
            address_key=self.claims.digest(whole),
            point=new.point,
            stands_from=new.stands_from,
            units=new.units,
            at=new.at,
        )
        try:
            return self.stream.handle(new.building_id, command, replace(context, area=area.path))
        except Claimed as claimed:
            raise unfit.building_address_is_taken(claimed.holder) from None

    def list(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[BuildingRow], str]:
        """A page of buildings."""
        return self.reads.page(query, reach, fresh)

    def dwellings(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[DwellingRow], str]:
        """A page of dwellings."""
        return self.reads.dwellings(query, reach, fresh)

    def home(self, building_id: str, unit: str, at: datetime) -> Home:
        """The dwelling with a unit, however that is written, in a building that stood at a moment.

        Refuses BUILDING_UNKNOWN, DWELLING_UNKNOWN, BUILDING_NOT_STANDING.
        """
        found = self.standing(building_id, at)
        dwelling = found.dwelling(unit_key(unit))
        if dwelling is None:
            raise unfit.dwelling_is_unknown(building_id)
        area_path = found.registered.area_path
        return Home(dwelling_id=dwelling.dwelling_id, building_id=building_id, area_path=area_path)

    def standing(self, building_id: str, at: datetime) -> building.Registered:
        """A building that stood at a moment. Refuses BUILDING_UNKNOWN, BUILDING_NOT_STANDING."""
        found = self.stream.load(building_id).state
        if not isinstance(found, building.Registered):
            raise unfit.building_is_unknown(building_id)
        if not found.stood(at):
            raise unfit.building_is_not_standing()
        return found

    def _around(self, new: NewBuilding) -> str:
        """The deepest area around its point."""
        if new.point is None:
            raise refusals.area_is_unknown("")
        [located] = self.locating.locate([new.point], new.at, Fresh()).located
        if located is None:
            raise refusals.place_is_outside_areas()
        return id_of("/".join(located.chain))
