"""The clocks of a case cannot be gamed: only an explicit pause moves them, and every moment passes once."""

from dataclasses import replace

import pytest
from hypothesis import given as for_any

from libs.rules.working_time import Calendar, Hours, Versions
from libs.testkit.clocks import moment
from libs.testkit.deciders import deciding
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import (
    AcceptCase,
    AddNote,
    AnswerReporter,
    CaseCommand,
    PassMoments,
    ReleaseCase,
    ReopenCase,
    ResumeCase,
    ReturnCase,
    WithdrawCase,
)
from services.cases.domain.case.events import (
    CaseAccepted,
    CaseEvent,
    CasePaused,
    CaseReassigned,
    CaseReleased,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseUnowned,
    DeadlineBreached,
    DeadlineWarned,
    WorkStarted,
)
from services.cases.domain.case.situations import NotOpened, Opened
from services.cases.domain.clocks import ClockKind, resumed
from services.cases.tests.domain.acting import acts, minutes, play
from services.cases.tests.domain.history import (
    MONDAY,
    OFFICE,
    PARKS,
    ROADS,
    STREET,
    after,
    closed,
    deadlines,
    decision,
    opened,
    reassign,
    resolution_deadline,
    resolve,
    resolved,
    routed,
)

given = deciding(CASE)

FIRST, RESOLUTION = deadlines()
ACCEPTED = CaseAccepted(body_id=ROADS, at=after(hours=1))
STARTED = WorkStarted(body_id=ROADS, at=after(hours=1))


def warned(deadline_of: ClockKind, body: str | None = ROADS) -> DeadlineWarned:
    deadline = FIRST if deadline_of is ClockKind.FIRST_RESPONSE else RESOLUTION
    return DeadlineWarned(
        clock=deadline_of,
        body_id=body,
        deciding_path=None if body else STREET,
        due_at=deadline.due_at,
        at=deadline.warn_at,
    )


def breached(deadline_of: ClockKind, body: str | None = ROADS) -> DeadlineBreached:
    deadline = FIRST if deadline_of is ClockKind.FIRST_RESPONSE else RESOLUTION
    return DeadlineBreached(
        clock=deadline_of, body_id=body, deciding_path=None if body else STREET, at=deadline.due_at
    )


def all_moments(body: str | None = ROADS) -> list[CaseEvent]:
    return [
        warned(ClockKind.FIRST_RESPONSE, body),
        breached(ClockKind.FIRST_RESPONSE, body),
        warned(ClockKind.RESOLUTION, body),
        breached(ClockKind.RESOLUTION, body),
    ]


def test_moments_pass_in_order_each_at_its_own_time() -> None:
    given(opened(), routed()).when(PassMoments(at=after(days=30))).then(*all_moments())


def test_moments_pass_also_where_nobody_answers() -> None:
    unowned = CaseUnowned(decision=decision(), at=MONDAY)

    given(opened(), unowned).when(PassMoments(at=after(days=30))).then(*all_moments(None))


def test_a_moment_passes_once() -> None:
    history = (opened(), routed(), *all_moments())

    given(*history).when(PassMoments(at=after(days=31))).then_nothing_happens()


def test_before_its_time_nothing_passes() -> None:
    given(opened(), routed()).when(PassMoments(at=FIRST.warn_at)).then_nothing_happens()


def test_a_late_command_finds_the_moments_passed_even_if_nobody_looked() -> None:
    given(opened(), routed()).when(resolve(after(days=30))).then(
        *all_moments(),
        resolved(after(days=30), on_time=False),
    )


def test_what_is_resolved_in_the_last_moment_is_on_time() -> None:
    history = (opened(), routed(), ACCEPTED)

    given(*history).when(resolve(RESOLUTION.due_at)).then(
        warned(ClockKind.RESOLUTION),
        resolved(RESOLUTION.due_at),
    )


def test_acceptance_is_a_first_response() -> None:
    given(opened(), routed(), ACCEPTED).when(PassMoments(at=after(hours=6))).then_nothing_happens()


