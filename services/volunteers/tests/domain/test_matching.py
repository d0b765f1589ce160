"""When is a volunteer free for a shift? Windows of the week, midnight, and the clock of their zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.volunteers.domain.matching import free
from services.volunteers.domain.values import Profile, Shift, Window

MON, SAT, SUN = 1, 6, 7
SATURDAY = datetime(2026, 12, 5, tzinfo=UTC)
ALL_WEEK = tuple(Window(weekday=day, start=0, end=1440) for day in range(1, 8))


def between(weekday: int, start: float, end: float) -> Window:
    """A window of a day, in hours."""
    return Window(weekday=weekday, start=int(start * 60), end=int(end * 60))


def shift(start: float, hours: float) -> Shift:
    """A shift that begins some hours after the midnight before Saturday."""
    begins = SATURDAY + timedelta(hours=start)
    return Shift(start=begins, end=begins + timedelta(hours=hours))


def someone(*windows: Window, zone: str = "UTC") -> Profile:
    return Profile(
        skills=frozenset(), windows=windows, zone=zone, home_path="town", reach_path="town", shifts_per_week=7
    )


@pytest.mark.parametrize(
    ("windows", "start", "hours", "is_free"),
    [
        ((between(SAT, 20, 24), between(SUN, 0, 3)), 20, 6, True),
        ((between(SAT, 20, 24), between(SUN, 0, 3)), 20, 7.5, False),
        (ALL_WEEK, 22, 6, True),
        ((between(SAT, 9, 12), between(SAT, 12, 15)), 10, 4, True),
        ((between(SAT, 9, 13), between(SAT, 12, 15)), 10, 4, True),
        ((between(SAT, 9, 12), between(SAT, 12.5, 15)), 10, 4, False),
        ((between(SUN, 22, 24), between(MON, 0, 2)), 46, 4, True),
        ((between(SUN, 22, 24),), 46, 4, False),
        ((between(SAT, 9, 12),), 8.5, 1, False),
    ],
)
def test_windows_that_touch_are_one(
    windows: tuple[Window, ...], start: float, hours: float, is_free: bool
) -> None:
    assert free(someone(*windows), shift(start, hours)) is is_free


def test_the_windows_are_those_of_the_volunteers_own_clock() -> None:
    evening = someone(between(SAT, 20, 24), between(SUN, 0, 3), zone="Asia/Shanghai")

    assert free(evening, shift(12, 6))
    assert not free(evening, shift(20, 6))


@given(
    st.lists(
        st.tuples(st.integers(1, 7), st.integers(0, 23), st.integers(1, 24)).filter(lambda w: w[1] < w[2]),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 7 * 24 - 1),
    st.integers(1, 24),
    st.sampled_from(["UTC", "Asia/Shanghai", "America/Los_Angeles"]),
)
def test_free_is_what_a_walk_through_the_hours_finds(
    given_windows: list[tuple[int, int, int]], start: int, hours: int, zone: str
) -> None:
    person = someone(*(between(*window) for window in given_windows), zone=zone)
    open_hours = {(day, hour) for day, begin, end in given_windows for hour in range(begin, end)}
    asked = shift(start, hours)

    walked = [asked.start.astimezone(ZoneInfo(zone)) + timedelta(hours=hour) for hour in range(hours)]

    assert free(person, asked) is all((each.isoweekday(), each.hour) in open_hours for each in walked)
