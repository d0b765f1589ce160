"""Calendars and commitments: complete, in one order, versioned; and the standard ones are sound."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from libs.ledger.text import Text
from libs.rules.due import Limit, Unit
from libs.testkit.deciders import deciding
from services.catalog.domain import calendar, commitment
from services.catalog.domain.affair import AFFAIR as AFFAIR
from services.catalog.domain.commands import DefineAffair, DefineCalendar, PublishCommitment
from services.catalog.domain.events import CalendarDefined
from services.catalog.domain.standard import CALENDAR_ID, STANDARD_AFFAIRS, ZONE, working_time
from services.catalog.domain.values import AffairRef
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingDate
from services.catalog.tests.domain.stories import MEALS, NOW, STREET, office_hours, promise

given_calendar = deciding(calendar.CALENDAR)
given = deciding(commitment.COMMITMENT)
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


def test_a_promise_says_all_that_a_clock_needs() -> None:
    made = given().when(promise(area=STREET, evidence_kinds=("photo", "photo"))).events[0]

    assert (made.commitment_id, made.version) == ("meals:elm-street", 1)
    assert (made.affair_path, made.area_path) == ("assistance/meals", "qingyuan/elm-street")
    assert (made.first_response, made.resolution) == (
        Limit(amount=4, unit=Unit.WORKING_HOURS),
        Limit(amount=1, unit=Unit.WORKING_DAYS),
    )
    assert (made.calendar_id, made.evidence_kinds) == ("office", ("photo",))


def test_the_same_promise_again_is_no_new_version() -> None:
    later = promise(valid_from=NOW + timedelta(days=1))

    assert len(given().when(promise()).when(later).events) == 1


def test_another_promise_is_the_next_version_from_its_moment_on() -> None:
    other = promise(resolution=None, valid_from=NOW + timedelta(days=1))

    versions = [(made.version, made.valid_from) for made in given().when(promise()).when(other).events]

    assert versions == [(1, NOW), (2, NOW + timedelta(days=1))]


def test_a_promise_is_not_changed_for_the_time_before_it() -> None:
    earlier = promise(resolution=None, valid_from=NOW - timedelta(days=1))

    given().when(promise()).when(earlier).then_refused("VERSION_TOO_EARLY")


def test_an_empty_promise_is_refused() -> None:
    given().when(promise(first_response=None, resolution=None)).then_refused("COMMITMENT_EMPTY")


def test_nobody_promises_to_answer_after_the_end() -> None:
    late = promise(first_response=Limit(amount=2, unit=Unit.WORKING_DAYS))

    given().when(late).then_refused("LIMITS_CONTRADICT")


def test_what_takes_decades_by_the_calendar_is_not_promised() -> None:
    a_minute = office_hours(week=(WeekdayHours(weekday=1, hours=(Hours(start=0, until=1),)),))
    hours = Limit(amount=10_000, unit=Unit.WORKING_HOURS)

    given().when(promise(working_time=a_minute, resolution=hours)).then_refused("LIMIT_OUT_OF_REACH")
    given().when(promise(working_time=a_minute, first_response=hours)).then_refused("LIMIT_OUT_OF_REACH")


def test_nothing_is_promised_for_a_retired_affair() -> None:
    given().when(promise(affair=replace(MEALS, retired=True))).then_refused("AFFAIR_RETIRED")


def test_the_nine_standard_affairs_pass_all_checks() -> None:
    assert len({standard.affair_id for standard in STANDARD_AFFAIRS}) == 9
    given_calendar().when(
        DefineCalendar(calendar_id=CALENDAR_ID, name=OFFICE, working_time=working_time(ZONE), at=NOW)
    ).then_state(lambda state: isinstance(state, calendar.Defined))
    for standard in STANDARD_AFFAIRS:
        assert standard.name.zh
        assert standard.name.en
        ref = AffairRef(affair_id=standard.affair_id, path=standard.affair_id)
        define_it = DefineAffair(
            affair_id=standard.affair_id, name=standard.name, keywords=standard.keywords, at=NOW
        )
        promise_it = PublishCommitment(
            affair=ref,
            area=None,
            first_response=standard.first_response,
            resolution=standard.resolution,
            calendar_id=CALENDAR_ID,
            working_time=working_time(ZONE),
            evidence_kinds=standard.evidence_kinds,
            valid_from=NOW,
            at=NOW,
        )
        assert len(AFFAIR.decide(define_it, AFFAIR.initial)) == 1
        assert len(commitment.COMMITMENT.decide(promise_it, commitment.COMMITMENT.initial)) == 1
