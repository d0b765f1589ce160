"""How long the parties of a conversation may take to answer each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from libs.rules.due import Limit
from libs.rules.terms import MESSAGE_LIMITS, MessageLimits
from libs.rules.working_time import Counting
from services.cases.domain.case.pausing import ALWAYS
from services.cases.domain.values import Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The answer that is owed to a message: within which limit, until when, and by which calendar."""

    limit: Limit
    due_at: datetime
    calendar_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What an answer is due by: the limits of the case's terms, and a calendar as known, or day and night."""

    limits: MessageLimits = MESSAGE_LIMITS
    calendar_id: str = ""
    calendar: Counting = ALWAYS
    known: int = 0


def counted_by(
    limits: MessageLimits, calendar_id: str, calendars: Mapping[str, Counting], known: int
) -> Counted:
    """What an answer is due by: day and night where the calendar is not known; it keeps nobody quiet."""
    if (calendar := calendars.get(calendar_id)) is not None:
        return Counted(limits=limits, calendar_id=calendar_id, calendar=calendar, known=known)
    return Counted(limits=limits)


def limit_of(limits: MessageLimits, addressee: Party) -> Limit:
    """How long a party may take to answer."""
    match addressee:
        case Party.RESIDENT:
            return limits.resident
        case Party.COMMUNITY:
            return limits.community
        case Party.DEPARTMENT:
            return limits.department
