"""Calendars: complete, in one order, versioned."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from libs.ledger.text import Text
from libs.rules.due import Limit, Unit
from libs.testkit.deciders import deciding
from services.catalog.domain.calendar import CALENDAR, CalendarDefined, DefineCalendar
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingDate
from services.catalog.tests.domain.stories import NOW, office_hours

given_calendar = deciding(CALENDAR)
OFFICE = Text(en="Office")
DAY = (Hours(start=540, until=1020),)
MINUTES = (Hours(start=9, until=17),)


def define(**others: Any) -> DefineCalendar:
    return DefineCalendar(calendar_id="office", name=OFFICE, working_time=office_hours(**others), at=NOW)


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