def test_a_body_that_returns_what_it_accepted_has_not_answered() -> None:
    accepted_and_returned = given(opened(), routed(), ACCEPTED).when(ReturnCase(at=after(hours=1, minutes=1)))

    outcome = accepted_and_returned.when(PassMoments(at=after(hours=6)))

    assert outcome.events[1:] == (
        warned(ClockKind.FIRST_RESPONSE, None),
        breached(ClockKind.FIRST_RESPONSE, None),
    )


def test_a_limit_used_up_while_a_body_only_claimed_to_have_answered_is_its_own() -> None:
    outcome = given(opened(), routed(), ACCEPTED).when(ReturnCase(at=after(hours=5)))

    assert outcome.events[1:] == tuple(all_moments()[:2])


def test_a_first_response_stands_when_the_next_body_returns_the_case() -> None:
    moved = CaseReassigned(from_body_id=ROADS, body_id=PARKS, at=after(hours=1, minutes=10))

    outcome = given(opened(), routed(), ACCEPTED, moved).when(ReturnCase(at=after(hours=5)))

    assert len(outcome.when(PassMoments(at=after(hours=6))).events) == 1


def test_a_moment_without_a_body_names_the_area_that_must_name_one() -> None:
    unowned = CaseUnowned(decision=decision(), at=MONDAY)

    [moment, *_] = given(opened(), unowned).when(PassMoments(at=after(days=1))).events

    assert isinstance(moment, DeadlineWarned)
    assert (moment.body_id, moment.deciding_path) == (None, STREET)


def test_an_answer_of_the_body_is_a_first_response() -> None:
    answered = given(opened(), routed()).when(AnswerReporter(text="we are on it", at=after(hours=1)))

    assert len(answered.when(PassMoments(at=after(hours=6))).events) == 1


@pytest.mark.parametrize("to_reporter", [True, False])
def test_a_note_is_no_first_response_whoever_may_read_it(to_reporter: bool) -> None:
    note = AddNote(text="we will see", to_reporter=to_reporter, at=after(hours=1))

    noted = given(opened(), routed()).when(note).when(PassMoments(at=after(hours=6)))

    assert list(noted.events[1:]) == all_moments()[:2]


def test_nobody_answers_a_reporter_who_cannot_read_it() -> None:
    by_phone = replace(opened(), reporter_id=None)
    answer = AnswerReporter(text="we are on it", at=after(hours=1))

    given(by_phone, routed()).when(answer).then_refused("REPORTER_CANNOT_READ")
    assert given(replace(by_phone, receipt="3f"), routed()).when(answer).refusal is None


def test_notes_returns_and_reassignment_move_no_deadline() -> None:
    busy: list[CaseCommand] = [
        AddNote(text="x", to_reporter=False, at=after(minutes=10)),
        ReturnCase(at=after(minutes=20)),
        reassign(PARKS, minutes=30),
        ReturnCase(calendars={"office": OFFICE}, at=after(minutes=40)),
        reassign(ROADS, minutes=50),
    ]

    outcome = given(opened(), routed()).when(busy[0])
    for command in busy[1:]:
        outcome = outcome.when(command)

    assert outcome.when(PassMoments(at=after(days=30))).events[-4:] == tuple(all_moments())


def test_a_pause_stops_the_resolution_clock_and_moves_it_by_its_working_time() -> None:
    pause, resume = after(hours=2), after(days=3, hours=2)
    waiting = given(opened(), routed(), STARTED, CasePaused(body_id=ROADS, at=pause))
    later = resumed(resolution_deadline(), pause, resume, OFFICE)

    waiting.when(PassMoments(at=after(days=30))).then_nothing_happens()
    waiting.when(ResumeCase(calendars={"office": OFFICE}, at=resume)).then(
        CaseResumed(body_id=ROADS, resolution=later, at=resume)
    )
    assert later.due_at == moment("2022-01-10 17:00")


