"""Working time: hours and days of work, holidays, and the changes of the clocks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.rules.working_time import ROUND_THE_CLOCK, Calendar, Counting, Hours, NeverAtWork, Versions
from libs.testkit.clocks import moment

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

special_days = st.dictionaries(
    st.dates(date(2021, 1, 1), date(2024, 1, 1)),
    st.sampled_from([(), NINE_TO_FIVE, NIGHT, ((90, 150),)]),
    max_size=30,
)
day_hours = st.lists(st.integers(0, 48), max_size=6, unique=True).map(
    lambda ends: tuple((30 * a, 30 * b) for a, b in zip(*[iter(sorted(ends))] * 2, strict=False))
)
any_calendars = st.builds(
    Calendar,
    zone=st.sampled_from(
        [
            "Europe/Berlin",
            "Asia/Shanghai",
            "America/New_York",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "Asia/Beirut",
            "America/St_Johns",
        ]
    ),
    week=st.tuples(*[day_hours] * 7),
    special=special_days,
)
known_calendars = st.sampled_from([BERLIN, SHANGHAI, NIGHTS, ALWAYS])
calendars = known_calendars | any_calendars.filter(lambda each: any(each.week))
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
    sundays = Calendar(zone="America/New_York", week=((), (), (), (), (), (), ((130, 170),)))

    assert sundays.spans(date(2022, 3, 13)) == ()
    assert len(sundays.spans(date(2022, 3, 20))) == 1
    assert sundays.add_days(moment("2022-03-07 12:00"), 1) == moment("2022-03-27 06:10")


def test_hours_that_begin_or_end_in_the_skipped_hour_are_cut_there() -> None:
    daily: Hours = ((90, 150),)
    ending = Calendar(zone="America/Los_Angeles", week=(daily,) * 7)
    beginning = Calendar(zone="America/New_York", week=((), (), (), (), (), (), ((150, 190),)))
    three = moment("2022-03-13 07:00")  # what the clock shows next after 1:59

    assert ending.add(moment("2026-03-08 09:30"), timedelta(hours=1)) == moment("2026-03-09 09:00")
    assert beginning.spans(date(2022, 3, 13)) == ((three, three + timedelta(minutes=10)),)


def test_an_hour_that_comes_twice_is_worked_twice_where_work_goes_on_through_it() -> None:
    night: Hours = ((0, 90),)
    nights = Calendar(zone="America/New_York", week=(night,) * 7)
    through = Calendar(zone="America/New_York", week=(((0, 180),),) * 7)
    midnight = moment("2022-11-06 04:00")

    assert nights.between(midnight, midnight + timedelta(days=1)) == timedelta(hours=1.5)
    assert through.between(midnight, midnight + timedelta(days=1)) == timedelta(hours=4)
    assert through.add(midnight, timedelta(hours=3)) == moment("2022-11-06 07:00")


def test_a_time_that_is_skipped_comes_with_the_change() -> None:
    assert ALWAYS.add_calendar_days(moment("2022-03-12 07:30"), 1) == moment("2022-03-13 07:00")


def test_a_calendar_without_work_says_so_instead_of_searching_for_ever() -> None:
    with pytest.raises(NeverAtWork):
        NEVER.add(moment("2022-01-03 09:00"), timedelta(hours=1))
    with pytest.raises(NeverAtWork):
        NEVER.add_days(moment("2022-01-03 09:00"), 1)


def test_a_limit_that_outlasts_all_time_costs_no_search() -> None:
    a_minute_a_week = Calendar(zone="Asia/Shanghai", week=(((0, 1),), (), (), (), (), (), ()))

    with pytest.raises(NeverAtWork):
        a_minute_a_week.add(moment("2026-03-08 09:30"), timedelta(hours=10_000))


def test_the_last_moments_of_all_time_are_no_trouble() -> None:
    end = moment("9999-12-31 20:00")

    assert SHANGHAI.between(end, end + timedelta(hours=3)) == timedelta()
    with pytest.raises(NeverAtWork):
        SHANGHAI.add(end, timedelta(hours=9))
    with pytest.raises(NeverAtWork):
        SHANGHAI.add_days(end, 3)


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


@given(known_calendars, moments, st.integers(1, 40))
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


@given(known_calendars, moments, st.integers(1, 300))
def test_working_days_are_those_found_by_looking_at_each_day(
    calendar: Calendar, start: datetime, days: int
) -> None:
    day, left = calendar.local(calendar.next_working(start)).date(), days
    while left:
        day += timedelta(days=1)
        left -= bool(calendar.spans(day))

    assert calendar.local(calendar.add_days(start, days) - timedelta(microseconds=1)).date() == day


# -- versions --------------------------------------------------------------------------------------

NEW_YEAR = berlin("2022-01-01 00:00")
EIGHT_TO_TWELVE: Hours = ((8 * 60, 12 * 60),)
MORNINGS = Calendar(zone="Europe/Berlin", week=(EIGHT_TO_TWELVE,) * 5 + ((), ()))
CHANGED = Versions.of(BERLIN).then(MORNINGS, NEW_YEAR)


def test_each_moment_is_counted_by_the_version_in_force_at_it() -> None:
    wednesday, tuesday = berlin("2021-12-29 09:00"), berlin("2022-01-04 12:00")

    assert CHANGED.at(wednesday) is BERLIN
    assert CHANGED.at(NEW_YEAR) is MORNINGS
    assert CHANGED.between(wednesday, tuesday) == timedelta(hours=3 * 8 + 2 * 4)
    assert CHANGED.add(wednesday, timedelta(hours=3 * 8 + 2 * 4)) == tuesday
    assert CHANGED.add(wednesday, timedelta(hours=3 * 8)) == berlin("2021-12-31 17:00")


def test_working_days_are_counted_by_the_version_of_the_day() -> None:
    wednesday = berlin("2021-12-29 11:00")

    assert CHANGED.add_days(wednesday, 2) == berlin("2021-12-31 11:00")
    assert CHANGED.add_days(wednesday, 3) == berlin("2022-01-03 11:00")
    assert CHANGED.add_days(berlin("2021-12-29 15:00"), 3) == berlin("2022-01-03 12:00")


def test_before_its_first_version_a_calendar_is_as_in_the_first() -> None:
    only = Versions(((NEW_YEAR, BERLIN),))

    assert only.next_working(berlin("2021-12-29 07:00")) == berlin("2021-12-29 09:00")


def test_a_version_takes_the_place_of_those_that_begin_later() -> None:
    corrected = CHANGED.then(BERLIN, NEW_YEAR - timedelta(days=1))

    assert corrected.at(NEW_YEAR + timedelta(days=1)) is BERLIN
    assert [calendar for _, calendar in corrected.versions] == [BERLIN, BERLIN]


@given(moments, works, st.integers(0, 40))
def test_a_new_version_with_the_same_hours_changes_nothing(
    start: datetime, work: timedelta, days: int
) -> None:
    again: Counting = Versions.of(BERLIN).then(BERLIN, NEW_YEAR).then(BERLIN, berlin("2022-05-05 13:00"))

    assert again.add(start, work) == BERLIN.add(start, work)
    assert again.add_days(start, days) == BERLIN.add_days(start, days)
    assert again.between(start, start + 3 * work) == BERLIN.between(start, start + 3 * work)


@given(moments, works)
def test_the_work_between_is_the_work_added_across_versions(start: datetime, work: timedelta) -> None:
    assert CHANGED.between(start, CHANGED.add(start, work)) == work
