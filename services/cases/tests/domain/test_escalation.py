"""A limit that is not kept is told up the area tree: each level once, in order, sooner if one is silent."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from libs.rules.areas import AreaPath
from libs.rules.due import Limit, Unit
from libs.rules.terms import Escalation, EscalationLevel, Level, Recipient
from libs.testkit.clocks import moment
from libs.testkit.deciders import Outcome, deciding
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    AcceptCase,
    AcknowledgeEscalation,
    AddNote,
    AnnulMoment,
    ContestRejection,
    PassMoments,
    ResumeCase,
    ReturnCase,
    StartWork,
)
from services.cases.domain.case.events import (
    CaseEscalated,
    CaseEvent,
    CaseOpened,
    CasePaused,
    CaseRejected,
    CaseUnowned,
    DeadlineBreached,
    DeadlineWarned,
    EscalationAcknowledged,
    WorkStarted,
)
from services.cases.domain.case.situations import Opened
from services.cases.domain.clocks import Clock, ClockKind, Deadline, MomentKind, promise
from services.cases.domain.escalation import Tree
from services.cases.tests.domain.acting import acts, command_of, play_on
from services.cases.tests.domain.history import (
    COMMITMENT,
    MONDAY,
    OFFICE,
    PARKS,
    ROADS,
    ROADS_ANSWER,
    STREET,
    TERMS,
    after,
    decision,
    facts,
    open_case,
    opened,
    pause,
    reassign,
    routed,
)

given = deciding(CASE)

HARBOUR, CITY = AreaPath("city/harbour"), AreaPath("city")
TREE: Tree = ((Level.CITY, CITY), (Level.DISTRICT, HARBOUR), (Level.COMMUNITY, STREET))
AN_HOUR, FOUR_HOURS = (Limit(amount=amount, unit=Unit.WORKING_HOURS) for amount in (1, 4))


def level(
    percent: int = 0,
    area: Level = Level.COMMUNITY,
    *,
    after: Limit | None = None,
    recipient: Recipient = Recipient.DISPATCHER,
) -> EscalationLevel:
    return EscalationLevel(percent=percent, after=after, recipient=recipient, level=area)


LEVELS = (
    level(100),
    level(150, Level.DISTRICT),
    level(200, Level.CITY, recipient=Recipient.SUPERVISOR),
)


def four_limits(*levels: EscalationLevel, tree: Tree = TREE) -> tuple[Deadline, ...]:
    """Read and dispatched within an hour, answered within two, resolved by Thursday, nine o'clock."""
    escalation = Escalation(levels=levels or LEVELS, acknowledgement=FOUR_HOURS)
    terms = replace(TERMS, answer=AN_HOUR, dispatch=AN_HOUR, escalation=escalation)
    return promise(replace(COMMITMENT, terms=terms), OFFICE, MONDAY, tree)


def report(*levels: EscalationLevel) -> CaseOpened:
    return replace(opened(), deadlines=four_limits(*levels))


FOUR = (ClockKind.ANSWER, ClockKind.DISPATCH, ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)


def unowned() -> CaseUnowned:
    return CaseUnowned(decision=decision(), at=MONDAY)


def clock_of(outcome: Outcome[Any, Any, Any], kind: ClockKind) -> Clock:
    assert isinstance(outcome.state, Opened)
    return next(clock for clock in outcome.state.file.clocks if clock.deadline.clock is kind)


def told(events: tuple[CaseEvent, ...], kind: ClockKind = ClockKind.RESOLUTION) -> list[tuple[int, Any]]:
    return [
        (event.level, event.at)
        for event in events
        if isinstance(event, CaseEscalated) and event.clock is kind
    ]


def acknowledge(number: int, at: Any, kind: ClockKind = ClockKind.RESOLUTION) -> AcknowledgeEscalation:
    return AcknowledgeEscalation(clock=kind, level=number, at=at)


DUE = moment("2022-01-06 09:00")
"""Thursday, when the resolution is due."""
SILENT = moment("2022-01-06 13:00")
"""When four working hours have passed since then."""
HALF_AGAIN = moment("2022-01-07 13:00")
"""When half as much working time has passed again."""


@pytest.mark.capability("002.3")
def test_a_case_that_nobody_has_is_told_up_the_tree_level_by_level() -> None:
    outcome = given(report(), unowned()).when(PassMoments(at=after(days=30)))

    for kind in FOUR:
        steps = [event for event in outcome.events if getattr(event, "clock", None) is kind]
        assert [type(event) for event in steps] == [
            *(DeadlineWarned, DeadlineBreached),
            *(CaseEscalated, CaseEscalated, CaseEscalated),
        ]
    last = [event for event in outcome.events if isinstance(event, CaseEscalated)][-3:]
    assert [(event.recipient, event.area_path) for event in last] == [
        (Recipient.DISPATCHER, STREET),
        (Recipient.DISPATCHER, HARBOUR),
        (Recipient.SUPERVISOR, CITY),
    ]
    assert [event.at for event in outcome.events] == sorted(event.at for event in outcome.events)


