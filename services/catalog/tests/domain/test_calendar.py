"""Calendars: complete, in one order, versioned."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from libs.ledger.text import Text
from libs.rules.due import Limit, Unit
from libs.testkit.clocks import moment
from libs.testkit.deciders import Outcome, deciding
from services.catalog.domain.calendar import CALENDAR, CalendarDefined, DefineCalendar
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingDate
from services.catalog.tests.domain.stories import NOW, office_hours

given_calendar = deciding(CALENDAR)
OFFICE = Text(en="Office")
DAY = (Hours(start=540, until=1020),)
MINUTES = (Hours(start=9, until=17),)


def define(**others: Any) -> DefineCalendar:
    return DefineCalendar(calendar_id="office", name=OFFICE, working_time=office_hours(**others), at=NOW)


JUNE, JULY, MAY = moment("2020-06-01 00:00"), moment("2020-07-01 00:00"), moment("2020-05-01 00:00")
SUMMER_DAYS = (date(2020, 8, 15),)
SUMMER_HOURS = define(holidays=SUMMER_DAYS)


def held(outcome: Outcome[Any, Any, Any]) -> list[tuple[int, datetime | None, tuple[date, ...]]]:
    """Number, beginning and holidays of the versions that hold."""
    return [(each.version, each.valid_from, each.working_time.holidays) for each in outcome.state.held]


def test_a_calendar_is_kept_in_order() -> None:
    shuffled = define(
        week=tuple(reversed(office_hours().week)),
        holidays=(date(2020, 5, 1), date(2020, 1, 1), date(2020, 5, 1)),
    )
    in_order = office_hours(holidays=(date(2020, 1, 1), date(2020, 5, 1)))

    given_calendar().when(shuffled).then(
        CalendarDefined(calendar_id="office", version=1, name=OFFICE, working_time=in_order)
    )


def test_the_same_calendar_again_is_no_new_version() -> None:
    again = define(week=tuple(reversed(office_hours().week)))

    assert [event.version for event in given_calendar().when(define()).when(again).events] == [1]


def test_another_holiday_is_the_next_version() -> None:
    more = define(holidays=(date(2021, 1, 1),))

    assert [event.version for event in given_calendar().when(define()).when(more).events] == [1, 2]


def test_a_version_holds_from_the_moment_given_or_from_now_and_the_first_for_ever_before() -> None:
    tomorrow = NOW + timedelta(days=1)
    more = define(holidays=(date(2021, 1, 1),))
    most = replace(define(holidays=(date(2022, 1, 1),)), valid_from=tomorrow)

    events = given_calendar().when(define()).when(more).when(most).events

    assert [event.valid_from for event in events] == [None, NOW, tomorrow]


def test_a_version_does_not_hold_from_before_the_newest() -> None:
    late = replace(define(holidays=(date(2021, 1, 1),)), valid_from=NOW + timedelta(days=9))

    given_calendar().when(define()).when(late).when(define()).then_refused("VERSION_TOO_EARLY")


def test_the_same_hours_from_another_moment_do_not_pass_for_a_success() -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))

    planned.when(replace(SUMMER_HOURS, valid_from=JULY)).then_refused("VERSION_UNCHANGED")
    planned.when(SUMMER_HOURS).then_refused("VERSION_UNCHANGED")


def test_the_same_version_again_changes_nothing_even_after_it_has_begun() -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))

    again = replace(SUMMER_HOURS, valid_from=JUNE)

    assert len(planned.when(again).when(replace(again, at=JULY)).events) == 2


@pytest.mark.parametrize("earlier", [MAY, NOW, NOW - timedelta(days=9)])
def test_a_planned_version_is_replaced_by_one_that_begins_earlier(earlier: datetime) -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))

    moved = planned.when(replace(SUMMER_HOURS, valid_from=earlier, replaces=2))

    assert held(moved) == [(1, None, ()), (3, earlier, SUMMER_DAYS)]


def test_a_planned_version_that_is_to_begin_later_leaves_its_time_to_the_one_before() -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))

    moved = planned.when(replace(SUMMER_HOURS, valid_from=JULY, replaces=2))

    assert held(moved) == [(1, None, ()), (3, JUNE, ()), (4, JULY, SUMMER_DAYS)]


def test_a_planned_version_is_withdrawn_by_the_hours_of_the_one_before() -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))

    withdrawn = planned.when(replace(define(), replaces=2))

    assert held(withdrawn) == [(1, None, ()), (3, JUNE, ())]


def test_a_replacement_takes_the_place_of_all_planned_after_it() -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))
    more = planned.when(replace(define(holidays=(date(2020, 12, 25),)), valid_from=JULY))

    assert held(more.when(replace(SUMMER_HOURS, valid_from=MAY, replaces=2))) == [
        (1, None, ()),
        (4, MAY, SUMMER_DAYS),
    ]
    more.when(replace(SUMMER_HOURS, valid_from=MAY)).then_refused("VERSION_TOO_EARLY")


def test_a_version_that_was_in_force_is_corrected_with_a_reason_only() -> None:
    begun = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=MAY))
    correction = replace(SUMMER_HOURS, valid_from=JULY, replaces=2, at=JUNE)

    begun.when(correction).then_refused("REASON_MISSING")
    assert held(begun.when(replace(correction, reason="mistyped"))) == [
        (1, None, ()),
        (3, MAY, ()),
        (4, JULY, SUMMER_DAYS),
    ]


def test_other_hours_from_the_moment_of_a_version_in_force_are_a_correction_too() -> None:
    begun = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=MAY))
    other = replace(define(holidays=(date(2020, 12, 25),)), valid_from=MAY, at=JUNE)

    begun.when(other).then_refused("REASON_MISSING")
    assert [each[:2] for each in held(begun.when(replace(other, reason="mistyped")))] == [(1, None), (3, MAY)]


def test_the_first_version_is_corrected_for_all_time_with_a_reason() -> None:
    first = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))
    correction = replace(SUMMER_HOURS, valid_from=MAY, replaces=1)

    first.when(correction).then_refused("REASON_MISSING")
    assert held(first.when(replace(correction, reason="mistyped"))) == [(3, None, SUMMER_DAYS)]


def test_a_replacement_cannot_begin_before_a_version_that_stays() -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))
    more = planned.when(replace(define(), valid_from=JULY))

    more.when(replace(define(), valid_from=MAY, replaces=3)).then_refused("VERSION_TOO_EARLY")


def test_only_a_version_that_holds_is_replaced() -> None:
    moved = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))
    moved = moved.when(replace(SUMMER_HOURS, valid_from=MAY, replaces=2))

    moved.when(replace(SUMMER_HOURS, valid_from=JULY, replaces=2)).then_refused("VERSION_UNKNOWN")
    moved.when(replace(SUMMER_HOURS, replaces=99, valid_from=JULY)).then_refused("VERSION_UNKNOWN")
    given_calendar().when(replace(define(), replaces=1)).then_refused("CALENDAR_UNKNOWN")


def test_the_same_replacement_again_changes_nothing() -> None:
    planned = given_calendar().when(define()).when(replace(SUMMER_HOURS, valid_from=JUNE))
    correction = replace(SUMMER_HOURS, valid_from=MAY, replaces=2)

    assert len(planned.when(correction).when(correction).events) == 3


def test_a_calendar_by_which_a_promise_takes_decades_is_refused() -> None:
    typed_as_minutes = define(week=tuple(replace(day, hours=MINUTES) for day in office_hours().week))
    counted = replace(typed_as_minutes, limits=(Limit(amount=10_000, unit=Unit.WORKING_HOURS),))

    given_calendar().when(counted).then_refused("LIMIT_OUT_OF_REACH")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"zone": "Mars/Olympus"}, "TIME_ZONE_UNKNOWN"),
        ({"zone": "../../etc/passwd"}, "TIME_ZONE_UNKNOWN"),
        ({"zone": ""}, "TIME_ZONE_UNKNOWN"),
        ({"zone": "localtime"}, "TIME_ZONE_UNKNOWN"),
        ({"zone": "posixrules"}, "TIME_ZONE_UNKNOWN"),
        ({"zone": "Factory"}, "TIME_ZONE_UNKNOWN"),
        ({"week": ()}, "WEEK_EMPTY"),
        ({"week": (WeekdayHours(weekday=1, hours=DAY),) * 2}, "WEEKDAY_REPEATED"),
        ({"week": (WeekdayHours(weekday=8, hours=DAY),)}, "WEEKDAY_REPEATED"),
        ({"week": (WeekdayHours(weekday=1, hours=()),)}, "HOURS_OUT_OF_ORDER"),
        ({"week": (WeekdayHours(weekday=1, hours=(*DAY, *DAY)),)}, "HOURS_OUT_OF_ORDER"),
        ({"week": (WeekdayHours(weekday=1, hours=(Hours(start=600, until=600),)),)}, "HOURS_OUT_OF_ORDER"),
        ({"week": (WeekdayHours(weekday=1, hours=(Hours(start=0, until=1441),)),)}, "HOURS_OUT_OF_ORDER"),
        ({"working_dates": (WorkingDate(on=date(2020, 1, 4), hours=DAY),) * 2}, "DATE_REPEATED"),
        (
            {
                "holidays": (date(2020, 1, 4),),
                "working_dates": (WorkingDate(on=date(2020, 1, 4), hours=DAY),),
            },
            "DATE_REPEATED",
        ),
    ],
)
def test_a_calendar_that_no_clock_could_count_by_is_refused(wrong: dict[str, Any], code: str) -> None:
    given_calendar().when(define(**wrong)).then_refused(code)
