"""A household: people who live in one dwelling, until they move, or leave one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from services.identity.domain import household_refusals as refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The dwelling, its building, and the area where that stands."""

    dwelling_id: str
    building_id: str
    area_path: AreaPath


# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdFormed:
    """A household lives in a dwelling from a moment on."""

    household_id: str
    home: Home
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdMoved:
    """All of it lives in another dwelling from a moment on. `left_since`: since when it lived in the last."""

    household_id: str
    home: Home
    since: datetime
    left_since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    """A person is a member from a moment on; what they are to the others is theirs."""

    household_id: str
    resident_id: str
    relation: Personal
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft:
    """They no longer are. `since`: since when they were."""

    household_id: str
    resident_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberErased:
    """A person who is or was a member was erased."""

    household_id: str
    resident_id: str
    erased_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdErased:
    """Nobody is left of all who ever were members: the key of the household was destroyed."""

    household_id: str
    erased_at: datetime


HouseholdEvent = HouseholdFormed | HouseholdMoved | MemberJoined | MemberLeft | MemberErased | HouseholdErased


# Situations


@dataclass(frozen=True, slots=True)
class Unformed:
    """No household has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who is a member, or was one."""

    resident_id: str
    relation: Personal
    since: datetime
    until: datetime | None = None

    def is_there(self, at: datetime) -> bool:
        """Whether they were a member at a moment."""
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formed:
    """A household: its homes with since when, the last at the end; its members; who of them is not erased."""

    household_id: str
    homes: tuple[tuple[datetime, Home], ...]
    members: tuple[Member, ...] = ()
    known: frozenset[str] = frozenset()

    @property
    def home(self) -> Home:
        """Where it lives, or lived last."""
        return self.homes[-1][1]

    def home_at(self, at: datetime) -> Home | None:
        """Where it lived at a moment; None before it was formed."""
        return next((home for since, home in reversed(self.homes) if since <= at), None)

    def members_at(self, at: datetime) -> tuple[Member, ...]:
        """Who were members at a moment, the erased left out."""
        return tuple(each for each in self.members if each.is_there(at) and each.resident_id in self.known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """People lived together; nobody can tell who."""


Household = Unformed | Formed | Erased


# Evolve


def evolve(household: Household, event: HouseholdEvent) -> Household:
    """The household after the event."""
    if isinstance(event, HouseholdFormed):
        return Formed(household_id=event.household_id, homes=((event.since, event.home),))
    if not isinstance(household, Formed):
        return household
    match event:
        case HouseholdMoved():
            return replace(household, homes=(*household.homes, (event.since, event.home)))
        case MemberJoined(resident_id=resident_id):
            member = Member(resident_id=resident_id, relation=event.relation, since=event.since)
            members = (*household.members, member)
            return replace(household, members=members, known=household.known | {resident_id})
        case MemberLeft():
            return replace(household, members=tuple(_left(each, event) for each in household.members))
        case MemberErased():
            return replace(household, known=household.known - {event.resident_id})
        case HouseholdErased():
            return Erased()


def _left(member: Member, event: MemberLeft) -> Member:
    is_it = (member.resident_id, member.until) == (event.resident_id, None)
    return replace(member, until=event.until) if is_it else member


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class FormHousehold:
    """People live in a dwelling together."""

    household_id: str
    home: Home
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveHousehold:
    """All of it lives elsewhere."""

    home: Home
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddMember:
    """Somebody joins."""

    resident_id: str
    relation: Personal
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveMember:
    """Somebody leaves."""

    resident_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetMember:
    """Somebody is erased, whether they still live there or not."""

    resident_id: str
    at: datetime


HouseholdCommand = FormHousehold | MoveHousehold | AddMember | RemoveMember | ForgetMember


# Decide


def decide(command: HouseholdCommand, household: Household) -> Sequence[HouseholdEvent]:
    """It is formed once; nobody moves before it was; with the last who is known it is erased."""
    if isinstance(command, FormHousehold):
        if not isinstance(household, Unformed):
            return []
        return [HouseholdFormed(household_id=command.household_id, home=command.home, since=command.at)]
    if isinstance(household, Erased) and isinstance(command, ForgetMember):
        return []
    if not isinstance(household, Formed):
        raise refusals.household_is_unknown("")
    there = {each.resident_id: each for each in household.members if each.until is None}
    match command:
        case MoveHousehold():
            return _moved(command, household, has_members=bool(there))
        case AddMember():
            return [] if command.resident_id in there else [_joined(command, household)]
        case RemoveMember(resident_id=resident_id, at=at):  # one that is repeated ends no later stay
            member = there.get(resident_id)
            return [_leaving(household, member, at)] if member and member.since < at else []
        case ForgetMember(resident_id=resident_id):
            return _forgotten(command, household, there.get(resident_id))


def _moved(command: MoveHousehold, household: Formed, *, has_members: bool) -> Sequence[HouseholdEvent]:
    if not has_members:
        raise refusals.household_is_empty()
    if command.home == household.home:
        return []
    since, _ = household.homes[-1]
    if command.at <= since:
        raise refusals.move_is_too_early()
    household_id = household.household_id
    return [HouseholdMoved(household_id=household_id, home=command.home, since=command.at, left_since=since)]


def _joined(command: AddMember, household: Formed) -> MemberJoined:
    if command.at < household.homes[0][0]:
        raise refusals.move_is_too_early()
    return MemberJoined(
        household_id=household.household_id,
        resident_id=command.resident_id,
        relation=command.relation,
        since=command.at,
    )


def _leaving(household: Formed, member: Member, at: datetime) -> MemberLeft:
    household_id, resident_id = household.household_id, member.resident_id
    return MemberLeft(household_id=household_id, resident_id=resident_id, since=member.since, until=at)


def _forgotten(command: ForgetMember, household: Formed, member: Member | None) -> Sequence[HouseholdEvent]:
    household_id, resident_id = household.household_id, command.resident_id
    if resident_id not in household.known:
        return []
    events: list[HouseholdEvent] = []
    if member is not None:
        events.append(_leaving(household, member, max(command.at, member.since)))
    events.append(MemberErased(household_id=household_id, resident_id=resident_id, erased_at=command.at))
    if household.known == {resident_id}:
        events.append(HouseholdErased(household_id=household_id, erased_at=command.at))
    return events


HOUSEHOLD: Decider[HouseholdCommand, Household, HouseholdEvent] = Decider(
    category="household", initial=Unformed(), decide=decide, evolve=evolve
)
