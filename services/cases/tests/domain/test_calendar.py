"""Working time: hours and days of work, holidays, and the changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.testkit.clocks import moment
from services.cases.domain.calendar import ROUND_THE_CLOCK, Calendar, Hours, NeverAtWork

NINE_TO_FIVE: Hours = ((9 * 60, 17 * 60),)
SPLIT: Hours = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
BERLIN = Calendar(
    zone="Europe/Berlin",
    week=(NINE_TO_FIVE, NINE_TO_FIVE, NINE_TO_FIVE, NINE_TO_FIVE, NINE_TO_FIVE, (), ()),
    special={date(2022, 1, 6): ()},
)
SHANGHAI = Calendar(zone="Asia/Shanghai", week=(SPLIT, SPLIT, SPLIT, SPLIT, SPLIT, ((9 * 60, 12 * 60),), ()))
NEVER = Calendar(zone="UTC", week=((), (), (), (), (), (), ()))
NIGHT: Hours = ((0, 6 * 60), (22 * 60, 1440))
NIGHTS = Calendar(zone="America/New_York", week=(NIGHT, NIGHT, NIGHT, NIGHT, NIGHT, NIGHT, NIGHT))
ALWAYS = Calendar(
    zone="America/New_York",
    week=(
        ROUND_THE_CLOCK,
        ROUND_THE_CLOCK,
        ROUND_THE_CLOCK,
        ROUND_THE_CLOCK,
        ROUND_THE_CLOCK,
        ROUND_THE_CLOCK,
        ROUND_THE_CLOCK,
    ),
)

calendars = st.sampled_from([BERLIN, SHANGHAI, NIGHTS, ALWAYS])
moments = st.datetimes(datetime(2021, 1, 1), datetime(2023, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis adds the zone
works = st.timedeltas(timedelta(), timedelta(days=20))


def berlin(text: str) -> datetime:
    """The moment at which a clock in Berlin shows this."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def test_work_begun_in_the_afternoon_ends_the_next_morning() -> None:
    assert BERLIN.add(berlin("2022-01-03 16:00"), timedelta(hours=3)) == berlin("2022-01-04 11:00")


def test_work_that_fills_the_day_ends_with_it() -> None:
    assert BERLIN.add(berlin("2022-01-03 09:00"), timedelta(hours=8)) == berlin("2022-01-03 17:00")


def test_no_work_is_done_on_weekends_and_holidays() -> None:
    assert BERLIN.add(berlin("2022-01-05 16:00"), timedelta(hours=2)) == berlin("2022-01-07 10:00")
    assert BERLIN.between(berlin("2022-01-07 17:00"), berlin("2022-01-10 09:00")) == timedelta()


def test_outside_working_time_counting_begins_with_work() -> None:
    assert BERLIN.next_working(berlin("2022-01-08 12:00")) == berlin("2022-01-10 09:00")
    assert BERLIN.add(berlin("2022-01-08 12:00"), timedelta(hours=1)) == berlin("2022-01-10 10:00")


def test_a_lunch_break_is_not_work() -> None:
    at_eleven = moment("2022-01-03 11:00+08:00")

    assert SHANGHAI.add(at_eleven, timedelta(hours=2)) == moment("2022-01-03 14:00+08:00")


def test_working_days_keep_the_time_of_day_and_skip_holidays() -> None:
    assert BERLIN.add_days(berlin("2022-01-04 10:30"), 3) == berlin("2022-01-10 10:30")


def test_a_working_day_ends_when_work_does() -> None:
    friday_afternoon = moment("2022-01-07 16:30+08:00")

    assert SHANGHAI.add_days(friday_afternoon, 1) == moment("2022-01-08 12:00+08:00")


