"""Commitments: complete, and versioned."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from libs.rules.due import Limit, Unit
from libs.rules.terms import (
    MESSAGE_LIMITS,
    Choice,
    Escalation,
    EscalationLevel,
    Evidence,
    Level,
    PauseReason,
    Pauses,
    Recipient,
)
from libs.testkit.deciders import deciding
from services.catalog.domain.commitment import COMMITMENT
from services.catalog.domain.working_time import Hours, WeekdayHours
from services.catalog.tests.domain.stories import MEALS, NOW, STREET, office_hours, promise, terms

given = deciding(COMMITMENT)


@pytest.mark.capability("002.3")
def test_a_promise_says_all_that_a_clock_needs() -> None:
    made = given().when(promise(area=STREET)).events[0]

    assert (made.commitment_id, made.version) == ("meals:elm-street", 1)
    assert (made.affair_path, made.area_path) == ("assistance/meals", "qingyuan/elm-street")
    assert (made.terms.first_response, made.terms.resolution) == (
        Limit(amount=4, unit=Unit.WORKING_HOURS),
        Limit(amount=1, unit=Unit.WORKING_DAYS),
    )
    assert (made.calendar_id, made.terms.evidence) == ("office", (Evidence.SIGNATURE,))


def test_the_same_promise_again_is_no_new_version() -> None:
    later = promise(valid_from=None, at=NOW + timedelta(days=1))

    assert len(given().when(promise()).when(promise()).when(later).events) == 1


@pytest.mark.parametrize("moment", [NOW - timedelta(days=1), NOW + timedelta(days=1)])
def test_the_same_promise_from_another_moment_does_not_pass_for_a_success(moment: datetime) -> None:
    given().when(promise()).when(promise(valid_from=moment)).then_refused("VERSION_UNCHANGED")


@pytest.mark.capability("002.3")
def test_another_promise_is_the_next_version_from_its_moment_on() -> None:
    other = promise(terms=terms(resolution=None), valid_from=NOW + timedelta(days=1))

    versions = [(made.version, made.valid_from) for made in given().when(promise()).when(other).events]

    assert versions == [(1, NOW), (2, NOW + timedelta(days=1))]


def test_a_promise_is_not_changed_for_the_time_before_it() -> None:
    earlier = promise(terms=terms(resolution=None), valid_from=NOW - timedelta(days=1))

    given().when(promise()).when(earlier).then_refused("VERSION_TOO_EARLY")


def test_an_empty_promise_is_refused() -> None:
    given().when(promise(terms=terms(first_response=None, resolution=None))).then_refused("COMMITMENT_EMPTY")


def test_nobody_promises_to_answer_after_the_end() -> None:
    late = promise(terms=terms(first_response=Limit(amount=2, unit=Unit.WORKING_DAYS)))

    given().when(late).then_refused("LIMITS_CONTRADICT")


def test_what_takes_decades_by_the_calendar_is_not_promised() -> None:
    a_minute = office_hours(week=(WeekdayHours(weekday=1, hours=(Hours(start=0, until=1),)),))
    hours = Limit(amount=10_000, unit=Unit.WORKING_HOURS)

    for far in (terms(resolution=hours), terms(first_response=hours)):
        given().when(promise(working_time=a_minute, terms=far)).then_refused("LIMIT_OUT_OF_REACH")


def test_nothing_is_promised_for_a_retired_affair() -> None:
    given().when(promise(affair=replace(MEALS, retired=True))).then_refused("AFFAIR_RETIRED")


A_DAY = Limit(amount=1, unit=Unit.WORKING_DAYS)
TWO_DAYS = Limit(amount=2, unit=Unit.WORKING_DAYS)
RAIN = Choice(code="rain", zh="下雨", en="Rain")


def pauses(*reasons: Choice, each: Limit = A_DAY, together: Limit = A_DAY) -> Pauses:
    return Pauses(reasons=tuple(PauseReason(reason=reason, limit=each) for reason in reasons), limit=together)


def level(percent: int = 0, area: Level = Level.STREET, after: Limit | None = None) -> EscalationLevel:
    return EscalationLevel(percent=percent, after=after, recipient=Recipient.DISPATCHER, level=area)


def levels(*each: EscalationLevel, acknowledgement: Limit = A_DAY) -> Escalation:
    return Escalation(levels=each, acknowledgement=acknowledgement)


@pytest.mark.capability("002.3")
@pytest.mark.parametrize(
    ("clumsy", "code"),
    [
        ({"answer": TWO_DAYS, "first_response": A_DAY}, "LIMITS_CONTRADICT"),
        ({"dispatch": TWO_DAYS, "first_response": None}, "LIMITS_CONTRADICT"),
        ({"pauses": pauses(RAIN, together=TWO_DAYS)}, "LIMITS_CONTRADICT"),
        ({"pauses": pauses(RAIN, each=TWO_DAYS)}, "LIMITS_CONTRADICT"),
        ({"pauses": pauses(RAIN, RAIN)}, "CODE_REPEATED"),
        ({"pauses": pauses(Choice(code="rain"))}, "NAME_MISSING"),
        ({"reject_reasons": (RAIN, replace(RAIN, en="More rain"))}, "CODE_REPEATED"),
        ({"reject_reasons": (Choice(code="rain"),)}, "NAME_MISSING"),
        ({"adjudication": Limit(amount=32, unit=Unit.CALENDAR_DAYS)}, "LIMIT_TOO_LONG"),
        (
            {"escalation": levels(acknowledgement=Limit(amount=800, unit=Unit.WORKING_HOURS))},
            "LIMIT_TOO_LONG",
        ),
        (
            {"messages": replace(MESSAGE_LIMITS, resident=Limit(amount=32, unit=Unit.CALENDAR_DAYS))},
            "LIMIT_TOO_LONG",
        ),
        ({"escalation": levels(level(99))}, "ESCALATION_MOMENT_INVALID"),
        ({"escalation": levels(level())}, "ESCALATION_MOMENT_INVALID"),
        ({"escalation": levels(level(100, after=A_DAY))}, "ESCALATION_MOMENT_INVALID"),
        ({"escalation": levels(level(after=Limit(amount=400, unit=Unit.CALENDAR_DAYS)))}, "LIMIT_TOO_LONG"),
        ({"escalation": levels(level(150), level(150))}, "ESCALATION_OUT_OF_ORDER"),
        ({"escalation": levels(level(200), level(100))}, "ESCALATION_OUT_OF_ORDER"),
        ({"escalation": levels(level(150), level(after=A_DAY))}, "ESCALATION_OUT_OF_ORDER"),
        ({"escalation": levels(level(after=A_DAY), level(200))}, "ESCALATION_OUT_OF_ORDER"),
        ({"escalation": levels(level(after=TWO_DAYS), level(after=A_DAY))}, "ESCALATION_OUT_OF_ORDER"),
        (
            {"escalation": levels(level(100, Level.CITY), level(150, Level.DISTRICT))},
            "ESCALATION_OUT_OF_ORDER",
        ),
    ],
)
def test_what_a_clumsy_clerk_writes_is_refused(clumsy: dict[str, Any], code: str) -> None:
    given().when(promise(terms=terms(**clumsy))).then_refused(code)


@pytest.mark.parametrize(
    "sensible",
    [
        {"escalation": levels()},
        {"escalation": levels(level(100), level(after=A_DAY), level(after=TWO_DAYS, area=Level.CITY))},
        {"pauses": pauses()},
        {"evidence": (Evidence.PHOTO, Evidence.READING)},
        {"answer": Limit(amount=30, unit=Unit.CALENDAR_HOURS), "first_response": A_DAY},  # who can tell?
    ],
)
def test_what_makes_sense_is_promised(sensible: dict[str, Any]) -> None:
    made = given().when(promise(terms=terms(**sensible))).events[0]

    assert made.terms == terms(**sensible)


def test_hours_and_days_of_the_calendar_are_compared() -> None:
    day, hours = Limit(amount=1, unit=Unit.CALENDAR_DAYS), Limit(amount=25, unit=Unit.CALENDAR_HOURS)

    late = promise(terms=terms(first_response=hours, resolution=day))

    given().when(late).then_refused("LIMITS_CONTRADICT")
