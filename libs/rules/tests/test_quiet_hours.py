"""Quiet hours: across midnight, in any zone, on days on which the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.rules.quiet_hours import MINUTES_OF_A_DAY, QuietHours

NIGHT = QuietHours(zone="Asia/Shanghai", from_minute=22 * 60, until_minute=7 * 60)
MINUTES = st.integers(0, MINUTES_OF_A_DAY - 1)
ZONES = st.sampled_from(["Asia/Shanghai", "America/Los_Angeles", "Europe/London", "Asia/Kathmandu", "UTC"])
MOMENTS = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes, seconds=7)
)


def shanghai(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("at", "over"),
    [
        (shanghai(2, 21, 59), shanghai(2, 21, 59)),
        (shanghai(2, 22), shanghai(3, 7)),
        (shanghai(3, 3), shanghai(3, 7)),
        (shanghai(3, 7), shanghai(3, 7)),
    ],
)
def test_a_night_is_over_in_the_morning(at: datetime, over: datetime) -> None:
    assert NIGHT.over(at) == over


def test_quiet_hours_are_those_of_the_persons_own_clock() -> None:
    here = QuietHours(zone="America/Los_Angeles", from_minute=22 * 60, until_minute=7 * 60)

    assert here.over(shanghai(3, 3)) == shanghai(3, 3)  # where it is 11:00 of the day before


def test_an_afternoon_rest_does_not_reach_into_the_night() -> None:
    rest = QuietHours(zone="Asia/Shanghai", from_minute=12 * 60, until_minute=14 * 60)

    assert rest.over(shanghai(2, 13)) == shanghai(2, 14)
    assert rest.over(shanghai(2, 3)) == shanghai(2, 3)


def test_the_hour_that_comes_twice_is_quiet_twice() -> None:
    """On 1 November 2026 the clocks of Los Angeles show 01:00 to 02:00 twice."""
    early = QuietHours(zone="America/Los_Angeles", from_minute=0, until_minute=90)
    second_run = datetime(2026, 11, 1, 9, 10, tzinfo=UTC)  # 01:10, for the second time

    assert early.over(second_run) == second_run + timedelta(minutes=20)


def test_the_hour_that_is_left_out_does_not_lengthen_the_night() -> None:
    """On 8 March 2026 the clocks of Los Angeles go from 02:00 to 03:00."""
    early = QuietHours(zone="America/Los_Angeles", from_minute=0, until_minute=150)

    assert early.over(datetime(2026, 3, 8, 9, tzinfo=UTC)) == datetime(2026, 3, 8, 10, tzinfo=UTC)


@given(ZONES, MINUTES, MINUTES, MOMENTS)
def test_what_comes_out_is_never_quiet_never_earlier_and_soon(
    zone: str, begin: int, end: int, at: datetime
) -> None:
    if begin == end:
        return
    hours = QuietHours(zone=zone, from_minute=begin, until_minute=end)

    over = hours.over(at)

    assert at <= over < at + timedelta(hours=26)
    assert hours.over(over) == over
