"""Words that the volunteers' domain shares: profiles, shifts, offers, reasons."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A free time of the week: ISO weekday (1 Monday to 7 Sunday), minutes after local midnight."""

    weekday: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a volunteer can do, when and where.

    `zone` is an IANA name; `home_path` and `reach_path` are area paths from the root (`city/south/12`):
    a volunteer goes to every area whose path begins with `reach_path`.
    """

    skills: frozenset[str]
    windows: tuple[Window, ...]
    zone: str
    home_path: str
    reach_path: str
    shifts_per_week: int
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A time at which help is wanted; both moments aware, in UTC, `start` before `end`."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Shift") -> bool:
        """True if the two share a moment; one may begin when the other ends."""
        return self.start < other.end and other.start < self.end


class NeedState(Enum):
    """Where a need stands."""

    OPEN = "open"
    FILLED = "filled"
    WITHDRAWN = "withdrawn"


class OfferStanding(Enum):
    """Where an offer stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"


class MatchReason(Enum):
    """Why a volunteer was chosen for a need, or why not."""

    CHOSEN = "chosen"
    SKILL_MISSING = "skill_missing"
    NOT_FREE = "not_free"
    TOO_FAR = "too_far"
    BOOKED = "booked"
    LOAD_REACHED = "load_reached"
    ASKED_BEFORE = "asked_before"
    OTHERS_BETTER = "others_better"
    NO_LONGER_WANTED = "no_longer_wanted"
    HAS_LEFT = "has_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One volunteer looked at for one need."""

    need_id: str
    volunteer_id: str
    reason: MatchReason