def test_what_was_told_is_not_told_again() -> None:
    outcome = given(report(), unowned()).when(PassMoments(at=after(days=30)))

    outcome.when(PassMoments(at=after(days=60)))
    assert told(outcome.when(PassMoments(at=after(days=60))).events) == told(outcome.events)


def test_a_silent_level_brings_the_next_one_sooner() -> None:
    outcome = given(report(), routed()).when(PassMoments(at=after(days=30)))

    assert told(outcome.events) == [(1, DUE), (2, SILENT), (3, moment("2022-01-07 17:00"))]
    assert [event.sooner for event in outcome.events if isinstance(event, CaseEscalated)][-3:] == [
        *(False, True, True)
    ]


def test_after_an_acknowledgement_the_next_level_waits_for_its_moment_and_is_told_all_the_same() -> None:
    known = acknowledge(1, moment("2022-01-06 12:59"))

    outcome = given(report(), routed()).when(known).when(PassMoments(at=after(days=30)))

    assert told(outcome.events)[:2] == [(1, DUE), (2, HALF_AGAIN)]


def test_who_acknowledges_too_late_holds_nothing_up() -> None:
    late = acknowledge(1, moment("2022-01-06 13:01"))

    outcome = given(report(), routed()).when(late)

    assert told(outcome.events) == [(1, DUE), (2, SILENT)]
    assert isinstance(outcome.events[-1], EscalationAcknowledged)


def test_acknowledging_twice_changes_nothing_and_beforehand_is_refused() -> None:
    outcome = given(report(), routed()).when(acknowledge(1, moment("2022-01-06 10:00")))

    assert outcome.when(acknowledge(1, moment("2022-01-06 11:00"))).events == outcome.events
    outcome.when(acknowledge(2, moment("2022-01-06 11:00"))).then_refused("NOT_ESCALATED", level="2")


def test_acknowledging_meets_no_limit() -> None:
    outcome = given(report(), routed()).when(acknowledge(1, moment("2022-01-06 10:00")))

    assert all(clock.met_at is None for clock in (clock_of(outcome, kind) for kind in (ClockKind.ANSWER,)))


def test_a_level_without_an_area_of_its_own_is_that_of_the_next_above() -> None:
    [deadline, *_] = four_limits(level(100, Level.STREET), level(150, Level.CITY))

    assert [step.area_path for step in deadline.steps] == [HARBOUR, CITY]


def test_where_no_area_has_a_level_the_top_one_is_told() -> None:
    [deadline, *_] = four_limits(tree=((None, CITY), (None, HARBOUR)))

    assert {step.area_path for step in deadline.steps} == {CITY}


def test_a_level_may_come_so_long_after_the_limit() -> None:
    resolution = four_limits(level(100), level(after=AN_HOUR))[-1]

    assert [step.at for step in resolution.steps] == [DUE, moment("2022-01-06 10:00")]


def test_a_pause_moves_the_levels_as_it_moves_the_deadline() -> None:
    history = given(report(), routed()).when(StartWork(at=MONDAY)).when(pause(after(hours=1)))

    outcome = history.when(ResumeCase(calendars={"office": OFFICE}, at=after(hours=3)))

    steps = clock_of(outcome, ClockKind.RESOLUTION).deadline.steps
    assert [step.at for step in steps][:2] == [moment("2022-01-06 11:00"), moment("2022-01-07 15:00")]


def test_a_breach_that_came_too_early_is_taken_back_with_its_escalations() -> None:
    wrong = given(report(), routed()).when(PassMoments(at=after(days=30)))
    annul = AnnulMoment(clock=ClockKind.RESOLUTION, moment=MomentKind.BREACH, at=after(minutes=10))

    outcome = wrong.when(annul)

    assert clock_of(outcome, ClockKind.RESOLUTION).escalated == ()


# -- read, and dispatched --------------------------------------------------------------------------


@pytest.mark.capability("002.3")
def test_a_case_routed_at_once_is_dispatched_and_yet_nobody_has_read_it() -> None:
    outcome = given(report(), routed()).when(PassMoments(at=after(hours=1.5)))

    breaches = [event.clock for event in outcome.events if isinstance(event, DeadlineBreached)]
    assert breaches == [ClockKind.ANSWER]


