"""Promises: when they fall due, when they warn, and what a pause may do to them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.ledger.decider import Refusal
from libs.rules.due import Limit, Unit, due, warning
from libs.rules.working_time import Calendar
from libs.testkit.clocks import moment
from services.cases.domain.clocks import (
    Clock,
    ClockKind,
    Commitment,
    Deadline,
    promise,
    resumed,
)
from services.cases.tests.domain.history import (
    ALWAYS,
    COMMITMENT,
    MONDAY,
    OFFICE,
    TERMS,
    deadlines,
    resolution_deadline,
)

limits = st.builds(Limit, amount=st.integers(1, 60), unit=st.sampled_from(Unit))
starts = st.integers(0, 60 * 24 * 400).map(lambda minutes: MONDAY + timedelta(minutes=minutes))
spells = st.integers(0, 60 * 24 * 20).map(lambda minutes: timedelta(minutes=minutes))


def test_both_clocks_run_from_the_opening() -> None:
    first_response, resolution = deadlines()

    assert first_response.due_at == moment("2022-01-03 11:00")
    assert resolution.due_at == moment("2022-01-06 09:00")


def test_the_warning_comes_when_three_quarters_of_the_working_time_are_used_up() -> None:
    first_response, resolution = deadlines()

    assert first_response.warn_at == moment("2022-01-03 10:30")
    assert resolution.warn_at == moment("2022-01-05 11:00")


def test_a_calendar_limit_runs_through_nights_and_weekends() -> None:
    saturday = moment("2022-01-08 20:00")
    limit = Limit(amount=2, unit=Unit.CALENDAR_DAYS)

    assert due(saturday, limit, OFFICE) == moment("2022-01-10 20:00")
    assert due(saturday, Limit(amount=4, unit=Unit.CALENDAR_HOURS), OFFICE) == moment("2022-01-09 00:00")
    assert warning(saturday, moment("2022-01-10 20:00"), limit, OFFICE) == moment("2022-01-10 08:00")


def test_a_limit_that_never_falls_due_is_refused() -> None:
    a_minute_a_week = Calendar(zone="UTC", week=(((0, 1),), (), (), (), (), (), ()))
    decades = replace(
        COMMITMENT, terms=replace(TERMS, resolution=Limit(amount=10_000, unit=Unit.WORKING_HOURS))
    )

    with pytest.raises(Refusal) as refused:
        promise(decades, a_minute_a_week, MONDAY)

    assert refused.value.code == "LIMIT_OUT_OF_REACH"


def test_without_a_commitment_nothing_is_promised() -> None:
    assert promise(None, OFFICE, MONDAY) == ()


def test_a_commitment_may_promise_one_thing_only() -> None:
    only_resolution = Commitment(
        commitment_id="lamps",
        version=1,
        terms=replace(TERMS, first_response=None),
        calendar_id="office",
    )

    assert [deadline.clock for deadline in promise(only_resolution, OFFICE, MONDAY)] == [ClockKind.RESOLUTION]


def test_a_clock_that_is_met_or_paused_has_no_moments() -> None:
    met = Clock(deadline=resolution_deadline(), met_at=MONDAY)
    paused = Clock(deadline=resolution_deadline(), paused_at=MONDAY)

    assert met.next_moment() is paused.next_moment() is None


def test_the_next_moment_is_the_warning_then_the_breach_then_none() -> None:
    deadline = resolution_deadline()

    assert Clock(deadline=deadline).next_moment() == deadline.warn_at
    assert Clock(deadline=deadline, warned_at=MONDAY).next_moment() == deadline.due_at
    assert Clock(deadline=deadline, breached_at=MONDAY).next_moment() is None


def test_a_pause_over_night_moves_nothing_and_one_of_a_working_day_moves_a_day() -> None:
    deadline = resolution_deadline()

    over_night = resumed(deadline, moment("2022-01-03 17:00"), moment("2022-01-04 09:00"), OFFICE)
    of_a_day = resumed(deadline, moment("2022-01-03 12:00"), moment("2022-01-04 12:00"), OFFICE)

    assert over_night == deadline
    assert of_a_day.due_at == moment("2022-01-06 17:00")  # the last moment of the working day that is left


def test_no_pause_undoes_what_has_passed() -> None:
    deadline = resolution_deadline()

    later = resumed(
        deadline, deadline.due_at + timedelta(days=1), deadline.due_at + timedelta(days=9), OFFICE
    )

    assert later == deadline


@given(limits, starts)
def test_a_warning_lies_between_the_opening_and_the_due_moment(limit: Limit, start: datetime) -> None:
    end = due(start, limit, OFFICE)

    assert start < warning(start, end, limit, OFFICE) <= end


@given(limits.filter(lambda limit: limit.unit.counts_work), starts)
def test_a_warning_leaves_a_quarter_of_the_work(limit: Limit, start: datetime) -> None:
    end = due(start, limit, OFFICE)

    left = OFFICE.between(warning(start, end, limit, OFFICE), end)
    assert abs(left * 4 - OFFICE.between(start, end)) < timedelta(milliseconds=1)


@given(limits, starts, spells, spells)
def test_a_pause_leaves_what_was_left(
    limit: Limit, start: datetime, until_pause: timedelta, pause: timedelta
) -> None:
    deadline = _deadline(limit, start)
    paused_at, resumed_at = start + until_pause, start + until_pause + pause

    later = resumed(deadline, paused_at, resumed_at, OFFICE)

    calendar = OFFICE if limit.unit.counts_work else ALWAYS
    assert later.due_at >= deadline.due_at
    assert calendar.between(resumed_at, later.due_at) == calendar.between(paused_at, deadline.due_at) or (
        deadline.due_at <= paused_at
    )


@given(limits, starts, starts)
def test_who_comes_later_is_not_promised_an_earlier_moment(
    limit: Limit, one: datetime, two: datetime
) -> None:
    early, late = sorted((one, two))

    assert due(early, limit, OFFICE) <= due(late, limit, OFFICE)


def _deadline(limit: Limit, start: datetime) -> Deadline:
    end = due(start, limit, OFFICE)
    return Deadline(
        clock=ClockKind.RESOLUTION,
        limit=limit,
        warn_at=warning(start, end, limit, OFFICE),
        due_at=end,
        commitment_id="potholes",
        commitment_version=1,
        calendar_id="office",
    )
