"""Commitments: complete, and versioned."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from libs.rules.due import Limit, Unit
from libs.testkit.deciders import deciding
from services.catalog.domain.commitment import COMMITMENT
from services.catalog.domain.working_time import Hours, WeekdayHours
from services.catalog.tests.domain.stories import MEALS, NOW, STREET, office_hours, promise

given = deciding(COMMITMENT)


@pytest.mark.capability("002.3")
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
    later = promise(valid_from=None, at=NOW + timedelta(days=1))

    assert len(given().when(promise()).when(promise()).when(later).events) == 1


@pytest.mark.parametrize("moment", [NOW - timedelta(days=1), NOW + timedelta(days=1)])
def test_the_same_promise_from_another_moment_does_not_pass_for_a_success(moment: datetime) -> None:
    given().when(promise()).when(promise(valid_from=moment)).then_refused("VERSION_UNCHANGED")


@pytest.mark.capability("002.3")
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