def test_whoever_accepts_has_read_it() -> None:
    outcome = given(report(), routed()).when(AcceptCase(at=after(minutes=50)))

    assert clock_of(outcome, ClockKind.ANSWER).met_at == after(minutes=50)


def test_a_note_is_no_proof_that_anybody_read_it() -> None:
    outcome = given(report(), routed()).when(AddNote(text="x", to_reporter=False, at=after(minutes=5)))

    assert clock_of(outcome, ClockKind.ANSWER).met_at is None


def test_a_returned_case_is_with_nobody_from_its_opening_on() -> None:
    back = given(report(), routed()).when(ReturnCase(at=after(minutes=30)))

    assert clock_of(back, ClockKind.ANSWER).met_at == after(minutes=30)
    assert clock_of(back, ClockKind.DISPATCH).met_at is None
    again = back.when(reassign(PARKS, hours=1.5))
    assert clock_of(again, ClockKind.DISPATCH).breached
    assert clock_of(again, ClockKind.DISPATCH).met_at == after(hours=1.5)


@pytest.mark.capability("004.1")
def test_what_nobody_answers_for_is_the_districts_to_decide_within_a_limit_of_its_own() -> None:
    known = replace(facts(), tree=TREE)
    outcome = given().when(open_case(known))

    assert isinstance(outcome.state, Opened)
    assert outcome.state.file.deciding_path == HARBOUR
    adjudication = clock_of(outcome, ClockKind.ADJUDICATION)
    assert adjudication.deadline.due_at == moment("2022-01-05 09:00")
    breached = outcome.when(PassMoments(at=moment("2022-01-05 10:00")))
    late = [event for event in breached.events if getattr(event, "clock", None) is ClockKind.ADJUDICATION]
    assert [type(event) for event in late] == [DeadlineWarned, DeadlineBreached, CaseEscalated]
    assert isinstance(late[1], DeadlineBreached)
    assert late[1].deciding_path == HARBOUR


def test_naming_a_body_meets_the_limit_of_adjudication() -> None:
    outcome = given().when(open_case(replace(facts(), tree=TREE))).when(reassign(PARKS, hours=5))

    assert clock_of(outcome, ClockKind.ADJUDICATION).met_at == after(hours=5)


def test_a_routed_case_has_no_limit_of_adjudication() -> None:
    outcome = given().when(open_case(replace(facts(ROADS_ANSWER), tree=TREE)))

    assert isinstance(outcome.state, Opened)
    assert ClockKind.ADJUDICATION not in {clock.deadline.clock for clock in outcome.state.file.clocks}


def test_a_rejection_that_is_contested_ends_a_pause_and_leaves_the_case_with_nobody() -> None:
    paused = (WorkStarted(body_id=ROADS, at=MONDAY), CasePaused(body_id=ROADS, at=after(minutes=5)))
    rejected = CaseRejected(body_id=ROADS, reopen_until=after(days=30), at=after(minutes=10))
    contest = ContestRejection(calendars={"office": OFFICE}, reason="it is yours", at=after(minutes=20))

    outcome = given(report(), routed(), *paused, rejected).when(contest)

    assert clock_of(outcome, ClockKind.RESOLUTION).running
    assert clock_of(outcome, ClockKind.RESOLUTION).deadline == report().deadlines[-1]
    assert clock_of(outcome, ClockKind.DISPATCH).running


# -- whatever people do ----------------------------------------------------------------------------


@for_any(acts, st.lists(st.tuples(st.integers(1, 3), st.integers(0, 60 * 24 * 12)), max_size=4))
def test_whatever_people_do_each_clock_warns_breaks_and_escalates_once_and_in_order(
    acts: list[tuple[str, int]], acknowledged: list[tuple[int, int]]
) -> None:
    known = [(acknowledge(number, after(minutes=minute)), minute) for number, minute in acknowledged]
    done = [(command_of(kind, after(minutes=minute)), minute) for kind, minute in acts]

    state, events = play_on([report(), routed()], [*done, *known])

    assert isinstance(state, Opened)
    for kind in ClockKind:
        marks = [
            getattr(event, "level", type(event))
            for event in events
            if isinstance(event, DeadlineWarned | DeadlineBreached | CaseEscalated) and event.clock is kind
        ]
        assert marks == [DeadlineWarned, DeadlineBreached, 1, 2, 3][: len(marks)]
    if not any(kind in ("pause", "let wait") for kind, _ in acts):
        assert tuple(clock.deadline for clock in state.file.clocks) == report().deadlines