def test_each_part_of_a_pause_is_counted_by_the_calendar_in_force_then() -> None:
    pause, resume, tuesday = after(hours=2), after(days=1, hours=2), after(hours=15)
    long_day: Hours = ((8 * 60, 20 * 60),)
    longer = Calendar(zone="UTC", week=(long_day,) * 5 + ((), ()))
    changed = Versions.of(OFFICE).then(longer, tuesday)

    outcome = given(opened(), routed(), STARTED, CasePaused(body_id=ROADS, at=pause)).when(
        ResumeCase(calendars={"office": changed}, at=resume)
    )

    # Monday 11 to 17, Tuesday 8 to 11: nine hours, which from Thursday 9:00 end at 18:00.
    outcome.then_state(
        lambda state: (
            isinstance(state, Opened) and state.file.clocks[1].deadline.due_at == moment("2022-01-06 18:00")
        )
    )


def test_the_clocks_of_a_reopened_case_go_on_as_if_they_had_never_stopped() -> None:
    claimed = resolved(after(hours=1))
    history = (opened(), routed(), claimed, closed(after(hours=2)))

    given(*history).when(ReopenCase(by_reporter=True, imported=False, at=after(days=9))).then(
        CaseReopened(body_id=ROADS, by_reporter=True, imported=False, at=after(days=9)),
        warned(ClockKind.RESOLUTION),
        breached(ClockKind.RESOLUTION),
    )


def test_a_withdrawn_case_has_no_moments() -> None:
    outcome = given(opened(), routed()).when(WithdrawCase(at=after(minutes=5)))

    assert outcome.when(PassMoments(at=after(days=30))).events == outcome.events


def test_imported_history_is_left_alone_by_the_running_clocks() -> None:
    history = (opened(imported=True), routed())

    given(*history).when(PassMoments(at=after(days=30))).then_nothing_happens()


def test_imported_commands_find_the_moments_of_their_time_passed() -> None:
    history = (opened(imported=True), routed())

    given(*history).when(AcceptCase(at=after(hours=5))).then(
        *all_moments()[:2], CaseAccepted(body_id=ROADS, at=after(hours=5))
    )


def test_releasing_lets_the_moments_of_history_pass_and_hands_over_to_the_clocks() -> None:
    outcome = given(opened(imported=True), routed()).when(ReleaseCase(at=after(hours=5)))

    outcome.then(*all_moments()[:2], CaseReleased(at=after(hours=5)))
    assert outcome.when(PassMoments(at=after(days=30))).events[-2:] == tuple(all_moments()[2:])


def test_no_case_is_held_that_no_import_will_release() -> None:
    history = (opened(), routed(), resolved(after(hours=1)))

    outcome = given(*history).when(ReopenCase(by_reporter=False, imported=True, at=after(hours=2)))

    outcome.then_state(lambda state: isinstance(state, Opened) and not state.file.held)


def test_what_is_released_is_not_released_again() -> None:
    history = (opened(imported=True), routed(), CaseReleased(at=after(hours=1)))

    given(*history).when(ReleaseCase(at=after(hours=1))).then_nothing_happens()


# -- whatever people do ----------------------------------------------------------------------------


@for_any(acts)
def test_whatever_people_do_each_moment_passes_at_most_once_and_a_breach_after_its_warning(
    acts: list[tuple[str, int]],
) -> None:
    _, events = play(acts)

    for kind in ClockKind:
        marks = [
            type(event)
            for event in events
            if isinstance(event, DeadlineWarned | DeadlineBreached) and event.clock is kind
        ]
        assert marks in ([], [DeadlineWarned], [DeadlineWarned, DeadlineBreached])


@for_any(acts)
def test_whatever_people_do_only_pauses_move_the_deadline(acts: list[tuple[str, int]]) -> None:
    state, events = play([act for act in acts if act[0] not in ("pause", "let wait")])

    assert not isinstance(state, NotOpened)
    assert [clock.deadline for clock in state.file.clocks] == [FIRST, RESOLUTION]
    verdicts = [event.on_time for event in events if isinstance(event, CaseResolved)]
    moments = [event.at for event in events if isinstance(event, CaseResolved)]
    assert verdicts == [at <= RESOLUTION.due_at for at in moments]


@for_any(acts, minutes)
def test_looking_more_often_changes_nothing_in_the_end(acts: list[tuple[str, int]], minute: int) -> None:
    end = ("pass", 60 * 24 * 40)
    rarely, often = play([*acts, end])[1], play([*acts, ("pass", minute), end])[1]

    assert sorted(map(repr, rarely)) == sorted(map(repr, often))
