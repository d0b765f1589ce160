"""What can happen to a need and to the offers made for it."""

from dataclasses import dataclass
from datetime import datetime

from libs.rules.areas import AreaPath
from services.volunteers.domain.values import Shift


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRaised:
    """Volunteers are wanted; `case_id` is empty unless a case called for them."""

    need_id: str
    case_id: str
    area_path: AreaPath
    shift: Shift
    wanted: int
    skills: frozenset[str]
    priority: int
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedWithdrawn:
    """Nobody is wanted any more; `volunteer_ids` are those who had accepted."""

    need_id: str
    volunteer_ids: tuple[str, ...]
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferMade:
    """A volunteer was asked; an answer at or after `expires_at` is too late.

    `held`: imported history, whose answers are imported, too; the running clock leaves it alone.
    """

    need_id: str
    volunteer_id: str
    made_at: datetime
    expires_at: datetime
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferAccepted:
    """The volunteer will come."""

    need_id: str
    volunteer_id: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDeclined:
    """The volunteer will not come."""

    need_id: str
    volunteer_id: str
    declined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExpired:
    """The volunteer did not answer in time."""

    need_id: str
    volunteer_id: str
    expired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursRecorded:
    """Time given was written down, in minutes."""

    need_id: str
    volunteer_id: str
    minutes: int
    recorded_at: datetime


NeedEvent = (
    NeedRaised | NeedWithdrawn | OfferMade | OfferAccepted | OfferDeclined | OfferExpired | HoursRecorded
)
