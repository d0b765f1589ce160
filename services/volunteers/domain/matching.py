"""Who could come: the rules that a match must keep, whatever the solver prefers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from libs.rules.areas import AreaPath, within
from libs.rules.counting import MINUTE
from libs.rules.zones import DAY, ticks, zone
from services.volunteers.domain.values import MatchReason, Profile, Shift, Window

WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A volunteer as the matching sees them; `asked` counts the offers they had so far."""

    volunteer_id: str
    profile: Profile
    bookings: Mapping[str, Shift]
    asked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An open need as the matching sees it; `places` is how many are still wanted."""

    need_id: str
    area_path: AreaPath
    shift: Shift
    skills: frozenset[str]
    priority: int
    places: int
    asked: frozenset[str]


def reason_against(candidate: Candidate, call: Call) -> MatchReason | None:
    """Why the candidate cannot come to the call; None if they can."""
    profile = candidate.profile
    if candidate.volunteer_id in call.asked:
        return MatchReason.ASKED_BEFORE
    if not call.skills <= profile.skills:
        return MatchReason.SKILL_MISSING
    if not within(call.area_path, profile.reach_path):
        return MatchReason.TOO_FAR
    if not free(profile, call.shift):
        return MatchReason.NOT_FREE
    if any(shift.overlaps(call.shift) for shift in candidate.bookings.values()):
        return MatchReason.BOOKED
    if room_in_week(candidate, call.shift) < 1:
        return MatchReason.LOAD_REACHED
    return None


def free(profile: Profile, shift: Shift) -> bool:
    """True if the windows cover the whole shift, on the profile's clock.

    Windows that touch are one, across midnight and across the end of the week, too.
    """
    clock = zone(profile.zone)
    begins, ends = clock.wall(ticks(shift.start)), clock.wall(ticks(shift.end))
    week = begins // WEEK * WEEK
    return any(start <= begins - week and ends - week <= end for start, end in _stretches(profile.windows))


@lru_cache(maxsize=4096)
def _stretches(windows: tuple[Window, ...]) -> tuple[tuple[int, int], ...]:
    """The free stretches of two weeks in ticks since Monday, joined where they touch or overlap."""
    once = [
        ((window.weekday - 1) * DAY + window.start * MINUTE, (window.weekday - 1) * DAY + window.end * MINUTE)
        for window in windows
    ]
    stretches: list[tuple[int, int]] = []
    for start, end in sorted([*once, *((start + WEEK, end + WEEK) for start, end in once)]):
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return tuple(stretches)


def week_of(profile: Profile, shift: Shift) -> int:
    """The number of the week, Monday first, in which the shift begins, on the profile's clock."""
    return zone(profile.zone).wall(ticks(shift.start)) // WEEK


def room_in_week(candidate: Candidate, shift: Shift) -> int:
    """Shifts that the candidate still wants in the week of `shift`."""
    week = week_of(candidate.profile, shift)
    taken = sum(week_of(candidate.profile, booked) == week for booked in candidate.bookings.values())
    return candidate.profile.shifts_per_week - taken
