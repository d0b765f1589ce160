"""Where the next area up decides it has a limit of its own, and those above are told when it takes longer."""

from dataclasses import replace
from typing import Any

import pytest

from libs.rules.areas import AreaPath
from libs.rules.terms import OUTCOMES, Recipient
from libs.rules.working_time import Calendar
from libs.testkit.deciders import Outcome, deciding
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import ContestRejection, PassMoments, RejectCase, ReturnCase
from services.cases.domain.case.events import (
    AdjudicationOpened,
    CaseEscalated,
    CaseUnowned,
    DeadlineBreached,
    DeadlineWarned,
    RejectionContested,
)
from services.cases.domain.case.situations import Opened
from services.cases.domain.case.terms import CaseTerms
from services.cases.domain.clocks import Clock, ClockKind, promise
from services.cases.domain.escalation import Tree
from services.cases.tests.domain.history import (
    COMMITMENT,
    MONDAY,
    OFFICE,
    PARKS,
    ROADS,
    TERMS,
    after,
    decision,
    opened,
    reassign,
    rejected,
    routed,
)
from services.cases.tests.domain.test_escalation import CITY, HARBOUR, TREE

given = deciding(CASE)

REPORT = replace(
    opened(), deadlines=promise(COMMITMENT, OFFICE, MONDAY, TREE), terms=CaseTerms.of(TERMS, OUTCOMES)
)
REJECTED = (REPORT, routed(), rejected(after(hours=1)))
TWO_DAYS_LATER = after(days=2, hours=1.2)
"""The commitment gives two working days to adjudicate."""


def contest(**delta: float) -> ContestRejection:
    return ContestRejection(reason="it is your road", calendars={"office": OFFICE}, at=after(**delta))


def give_back(**delta: float) -> ReturnCase:
    return ReturnCase(calendars={"office": OFFICE}, at=after(**delta))


def clock_of(outcome: Outcome[Any, Any, Any]) -> Clock:
    assert isinstance(outcome.state, Opened)
    [clock] = [c for c in outcome.state.file.clocks if c.deadline.clock is ClockKind.ADJUDICATION]
    return clock


def of_adjudication(outcome: Outcome[Any, Any, Any]) -> list[Any]:
    return [event for event in outcome.events if getattr(event, "clock", None) is ClockKind.ADJUDICATION]


def test_a_contested_rejection_is_decided_within_a_limit() -> None:
    outcome = given(*REJECTED).when(contest(hours=1.2))

    told = outcome.events[-1]
    assert isinstance(told, AdjudicationOpened)
    assert told.deadline is not None
    assert told.deadline.due_at == TWO_DAYS_LATER
    assert clock_of(outcome).deadline == told.deadline


@pytest.mark.capability("004.1")
def test_a_contested_rejection_that_nobody_decides_is_told_up_the_tree() -> None:
    outcome = given(*REJECTED).when(contest(hours=1.2)).when(PassMoments(at=after(days=40)))

    warned, breached, *levels = of_adjudication(outcome)
    assert isinstance(warned, DeadlineWarned)
    assert isinstance(breached, DeadlineBreached)
    assert (breached.body_id, breached.deciding_path, breached.at) == (None, HARBOUR, TWO_DAYS_LATER)
    assert all(isinstance(level, CaseEscalated) for level in levels)
    assert [(each.level, each.recipient, each.area_path) for each in levels] == [
        (1, Recipient.DISPATCHER, CITY),
        (2, Recipient.DISPATCHER, CITY),
        (3, Recipient.SUPERVISOR, CITY),
    ]
    assert levels[0].at == TWO_DAYS_LATER


def test_a_matter_that_came_back_twice_is_told_up_the_tree_alike() -> None:
    back = given(REPORT, routed()).when(give_back(hours=0.5)).when(reassign(PARKS, hours=1))

    outcome = back.when(give_back(hours=1.2)).when(PassMoments(at=after(days=40)))

    assert [type(event) for event in of_adjudication(outcome)] == [
        *(DeadlineWarned, DeadlineBreached),
        *(CaseEscalated, CaseEscalated, CaseEscalated),
    ]


def test_an_area_that_named_a_body_is_not_handed_down_from() -> None:
    cell = AreaPath("city/harbour/mole-street/cell-9")
    unowned = CaseUnowned(decision=decision(), deciding_path=HARBOUR, at=MONDAY)
    named = given(replace(REPORT, area_path=cell), unowned).when(reassign(PARKS, hours=0.2))
    back = named.when(give_back(hours=0.5)).when(reassign(ROADS, hours=1))

    [*_, told] = back.when(give_back(hours=1.2)).events

    assert isinstance(told, AdjudicationOpened)
    assert told.area_path == CITY


def test_nobody_below_the_area_that_decides_is_told_of_it() -> None:
    grid = AreaPath("city/harbour/mole-street/cell-9")
    tree: Tree = (*TREE, (None, grid))
    report = replace(REPORT, area_path=grid, deadlines=promise(COMMITMENT, OFFICE, MONDAY, tree))

    outcome = given(report, routed(), rejected(after(hours=1))).when(contest(hours=1.2))

    assert [step.area_path for step in clock_of(outcome).deadline.steps] == [HARBOUR, HARBOUR, CITY]


@pytest.mark.parametrize(
    "decide", [reassign(PARKS, hours=5), RejectCase(reason_code="unclear", at=after(hours=5))]
)
def test_who_decides_in_time_is_not_told_of(decide: Any) -> None:
    outcome = given(*REJECTED).when(contest(hours=1.2)).when(decide).when(PassMoments(at=after(days=40)))

    assert of_adjudication(outcome) == []


def test_another_area_decides_within_a_time_of_its_own() -> None:
    unowned = CaseUnowned(decision=decision(), deciding_path=HARBOUR, at=MONDAY)
    nobody = replace(REPORT, deadlines=promise(COMMITMENT, OFFICE, MONDAY, TREE, owned=False))
    refused = RejectCase(
        reason_code="unclear", at=after(days=1, hours=23)
    )  # the district, at the last moment

    contested = given(nobody, unowned).when(refused).when(contest(days=7))

    assert clock_of(contested).deadline.due_at == after(days=9)
    late = of_adjudication(contested.when(PassMoments(at=after(days=60))))
    blamed = [event.deciding_path for event in late if isinstance(event, DeadlineBreached)]
    assert blamed == [CITY]


def test_where_nothing_is_promised_nobody_has_a_limit() -> None:
    bare = replace(REPORT, deadlines=())

    outcome = given(bare, routed(), rejected(after(hours=1))).when(contest(hours=1.2))

    assert [type(event) for event in outcome.events] == [RejectionContested, AdjudicationOpened]
    assert not of_adjudication(outcome.when(PassMoments(at=after(days=40))))


def test_an_adjudication_that_nothing_counts_is_refused() -> None:
    given(*REJECTED).when(replace(contest(hours=1.2), calendars={})).then_refused("CALENDAR_UNKNOWN")


def test_a_calendar_without_working_time_stops_no_objection() -> None:
    never = Calendar(zone="UTC", week=((),) * 7)
    objection = replace(contest(hours=1), calendars={"office": never})

    told = given(*REJECTED).when(objection).events[-1]

    assert isinstance(told, AdjudicationOpened)
    assert told.deadline is not None
    assert told.deadline.due_at == after(days=2, hours=1)  # two days and nights
