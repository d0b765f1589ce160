"""Due moments: how a limit counts, when it warns, what a pause moves, what a calendar cannot reach."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.rules.due import HORIZON_YEARS, Limit, Unit, after_pause, due, reaches, share, shares, warning
from libs.rules.working_time import Calendar, Counting, Hours, NeverAtWork, Versions
from libs.testkit.clocks import moment

HOUR = timedelta(hours=1)
MONDAY = moment("2022-01-03 09:00")
DAY: Hours = ((9 * 60, 17 * 60),)
OFFICE = Calendar(zone="UTC", week=(DAY,) * 5 + ((), ()))
LONG_DAY: Hours = ((8 * 60, 20 * 60),)
LONGER = Calendar(zone="UTC", week=(LONG_DAY,) * 5 + ((), ()))
MINUTES_FOR_HOURS = Calendar(zone="UTC", week=(((9, 17),),) * 5 + ((), ()))
A_MINUTE_A_WEEK = Calendar(zone="Asia/Shanghai", week=(((0, 1),), (), (), (), (), (), ()))

limits = st.builds(Limit, amount=st.integers(1, 60), unit=st.sampled_from(Unit))
starts = st.integers(0, 60 * 24 * 400).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("amount", "unit", "due_at", "warn_at"),
    [
        (4, Unit.WORKING_HOURS, "2022-01-03 13:00", "2022-01-03 12:00"),
        (2, Unit.WORKING_DAYS, "2022-01-05 09:00", "2022-01-04 13:00"),
        (4, Unit.CALENDAR_HOURS, "2022-01-03 13:00", "2022-01-03 12:00"),
        (8, Unit.CALENDAR_DAYS, "2022-01-11 09:00", "2022-01-09 09:00"),
    ],
)
def test_a_limit_counts_as_its_unit_says_and_warns_at_three_quarters(
    amount: int, unit: Unit, due_at: str, warn_at: str
) -> None:
    limit = Limit(amount=amount, unit=unit)

    assert due(MONDAY, limit, OFFICE) == moment(due_at)
    assert warning(MONDAY, moment(due_at), limit, OFFICE) == moment(warn_at)


@given(starts, limits, st.lists(st.integers(1, 400), min_size=1, max_size=6), st.booleans())
def test_several_shares_are_those_counted_one_by_one(
    start: datetime, limit: Limit, percents: list[int], two_versions: bool
) -> None:
    whole_time = Versions.of(OFFICE).then(LONGER, MONDAY + 100 * HOUR)
    calendar: Counting = whole_time if two_versions else OFFICE
    due_at = due(start, limit, calendar)

    assert shares(percents, start, due_at, limit, calendar) == [
        share(percent, start, due_at, limit, calendar) for percent in percents
    ]


def test_the_whole_share_is_the_due_moment_itself() -> None:
    limit, friday_evening = Limit(amount=1, unit=Unit.WORKING_HOURS), moment("2022-01-07 16:00")

    assert shares([100, 200], friday_evening, moment("2022-01-07 17:00"), limit, OFFICE) == [
        moment("2022-01-07 17:00"),
        moment("2022-01-10 10:00"),
    ]


def test_a_pause_is_counted_by_the_version_in_force_then() -> None:
    tuesday = moment("2022-01-04 00:00")
    both = Versions.of(OFFICE).then(LONGER, tuesday)
    due_at, paused, resumed = moment("2022-01-05 12:00"), moment("2022-01-03 15:00"), tuesday + 10 * HOUR

    moved = after_pause(due_at, Unit.WORKING_HOURS, paused, resumed, both)

    assert both.between(paused, resumed) == 4 * HOUR
    assert moved == moment("2022-01-05 16:00")


def test_a_pause_moves_nothing_that_had_passed() -> None:
    passed = MONDAY - HOUR

    assert after_pause(passed, Unit.CALENDAR_HOURS, MONDAY, MONDAY + HOUR, OFFICE) == passed


@pytest.mark.parametrize("calendar", [A_MINUTE_A_WEEK, MINUTES_FOR_HOURS])
def test_a_limit_beyond_the_horizon_is_not_reached(calendar: Calendar) -> None:
    assert not reaches(calendar, Limit(amount=10_000, unit=Unit.WORKING_HOURS), MONDAY)
    assert reaches(calendar, Limit(amount=1, unit=Unit.WORKING_HOURS), MONDAY)
    assert reaches(calendar, Limit(amount=10_000, unit=Unit.CALENDAR_DAYS), MONDAY)


def test_the_longest_limits_of_an_office_are_reached() -> None:
    for unit in Unit:
        assert reaches(OFFICE, Limit(amount=10_000, unit=unit), MONDAY)


def test_an_end_beyond_all_time_is_an_answer_and_no_crash() -> None:
    end = moment("9999-12-31 20:00")

    for unit in Unit:
        with pytest.raises(NeverAtWork):
            due(end, Limit(amount=10_000, unit=unit), OFFICE)
        assert reaches(OFFICE, Limit(amount=10_000, unit=unit), end) is not unit.counts_work


@given(limits, starts, starts)
def test_who_comes_later_is_not_promised_an_earlier_moment(
    limit: Limit, one: datetime, two: datetime
) -> None:
    changed = Versions.of(OFFICE).then(LONGER, moment("2022-06-01 00:00"))
    early, late = sorted((one, two))

    assert due(early, limit, changed) <= due(late, limit, changed)
    assert MONDAY < due(early, limit, changed) <= early + timedelta(days=366 * HORIZON_YEARS)
