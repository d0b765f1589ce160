"""What may be asked of volunteers and needs. The moment `at` comes with the command, aware, in UTC."""

from dataclasses import dataclass
from datetime import datetime

from services.volunteers.domain.values import Match, Profile, Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteArea:
    """The identity service defined an area."""

    area_id: str
    area_path: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseNeed:
    """Call for volunteers; nothing happens if this need was raised before."""

    need_id: str
    case_id: str
    area_path: str
    shift: Shift
    wanted: int
    skills: frozenset[str]
    priority: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawNeed:
    """End a need; nothing happens if it has ended or was never raised."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeOffer:
    """Ask a volunteer; nothing happens if they were asked before, or the need is filled or ended."""

    volunteer_id: str
    expires_at: datetime
    at: datetime
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptOffer:
    """Say yes."""

    volunteer_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineOffer:
    """Say no, or take a yes back."""

    volunteer_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireOffer:
    """Let an unanswered offer end; nothing happens if it was answered or its time is not over."""

    volunteer_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHours:
    """Write down the minutes a volunteer gave."""

    volunteer_id: str
    minutes: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordProposal:
    """Keep a computed assignment."""

    proposal_id: str
    area_path: str
    matches: tuple[Match, ...]
    covered: int
    bound: int
    wanted: int
    filled: int
    at: datetime


VolunteerCommand = EnrolVolunteer | ReviseProfile | LeaveVolunteers | ForgetVolunteer | BookShift | FreeShift
NeedCommand = RaiseNeed | WithdrawNeed | MakeOffer | AcceptOffer | DeclineOffer | ExpireOffer | RecordHours
