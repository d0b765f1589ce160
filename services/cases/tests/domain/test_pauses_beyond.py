"""Pauses beyond their limit: the next area up approves them, once each, and no approval undoes a breach."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from libs.rules.areas import AreaPath
from libs.testkit.clocks import moment
from libs.testkit.deciders import Outcome, deciding
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    ApprovePause,
    CaseCommand,
    PassMoments,
    RefusePause,
    ResumeCase,
    StartWork,
    WithdrawCase,
)
from services.cases.domain.case.events import (
    CasePaused,
    CaseResumed,
    DeadlineBreached,
    PauseApproved,
    PauseLapsed,
    PauseRefused,
    PauseRequested,
    PauseRequestLapsed,
    PauseWarned,
    WorkStarted,
)
from services.cases.domain.case.situations import InProgress, Opened, Waiting
from services.cases.domain.clocks import Clock, ClockKind, resumed
from services.cases.domain.values import PauseDecision
from services.cases.tests.domain.history import (
    ELEVEN,
    IN_THREE_WEEKS,
    OFFICE,
    OFFICER,
    PARKS,
    ROADS,
    after,
    approve_pause,
    opened,
    pause,
    reassign,
    refuse_pause,
    request_pause,
    resolution_deadline,
    resolve,
    routed,
)

given = deciding(CASE)

AT_WORK = (opened(), routed(), WorkStarted(body_id=ROADS, at=after(hours=1)))
DECIDED_BY = moment("2022-01-05 11:00")
"""The commitment gives two working days to adjudicate."""


Decision = Callable[..., ApprovePause | RefusePause]


def resume(at: datetime) -> ResumeCase:
    return ResumeCase(calendars={"office": OFFICE}, at=at)


def resolution_of(outcome: Outcome[Any, Any, Any]) -> Clock:
    assert isinstance(outcome.state, Opened)
    return next(each for each in outcome.state.file.clocks if each.deadline.clock is ClockKind.RESOLUTION)


def played(*commands: CaseCommand) -> Outcome[Any, Any, Any]:
    outcome = given(*AT_WORK).when(commands[0])
    for command in commands[1:]:
        outcome = outcome.when(command)
    return outcome


def test_a_body_asks_the_next_area_up_and_the_clocks_go_on() -> None:
    outcome = given(*AT_WORK).when(request_pause())

    outcome.then(
        PauseRequested(
            pause_id="pause-1",
            body_id=ROADS,
            reason_code="weather",
            until=IN_THREE_WEEKS,
            area_path=AreaPath("city/harbour"),
            decide_by=DECIDED_BY,
            requested_by=OFFICER,
            at=ELEVEN,
        )
    )
    outcome.then_state(lambda state: isinstance(state, InProgress))
    assert resolution_of(outcome).deadline == resolution_deadline()


def test_an_approved_pause_stops_the_clock_until_its_end_and_no_longer() -> None:
    noon = after(hours=3)
    later = resumed(resolution_deadline(), noon, IN_THREE_WEEKS, OFFICE)

    approved = played(request_pause(), approve_pause(noon))

    assert [type(event) for event in approved.events[1:]] == [PauseApproved, CasePaused]
    assert isinstance(approved.events[2], CasePaused)
    assert (approved.events[2].pause_id, approved.events[2].until) == ("pause-1", IN_THREE_WEEKS)
    ended = approved.when(PassMoments(at=after(days=90)))
    assert [type(event) for event in ended.events[3:5]] == [PauseWarned, PauseLapsed]
    assert resolution_of(ended).deadline == later
    assert any(isinstance(event, DeadlineBreached) for event in ended.events)


def test_nobody_approves_what_nobody_requested() -> None:
    given(*AT_WORK).when(approve_pause(ELEVEN)).then_refused("PAUSE_NOT_REQUESTED")


@pytest.mark.parametrize("decide", [approve_pause, refuse_pause])
def test_the_person_who_requested_it_does_not_decide(decide: Decision) -> None:
    requested = given(*AT_WORK).when(request_pause())

    requested.when(decide(after(hours=3), by=OFFICER)).then_refused("PAUSE_DECIDED_BY_REQUESTER")


def test_an_approval_is_for_the_request_that_was_read() -> None:
    again = played(request_pause(), refuse_pause(after(hours=3)), request_pause(after(hours=4)))

    again.when(approve_pause(after(hours=5), "pause-1")).then_refused("PAUSE_NOT_REQUESTED")
    assert again.when(approve_pause(after(hours=5), "pause-2")).refusal is None


@pytest.mark.parametrize("late", [approve_pause, refuse_pause])
def test_the_second_who_decides_is_told_that_it_is_decided(late: Decision) -> None:
    decided = played(request_pause(), approve_pause(after(hours=3)))

    decided.when(late(after(hours=3), by="another")).then_refused("PAUSE_NOT_REQUESTED")


def test_a_refused_request_moves_nothing() -> None:
    outcome = played(request_pause(), refuse_pause(after(hours=3)))

    assert isinstance(outcome.events[-1], PauseRefused)
    assert resolution_of(outcome).deadline == resolution_deadline()
    assert resolution_of(outcome).paused_at is None


def test_a_request_that_nobody_decides_lapses_and_the_clock_just_went_on() -> None:
    outcome = played(request_pause(), PassMoments(at=after(days=4)))

    assert [event.at for event in outcome.events if isinstance(event, PauseRequestLapsed)] == [DECIDED_BY]
    assert resolution_of(outcome).breached
    outcome.when(approve_pause(after(days=4))).then_refused("PAUSE_NOT_REQUESTED")


def test_an_approval_after_the_limit_undoes_no_breach() -> None:
    requested_late = played(
        request_pause(moment("2022-01-06 08:00")), approve_pause(moment("2022-01-06 09:30"))
    )

    ended = requested_late.when(PassMoments(at=after(days=90)))

    assert [event.at for event in requested_late.events if isinstance(event, DeadlineBreached)] == [
        resolution_deadline().due_at
    ]
    assert resolution_of(ended).deadline.due_at == resolution_deadline().due_at
    assert sum(isinstance(event, DeadlineBreached) for event in ended.events) == 1


def test_asking_again_while_a_request_waits_is_refused() -> None:
    given(*AT_WORK).when(request_pause()).when(request_pause(after(hours=3))).then_refused(
        "PAUSE_REQUEST_PENDING"
    )


def test_a_body_asks_three_times_and_no_more() -> None:
    requested: Any = given(*AT_WORK)
    for hour, pause_id in ((3, "pause-1"), (5, "pause-2"), (7, "pause-3")):
        requested = requested.when(request_pause(after(hours=hour))).when(
            refuse_pause(after(hours=hour + 1), pause_id)
        )

    requested.when(request_pause(after(days=1))).then_refused("PAUSE_REQUESTS_USED")
    another = requested.when(reassign(PARKS, days=1)).when(StartWork(at=after(days=1, hours=1)))
    assert another.when(request_pause(after(days=1, hours=2))).refusal is None


def test_an_approval_is_used_up_when_work_is_resumed() -> None:
    approved = played(request_pause(), approve_pause(after(hours=3)), resume(after(hours=5)))
    again = approved.when(pause(after(hours=6)))

    assert isinstance(again.state, Waiting)
    assert not again.state.approved
    assert again.state.until == moment("2022-01-05 15:00")  # by the list again: two working days
    assert again.state.file.approved_pauses == ((after(hours=3), after(hours=5)),)
    again.when(approve_pause(after(hours=6))).then_refused("PAUSE_NOT_REQUESTED")


def test_what_the_commitment_allows_needs_no_approval() -> None:
    within = request_pause(until=moment("2022-01-05 11:00"))

    assert "use PauseCase" in given(*AT_WORK).when(within).then_refused("PAUSE_WITHIN_LIMIT").message


def test_a_case_that_waits_is_not_told_to_pause_once_more() -> None:
    waiting = played(pause(ELEVEN), request_pause(after(hours=3), DECIDED_BY))

    assert "PauseCase" not in waiting.then_refused("PAUSE_WITHIN_LIMIT").message


def test_a_case_whose_pause_has_lapsed_is_resumed_before_it_is_paused_again() -> None:
    soon = request_pause(after(days=3), moment("2022-01-06 10:00"))
    lapsed = played(pause(ELEVEN), PassMoments(at=after(days=3)), soon)

    assert "use ResumeCase, then PauseCase" in lapsed.then_refused("PAUSE_WITHIN_LIMIT").message


@pytest.mark.parametrize("until", [ELEVEN, after(hours=1), moment("2032-01-03 11:00")])
def test_a_pause_ends_after_now_and_in_a_year_at_most(until: datetime) -> None:
    given(*AT_WORK).when(request_pause(until=until)).then_refused("PAUSE_END_OUT_OF_RANGE")


def test_a_pause_needs_a_reason_of_the_list_with_approval_too() -> None:
    given(*AT_WORK).when(request_pause(reason_code="holiday")).then_refused("PAUSE_REASON_NOT_LISTED")


def test_a_case_that_waits_already_waits_longer_by_an_approval() -> None:
    waiting = played(pause(ELEVEN), request_pause(after(hours=3)), approve_pause(after(hours=4)))

    assert [type(event) for event in waiting.events[2:]] == [CaseResumed, PauseApproved, CasePaused]
    ended = waiting.when(PassMoments(at=after(days=90)))
    assert resolution_of(ended).deadline.due_at == (
        resumed(resolution_deadline(), ELEVEN, IN_THREE_WEEKS, OFFICE).due_at
    )


def test_pauses_that_are_used_up_go_on_by_an_approval_only() -> None:
    used = played(pause(ELEVEN), PassMoments(at=after(days=3)), request_pause(after(days=3)))

    approved = used.when(approve_pause(after(days=3, hours=1)))

    assert isinstance(approved.state, Waiting)
    assert approved.state.approved


@pytest.mark.parametrize(
    "command",
    [resolve(after(hours=3)), reassign(PARKS, hours=3), WithdrawCase(at=after(hours=3))],
    ids=lambda command: type(command).__name__,
)
def test_a_request_is_void_once_the_body_needs_it_no_more(command: CaseCommand) -> None:
    outcome = given(*AT_WORK).when(request_pause()).when(command)

    assert isinstance(outcome.state, Opened)
    assert outcome.state.file.pause_request is None
    assert [each.decision for each in outcome.state.file.pause_requests] == [PauseDecision.VOID]
    assert not any(
        isinstance(event, PauseRequestLapsed) for event in outcome.when(PassMoments(at=after(days=9))).events
    )


@pytest.mark.parametrize(
    ("history", "decision"),
    [
        ([], PauseDecision.PENDING),
        ([approve_pause(after(hours=4))], PauseDecision.APPROVED),
        ([approve_pause(after(hours=4)), resume(after(hours=5))], PauseDecision.APPROVED),
        ([refuse_pause(after(hours=4)), resume(after(hours=5))], PauseDecision.REFUSED),
        ([resume(after(hours=4))], PauseDecision.VOID),
        ([PassMoments(at=after(days=9)), resume(after(days=9))], PauseDecision.LAPSED),
    ],
    ids=["nobody decided", "approved", "approved and over", "refused", "work is resumed", "lapsed"],
)
def test_the_case_says_what_became_of_a_request_made_while_work_waited(
    history: list[CaseCommand], decision: PauseDecision
) -> None:
    outcome = played(pause(ELEVEN), request_pause(after(hours=3)), *history)

    assert isinstance(outcome.state, Opened)
    [request] = outcome.state.file.pause_requests
    assert (request.decision, request.body_id) == (decision, ROADS)
    assert (request.decided_at is None) == (decision is PauseDecision.PENDING)


def test_a_case_that_waits_by_approval_can_be_given_to_another_body() -> None:
    outcome = played(request_pause(), approve_pause(after(hours=3)), reassign(PARKS, hours=5))

    later = resumed(resolution_deadline(), after(hours=3), after(hours=5), OFFICE)
    assert resolution_of(outcome).deadline == later
    assert resolution_of(outcome).running
