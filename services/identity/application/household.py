"""Use cases of households: formed, moved, joined and left; each person lives in one at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.personal import Personal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Task
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from services.identity.application.building import Buildings
from services.identity.application.household_ports import HouseholdReads, HouseholdRow
from services.identity.application.resident import (
    HouseholdStream,
    ResidencyStream,
    ResidentStream,
    moving,
    registered,
)
from services.identity.domain import household
from services.identity.domain import household_refusals as unfit
from services.identity.domain.household import (
    AddMember,
    FormHousehold,
    MoveHousehold,
    RemoveMember,
)
from services.identity.domain.residency import ChangeHome
from services.identity.domain.values import Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Somebody who becomes a member."""

    resident_id: str
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    """What can be done with households."""

    stream: HouseholdStream
    residencies: ResidencyStream
    residents: ResidentStream
    buildings: Buildings
    reads: HouseholdReads

    def form(
        self,
        building_id: str,
        unit: str,
        members: Sequence[Joining],
        since: datetime,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> tuple[str, str]:
        """A household in a dwelling; its members leave where they lived. Answers its id and the revision."""
        if not members or len({each.resident_id for each in members}) < len(members):
            raise unfit.nobody_lives_there()
        _assure_past(since, at)
        home = self.buildings.home(building_id, unit, since)
        permit(Jurisdiction(area_path=home.area_path))
        context = replace(context, area=home.area_path)
        household_id = derived_id(context.actor, context.request_id or "")
        formed: Task = (
            self.stream,
            household_id,
            FormHousehold(household_id=household_id, home=home, at=since),
            context,
        )
        return household_id, self._move([formed], members, household_id, since, context, permit)

    def move_resident(
        self,
        joining: Joining,
        household_id: str,
        since: datetime,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> str:
        """Somebody leaves where they lived, and joins a household, or ("") none. Answers the revision."""
        _assure_past(since, at)
        if household_id:
            area_path = self.formed(household_id).home.area_path
            permit(Jurisdiction(area_path=area_path))
            context = replace(context, area=area_path)
        return self._move([], [joining], household_id, since, context, permit)

    def move(
        self,
        household_id: str,
        building_id: str,
        unit: str,
        since: datetime,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> str:
        """A whole household moves house. Answers the revision."""
        _assure_past(since, at)
        permit(Jurisdiction(area_path=self.formed(household_id).home.area_path))
        home = self.buildings.home(building_id, unit, since)
        permit(Jurisdiction(area_path=home.area_path))
        command = MoveHousehold(home=home, at=since)
        return self.stream.handle(household_id, command, replace(context, area=home.area_path)).revision

    def list(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[HouseholdRow], str]:
        """A page of the households of a moment."""
        return self.reads.page(query, at, reach, fresh)

    def formed(self, household_id: str) -> household.Formed:
        """A household as it is now. Refuses HOUSEHOLD_UNKNOWN."""
        state = self.stream.load(household_id).state
        if not isinstance(state, household.Formed):
            raise unfit.household_is_unknown(household_id)
        return state

    def members(self, household_id: str, at: datetime) -> Sequence[str]:
        """Who lived in a household at a moment; nobody where all were erased."""
        state = self.stream.load(household_id).state
        return (
            [each.resident_id for each in state.members_at(at)] if isinstance(state, household.Formed) else []
        )

    def lives(self, resident_id: str) -> bool:
        """Whether somebody lives in a household now."""
        return bool(self.residencies.load(resident_id).state.household_id)

    def home_of(self, resident_id: str) -> household.Formed:
        """The household in which somebody lives now. Refuses NO_HOUSEHOLD."""
        household_id = self.residencies.load(resident_id).state.household_id
        if not household_id:
            raise unfit.resident_has_no_household()
        return self.formed(household_id)

    def _move(
        self,
        first: Sequence[Task],
        members: Sequence[Joining],
        household_id: str,
        since: datetime,
        context: Context,
        permit: Permit,
    ) -> str:
        """All of it or nothing."""

        def tasks() -> Sequence[Task]:
            joining = (self._moving(each, household_id, since, context, permit) for each in members)
            return [*first, *(task for of_one in joining for task in of_one)]

        return moving(self.stream.ledger, tasks, f"household-{household_id}")[-1].revision

    def _moving(
        self, joining: Joining, household_id: str, since: datetime, context: Context, permit: Permit
    ) -> Sequence[Task]:
        """What moves one person. The caller must reach the home that is left, or else the registration.

        So nobody takes people of another cell into a household of their own to read about them.
        """
        resident_id = joining.resident_id
        person = registered(self.residents, resident_id)
        leaving = self.residencies.load(resident_id).state.household_id
        if leaving != household_id or not leaving:
            lives_in = self.formed(leaving).home.area_path if leaving else person.area_path
            permit(Jurisdiction(area_path=lives_in))
        change = ChangeHome(resident_id=resident_id, leaving=leaving, household_id=household_id, at=since)
        tasks: Sequence[Task] = ()
        if leaving and leaving != household_id:
            removed = RemoveMember(resident_id=resident_id, at=since)
            tasks = [(self.stream, leaving, removed, context)]
        if household_id:
            relation = Personal(resident_id, joining.relation.value)
            added = AddMember(resident_id=resident_id, relation=relation, at=since)
            tasks = [*tasks, (self.stream, household_id, added, context)]
        return [(self.residencies, resident_id, change, context), *tasks]


def _assure_past(moment: datetime, at: datetime) -> None:
    if moment > at:
        raise unfit.lies_in_the_future("since_time")
