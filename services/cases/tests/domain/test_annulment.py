"""What a wrong clock recorded too early is taken back, and nothing else, whoever would like that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from libs.ledger.decider import Refusal
from libs.testkit.deciders import deciding
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    AcceptCase,
    AddNote,
    AnnulMoment,
    CaseCommand,
    PassMoments,
    WithdrawCase,
)
from services.cases.domain.case.events import (
    CaseAccepted,
    CaseEvent,
    CasePaused,
    DeadlineBreached,
    DeadlineWarned,
    MomentAnnulled,
    WorkStarted,
)
from services.cases.domain.case.situations import Case, NotOpened, Opened
from services.cases.domain.clocks import ClockKind, MomentKind
from services.cases.tests.domain.acting import acts, command_of, minutes
from services.cases.tests.domain.history import (
    MONDAY,
    ROADS,
    after,
    deadlines,
    opened,
    resolve,
    resolved,
    routed,
)

given = deciding(CASE)

FIRST, RESOLUTION = deadlines()
TEN_DAYS_AHEAD = PassMoments(at=after(days=10))
SOON = after(minutes=10)
"""When the clock has been set right: nothing was due yet."""
CLOCKS = tuple(deadline.clock for deadline in deadlines())
EVERY_MOMENT = tuple((clock, moment) for clock in CLOCKS for moment in MomentKind)
FIRED = tuple(CASE.decide(TEN_DAYS_AHEAD, CASE.fold((opened(), routed()))))


def annul(
    clock: ClockKind = ClockKind.RESOLUTION, moment: MomentKind = MomentKind.BREACH, at: datetime = SOON
) -> AnnulMoment:
    return AnnulMoment(clock=clock, moment=moment, at=at)


def annulled(clock: ClockKind, moment: MomentKind, at: datetime = SOON) -> MomentAnnulled:
    deadline = FIRST if clock is ClockKind.FIRST_RESPONSE else RESOLUTION
    was = deadline.warn_at if moment is MomentKind.WARNING else deadline.due_at
    return MomentAnnulled(clock=clock, moment=moment, body_id=ROADS, moment_at=was, at=at)


ALL_ANNULLED = tuple(
    annulled(clock, moment) for clock in CLOCKS for moment in (MomentKind.BREACH, MomentKind.WARNING)
)


# -- after the accident ----------------------------------------------------------------------------


def test_a_clock_ten_days_ahead_freezes_a_case_until_its_moments_are_annulled() -> None:
    accept = AcceptCase(at=after(hours=1))
    frozen = given(opened(), routed(), *FIRED)

    frozen.when(accept).then_refused("OUT_OF_ORDER")
    given(opened(), routed(), *FIRED, *ALL_ANNULLED).when(accept).then(
        CaseAccepted(body_id=ROADS, at=after(hours=1))
    )


def test_a_breach_is_annulled_alone_and_its_warning_stands() -> None:
    outcome = given(opened(), routed(), *FIRED).when(annul())

    outcome.then(annulled(ClockKind.RESOLUTION, MomentKind.BREACH))
    outcome.then_state(lambda case: isinstance(case, Opened) and case.file.clocks[1].warned)
    outcome.then_state(lambda case: isinstance(case, Opened) and case.file.clocks[1].on_time)


def test_a_breach_falls_with_its_warning() -> None:
    outcome = given(opened(), routed(), *FIRED).when(annul(moment=MomentKind.WARNING))

    outcome.then(
        annulled(ClockKind.RESOLUTION, MomentKind.BREACH), annulled(ClockKind.RESOLUTION, MomentKind.WARNING)
    )


def test_what_was_annulled_passes_at_its_right_moment_once() -> None:
    outcome = given(opened(), routed(), *FIRED, *ALL_ANNULLED).when(PassMoments(at=after(days=30)))

    outcome.then(*FIRED)
    assert outcome.when(PassMoments(at=after(days=31))).events == FIRED


def test_what_is_done_in_time_after_the_annulment_is_on_time() -> None:
    history = (opened(), routed(), *FIRED, *ALL_ANNULLED)

    given(*history).when(resolve(after(hours=1))).then(resolved(after(hours=1)))


def test_the_same_annulment_twice_changes_nothing() -> None:
    history = (opened(), routed(), *FIRED, *ALL_ANNULLED)

    for clock, moment in EVERY_MOMENT:
        given(*history).when(annul(clock, moment, after(minutes=11))).then_nothing_happens()


def test_a_moment_that_passed_again_too_early_is_annulled_again() -> None:
    history = (opened(), routed(), *FIRED, *ALL_ANNULLED, *FIRED)

    given(*history).when(annul(at=after(minutes=11))).then(
        annulled(ClockKind.RESOLUTION, MomentKind.BREACH, after(minutes=11))
    )


def test_whatever_else_was_dated_into_the_future_holds_the_case_up_no_longer() -> None:
    late_note = AddNote(text="x", to_reporter=False, at=after(days=10))
    noted = given(opened(), routed()).when(late_note)

    freed = noted.when(annul(ClockKind.FIRST_RESPONSE, MomentKind.WARNING)).when(
        annul(moment=MomentKind.WARNING)
    )

    assert isinstance(freed.state, Opened)
    assert freed.state.file.last_at == SOON
    assert freed.when(AcceptCase(at=after(hours=1))).refusal is None


# -- who would like a moment to vanish -------------------------------------------------------------


@pytest.mark.parametrize(("clock", "moment"), EVERY_MOMENT)
def test_a_moment_that_was_due_stands(clock: ClockKind, moment: MomentKind) -> None:
    history = (opened(), routed(), *FIRED)

    given(*history).when(annul(clock, moment, after(days=30))).then_refused("MOMENT_WAS_DUE")


def test_a_breach_stands_after_the_work_was_done_late() -> None:
    late = resolved(after(days=20), on_time=False)

    given(opened(), routed(), *FIRED, late).when(annul(at=after(days=21))).then_refused("MOMENT_WAS_DUE")


def test_a_breach_stands_though_its_reporter_has_withdrawn_the_case_since() -> None:
    outcome = given(opened(), routed()).when(WithdrawCase(at=after(days=20)))

    outcome.when(annul(at=after(days=21))).then_refused("MOMENT_WAS_DUE")


def test_a_breach_stands_though_work_waits_since() -> None:
    started = WorkStarted(body_id=ROADS, at=after(hours=1))
    paused = CasePaused(body_id=ROADS, at=after(days=20))
    fired = FIRED[2:]

    given(opened(), routed(), started, *fired, paused).when(annul(at=after(days=21))).then_refused(
        "MOMENT_WAS_DUE"
    )


def test_a_breach_in_the_moment_in_which_the_work_was_done_is_annulled_at_any_time() -> None:
    in_time = resolved(RESOLUTION.due_at, on_time=False)
    history = (opened(), routed(), *FIRED, in_time)

    given(*history).when(annul(at=after(days=21))).then(
        annulled(ClockKind.RESOLUTION, MomentKind.BREACH, after(days=21))
    )


@pytest.mark.parametrize(("clock", "moment"), EVERY_MOMENT)
def test_a_moment_that_has_not_passed_is_not_annulled(clock: ClockKind, moment: MomentKind) -> None:
    given(opened(), routed()).when(annul(clock, moment)).then_refused(
        "MOMENT_NOT_FIRED", clock=clock.value, moment=moment.value
    )


def test_without_a_promise_there_is_nothing_to_annul() -> None:
    given(opened(promised=False), routed()).when(annul()).then_refused("MOMENT_NOT_FIRED")


def test_without_a_case_there_is_nothing_to_annul() -> None:
    given().when(annul()).then_refused("CASE_NOT_FOUND")


# -- whatever people do ----------------------------------------------------------------------------


def play(commands: Sequence[CaseCommand]) -> tuple[Case, list[CaseEvent]]:
    """The state and the events after the commands that were not refused."""
    events: list[CaseEvent] = [opened(), routed()]
    for command in commands:
        try:
            events += CASE.decide(command, CASE.fold(events))
        except Refusal:
            continue
    return CASE.fold(events), events


OF_ITS_OWN = ("pause", "resolve", "ask for a pause")
"""What ends by itself: only moments of clocks are annulled. A case is reopened, a pause asked for again."""


@for_any(acts, minutes, minutes, st.permutations([*EVERY_MOMENT, *EVERY_MOMENT]))
def test_whatever_people_do_a_case_goes_on_as_if_the_clock_had_never_been_wrong(
    acts: list[tuple[str, int]],
    minute: int,
    ahead: int,
    order: list[tuple[ClockKind, MomentKind]],
) -> None:
    now = MONDAY + timedelta(minutes=minute)
    told = [(at, command_of(kind, MONDAY + timedelta(minutes=at))) for kind, at in _calm(acts)]
    before = [*(command for at, command in told if at < minute), PassMoments(at=now)]
    rest = [*(command for at, command in told if at >= minute), PassMoments(at=after(days=40))]
    accident: list[CaseCommand] = [
        PassMoments(at=now + timedelta(minutes=ahead)),
        *(annul(clock, moment, now) for clock, moment in order),
    ]

    state, events = play([*before, *accident, *rest])
    right, right_events = play([*before, *rest])

    assert _without_accident(events) == right_events
    assert not isinstance(state, NotOpened)
    assert not isinstance(right, NotOpened)
    assert type(state) is type(right)
    clocks = [replace(clock, annulled=()) for clock in state.file.clocks]
    assert clocks == list(right.file.clocks)


def _at(act: tuple[str, int]) -> int:
    return act[1]


def _calm(acts: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted((act for act in acts if act[0] not in OF_ITS_OWN), key=_at)


def _without_accident(events: Sequence[CaseEvent]) -> list[CaseEvent]:
    """The events without those annulled, and without the annulments."""
    kept: list[CaseEvent] = []
    for event in events:
        if isinstance(event, MomentAnnulled):
            kind = DeadlineWarned if event.moment is MomentKind.WARNING else DeadlineBreached
            [fired] = [each for each in kept if isinstance(each, kind) and each.clock is event.clock]
            kept.remove(fired)
        else:
            kept.append(event)
    return kept
