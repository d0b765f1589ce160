"""A volunteer: what they offer, and the shifts their time is taken by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.rules.zones import is_zone
from services.volunteers.domain import refusals
from services.volunteers.domain.values import Profile, Shift

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerEnrolled:
    """A party offers their time."""

    volunteer_id: str
    profile: Profile
    enrolled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRevised:
    """A volunteer said anew what they can do."""

    volunteer_id: str
    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class VolunteerLeft:
    """A volunteer is not to be asked any more."""

    volunteer_id: str
    left_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftBooked:
    """A volunteer's time is taken by a need."""

    volunteer_id: str
    need_id: str
    shift: Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFreed:
    """A volunteer's time is free again."""

    volunteer_id: str
    need_id: str


VolunteerEvent = VolunteerEnrolled | ProfileRevised | VolunteerLeft | ShiftBooked | ShiftFreed


# Situations


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nobody of this id is enrolled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """May be asked; `bookings` holds the shift of each need accepted."""

    volunteer_id: str
    profile: Profile
    bookings: Mapping[str, Shift] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Is not to be asked any more; may enrol again. Bookings made still stand."""

    volunteer_id: str
    profile: Profile
    bookings: Mapping[str, Shift] = field(default_factory=dict)


Volunteer = Stranger | Active | Left


# Evolve


def evolve(state: Volunteer, event: VolunteerEvent) -> Volunteer:
    """The volunteer after `event`."""
    match event:
        case VolunteerEnrolled():
            kept = {} if isinstance(state, Stranger) else state.bookings
            return Active(volunteer_id=event.volunteer_id, profile=event.profile, bookings=kept)
        case _ if isinstance(state, Stranger):
            return state
        case ProfileRevised(profile=profile):
            return replace(state, profile=profile)
        case VolunteerLeft():
            return Left(volunteer_id=state.volunteer_id, profile=state.profile, bookings=state.bookings)
        case ShiftBooked(need_id=need_id, shift=shift):
            return replace(state, bookings={**state.bookings, need_id: shift})
        case ShiftFreed(need_id=need_id):
            rest = {other: shift for other, shift in state.bookings.items() if other != need_id}
            return replace(state, bookings=rest)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolVolunteer:
    """Offer a party's time."""

    volunteer_id: str
    profile: Profile
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseProfile:
    """Say anew what a volunteer can do."""

    profile: Profile
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveVolunteers:
    """End an enrolment; nothing happens if it has ended."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetVolunteer:
    """Ask somebody no more who was erased; nothing happens to those who are not enrolled."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookShift:
    """Take a volunteer's time for a need."""

    need_id: str
    shift: Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeShift:
    """Give a volunteer's time back; nothing happens if it was not taken."""

    need_id: str


VolunteerCommand = EnrolVolunteer | ReviseProfile | LeaveVolunteers | ForgetVolunteer | BookShift | FreeShift


# Decide


def decide(command: VolunteerCommand, state: Volunteer) -> Sequence[VolunteerEvent]:
    """What happens; refuses as each branch says."""
    match command:
        case EnrolVolunteer():
            return _enrol(command, state)
        case ReviseProfile(profile=profile):
            active = _active(state)
            check(profile)
            same = profile == active.profile
            return [] if same else [ProfileRevised(volunteer_id=active.volunteer_id, profile=profile)]
        case LeaveVolunteers(at=at):
            if isinstance(state, Left):
                return []
            return [VolunteerLeft(volunteer_id=_active(state).volunteer_id, left_at=at)]
        case ForgetVolunteer(at=at):
            if isinstance(state, Active):
                return [VolunteerLeft(volunteer_id=state.volunteer_id, left_at=at)]
            return []
        case BookShift():
            return _book(command, _active(state))
        case FreeShift(need_id=need_id):
            if isinstance(state, Stranger) or need_id not in state.bookings:
                return []
            return [ShiftFreed(volunteer_id=state.volunteer_id, need_id=need_id)]


def _enrol(command: EnrolVolunteer, state: Volunteer) -> Sequence[VolunteerEvent]:
    if isinstance(state, Active):
        raise refusals.volunteer_enrolled(state.volunteer_id)
    check(command.profile)
    return [
        VolunteerEnrolled(volunteer_id=command.volunteer_id, profile=command.profile, enrolled_at=command.at)
    ]


def _book(command: BookShift, active: Active) -> Sequence[VolunteerEvent]:
    if active.bookings.get(command.need_id) == command.shift:
        return []
    for need_id, shift in active.bookings.items():
        if need_id != command.need_id and shift.overlaps(command.shift):
            raise refusals.booked_elsewhere(need_id)
    return [ShiftBooked(volunteer_id=active.volunteer_id, need_id=command.need_id, shift=command.shift)]


def _active(state: Volunteer) -> Active:
    if not isinstance(state, Active):
        raise refusals.volunteer_not_found()
    return state


def check(profile: Profile) -> None:
    """Refuse a profile that nothing can be matched with; each refusal names its field."""
    if not is_zone(profile.zone):
        raise refusals.profile_invalid("zone", "Give an IANA zone, for instance Asia/Shanghai.")
    if not profile.windows:
        raise refusals.profile_invalid("windows", "Give at least one time of the week.")
    for window in profile.windows:
        if not (1 <= window.weekday <= 7 and 0 <= window.start < window.end <= 1440):
            raise refusals.profile_invalid("windows", "A window ends after it starts, on the same day.")
    if not 1 <= profile.shifts_per_week <= 21:
        raise refusals.profile_invalid("shifts_per_week", "Give 1 to 21 shifts a week.")


VOLUNTEER: Decider[VolunteerCommand, Volunteer, VolunteerEvent] = Decider(
    category="volunteer", initial=Stranger(), decide=decide, evolve=evolve
)