def test_days_keep_the_wall_time_across_both_changes_of_the_clocks() -> None:
    before_spring, before_autumn = berlin("2022-03-25 10:00"), berlin("2022-10-28 10:00")

    assert BERLIN.add_days(before_spring, 1) == berlin("2022-03-28 10:00")
    assert BERLIN.add_days(before_spring, 1) - before_spring == timedelta(days=3, hours=-1)
    assert BERLIN.add_calendar_days(before_autumn, 3) == berlin("2022-10-31 10:00")
    assert BERLIN.add_calendar_days(before_autumn, 3) - before_autumn == timedelta(days=3, hours=1)


def test_hours_that_the_clock_change_takes_or_gives_are_counted_as_they_pass() -> None:
    spring, autumn = date(2022, 3, 13), date(2022, 11, 6)

    def night_work(day: date) -> timedelta:
        return sum((end - start for start, end in NIGHTS.spans(day)), timedelta())

    assert night_work(spring) == timedelta(hours=7)
    assert night_work(autumn) == timedelta(hours=9)


def test_working_hours_inside_the_skipped_hour_leave_no_span() -> None:
    sundays = Calendar(zone="America/New_York", week=((), (), (), (), (), (), ((150, 190),)))

    assert sundays.spans(date(2022, 3, 13)) == ()  # half past two does not come, ten past three does
    assert len(sundays.spans(date(2022, 3, 20))) == 1


def test_a_calendar_without_work_says_so_instead_of_searching_for_ever() -> None:
    with pytest.raises(NeverAtWork):
        NEVER.add(moment("2022-01-03 09:00"), timedelta(hours=1))
    with pytest.raises(NeverAtWork):
        NEVER.add_days(moment("2022-01-03 09:00"), 1)


def test_the_longest_limit_in_the_shortest_week_is_found() -> None:
    an_hour_a_week = Calendar(zone="UTC", week=((), (), ((540, 600),), (), (), (), ()))

    assert an_hour_a_week.add(moment("2022-01-03 09:00"), timedelta(hours=10_000)).year == 2213


@given(calendars, moments, works)
def test_the_work_between_is_the_work_added(calendar: Calendar, start: datetime, work: timedelta) -> None:
    assert calendar.between(start, calendar.add(start, work)) == work


@given(calendars, moments, works, works)
def test_work_adds_up(calendar: Calendar, start: datetime, one: timedelta, two: timedelta) -> None:
    assert calendar.add(calendar.add(start, one), two) == calendar.add(start, one + two)


@given(calendars, moments, moments, works)
def test_who_begins_later_does_not_end_earlier(
    calendar: Calendar, one: datetime, two: datetime, work: timedelta
) -> None:
    early, late = sorted((one, two))

    assert calendar.add(early, work) <= calendar.add(late, work)


@given(calendars, moments, st.integers(1, 40))
def test_working_days_end_in_working_time(calendar: Calendar, start: datetime, days: int) -> None:
    end = calendar.add_days(start, days)

    assert end > start
    assert any(begin <= end <= stop for begin, stop in calendar.spans(calendar.local(end).date()))


@given(moments, works)
def test_round_the_clock_work_is_elapsed_time(start: datetime, work: timedelta) -> None:
    assert ALWAYS.add(start, work) == start + work


@given(calendars, moments, st.timedeltas(timedelta(), timedelta(days=500)))
def test_the_work_between_is_the_sum_of_the_days(
    calendar: Calendar, start: datetime, length: timedelta
) -> None:
    end = start + length
    days = (calendar.local(start).date() + timedelta(days=n) for n in range(-1, length.days + 3))
    worked = (min(stop, end) - max(begin, start) for day in days for begin, stop in calendar.spans(day))

    assert calendar.between(start, end) == sum((max(each, timedelta()) for each in worked), timedelta())


def test_work_goes_on_over_the_end_of_the_year() -> None:
    assert BERLIN.add(berlin("2021-12-31 16:00"), timedelta(hours=2)) == berlin("2022-01-03 10:00")
    assert BERLIN.add(berlin("2021-12-31 16:00"), timedelta(hours=1)) == berlin("2021-12-31 17:00")
    assert BERLIN.next_working(berlin("2021-12-31 17:00")) == berlin("2022-01-03 09:00")
