"""Pauses, and what a body would like to hide in them."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given as for_any

from libs.ledger.decider import Refusal
from libs.rules.due import Limit, Unit
from libs.rules.terms import OUTCOMES
from libs.testkit.clocks import moment
from libs.testkit.deciders import deciding
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import PassMoments, ResumeCase
from services.cases.domain.case.events import (
    CasePaused,
    CaseReassigned,
    CaseResumed,
    DeadlineBreached,
    DeadlineWarned,
    PauseLapsed,
    PauseWarned,
    WorkStarted,
)
from services.cases.domain.case.situations import NotOpened, Opened, Routed, Waiting
from services.cases.domain.case.terms import CaseTerms
from services.cases.domain.clocks import promise, resumed
from services.cases.tests.domain.acting import acts, play
from services.cases.tests.domain.history import (
    COMMITMENT,
    ELEVEN,
    MONDAY,
    OFFICE,
    PARKS,
    ROADS,
    TERMS,
    after,
    opened,
    pause,
    reassign,
    resolution_deadline,
    routed,
)

given = deciding(CASE)

AT_WORK = (opened(), routed(), WorkStarted(body_id=ROADS, at=after(hours=1)))
WEDNESDAY, TUESDAY_AT_THREE = moment("2022-01-05 11:00"), moment("2022-01-04 15:00")


def resume(at_hours: float) -> ResumeCase:
    return ResumeCase(calendars={"office": OFFICE}, at=after(hours=at_hours))


def test_a_pause_has_a_reason_of_the_list_and_an_end() -> None:
    later = resumed(resolution_deadline(), ELEVEN, WEDNESDAY, OFFICE)

    given(*AT_WORK).when(pause(ELEVEN)).then(
        CasePaused(
            body_id=ROADS,
            reason_code="weather",
            warn_at=TUESDAY_AT_THREE,
            until=WEDNESDAY,
            resolution=later,
            at=ELEVEN,
        )
    )


@pytest.mark.parametrize("reason", ["", "holiday", "Weather"])
def test_work_does_not_wait_for_a_reason_that_is_not_listed(reason: str) -> None:
    refusal = given(*AT_WORK).when(pause(ELEVEN, reason)).then_refused("PAUSE_REASON_NOT_LISTED")

    assert refusal.facts["known"] == "reporter,third-party,access,weather"
    assert "name one of reporter, third-party, access, weather" in refusal.message


def test_a_case_that_is_paused_for_a_year_is_warned_of_and_breached() -> None:
    outcome = given(*AT_WORK).when(pause(ELEVEN)).when(PassMoments(at=after(days=365)))

    assert [type(event) for event in outcome.events[1:]] == [
        PauseWarned,
        PauseLapsed,
        DeadlineWarned,
        DeadlineBreached,
    ]
    assert [event.at for event in outcome.events[1:3]] == [TUESDAY_AT_THREE, WEDNESDAY]
    assert outcome.events[4].at == moment("2022-01-07 17:00")  # Thursday at nine, and two working days
    outcome.then_state(lambda state: isinstance(state, Waiting) and state.lapsed)


def test_work_that_goes_on_after_its_pause_has_lapsed_is_given_no_more_time() -> None:
    outcome = given(*AT_WORK).when(pause(ELEVEN)).when(resume(24 * 60))

    assert outcome.events[-1] == CaseResumed(body_id=ROADS, resolution=None, at=after(days=60))
    assert isinstance(outcome.state, Opened)
    assert outcome.state.file.clocks[1].deadline.due_at == moment("2022-01-07 17:00")


def test_pauses_in_a_row_are_used_up_by_their_sum() -> None:
    twice = given(*AT_WORK).when(pause(ELEVEN)).when(resume(50)).when(pause(after(hours=50)))

    assert isinstance(twice.state, Waiting)
    assert twice.state.until == moment("2022-01-06 11:00")  # one working day is left of three
    third = twice.when(resume(24 * 30)).when(pause(after(days=30)))
    third.then_refused("PAUSE_LIMIT_USED")


def test_pauses_over_night_use_up_their_sum_where_the_limit_runs_day_and_night() -> None:
    """Counted by office hours they would take nothing, and five days would become three weeks."""
    terms = replace(TERMS, resolution=Limit(amount=5, unit=Unit.CALENDAR_DAYS))
    promised = promise(replace(COMMITMENT, terms=terms), OFFICE, MONDAY)
    due_at = promised[-1].due_at
    outcome = given(
        replace(opened(), deadlines=promised, terms=CaseTerms.of(terms, OUTCOMES)),
        routed(),
        WorkStarted(body_id=ROADS, at=MONDAY),
    ).when(PassMoments(at=MONDAY))

    for day in range(30):
        for command in (pause(after(days=day, hours=8)), resume(24 * (day + 1))):
            with suppress(Refusal):
                state = CASE.fold((*outcome.given.history, *outcome.events))
                outcome = replace(outcome, events=(*outcome.events, *CASE.decide(command, state)))

    assert isinstance(outcome.state, Opened)
    later = outcome.state.file.clocks[-1].deadline.due_at - due_at
    assert later <= timedelta(days=3)  # the sum of all pauses


def test_a_pause_that_nothing_counts_is_refused() -> None:
    uncounted = replace(pause(ELEVEN), calendars={})

    given(*AT_WORK).when(uncounted).then_refused("CALENDAR_UNKNOWN", calendar_id="office")


def test_a_short_pause_leaves_the_rest() -> None:
    again = given(*AT_WORK).when(pause(ELEVEN)).when(resume(3)).when(pause(after(hours=4)))

    assert isinstance(again.state, Waiting)
    assert again.state.until == moment("2022-01-05 13:00")
    assert again.state.file.pauses == ((ELEVEN, after(hours=3)),)


def test_a_case_that_waits_can_be_given_to_another_body() -> None:
    later = resumed(resolution_deadline(), ELEVEN, after(hours=3), OFFICE)

    outcome = given(*AT_WORK).when(pause(ELEVEN)).when(reassign(PARKS, hours=3))

    assert outcome.events[1:] == (
        CaseResumed(body_id=ROADS, resolution=later, at=after(hours=3)),
        CaseReassigned(from_body_id=ROADS, body_id=PARKS, legal_basis="Decree 7", at=after(hours=3)),
    )
    outcome.then_state(lambda state: isinstance(state, Routed) and state.body_id == PARKS)


@for_any(acts)
def test_whatever_people_do_no_pauses_move_the_deadline_by_more_than_their_sum(
    acts: list[tuple[str, int]],
) -> None:
    end = ("pass", 60 * 24 * 40)
    state, _ = play([("start", 0), *(act for act in acts if act[0] != "let wait"), end])

    assert not isinstance(state, NotOpened)
    due_at = state.file.clocks[1].deadline.due_at
    assert OFFICE.between(resolution_deadline().due_at, due_at) <= OFFICE.between(
        after(), resolution_deadline().due_at
    )
