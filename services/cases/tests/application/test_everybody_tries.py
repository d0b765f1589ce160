"""Whatever everybody tries, with time passing: no limit moves but by a pause, and each moment passes once.

People act with the grants of their roles, each by the check that the rpc makes; whom it refuses does nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from linli.cases.v1 import cases_service_pb2 as pb
from linli.options.v1 import access_pb2

from libs.ledger.decider import Refusal
from libs.query.reach import Jurisdiction, Reach, permitting
from libs.rpc.access import PERSON, Caller, Grant, caller_of
from libs.rules.areas import AreaPath
from libs.rules.terms import OUTCOMES, Recipient
from services.cases.application import permits
from services.cases.domain.case import CASE, commands, events
from services.cases.domain.case.situations import Case, Opened, body_of
from services.cases.domain.case.terms import CaseTerms
from services.cases.domain.clocks import ClockKind, promise
from services.cases.tests.domain.acting import command_of
from services.cases.tests.domain.history import (
    COMMITMENT,
    MONDAY,
    OFFICE,
    PARKS,
    ROADS,
    TERMS,
    opened,
    routed,
)
from services.cases.tests.domain.test_escalation import FOUR_HOURS, TREE

RPCS = pb.DESCRIPTOR.services_by_name["CasesService"].methods_by_name


def _somebody(name: str, *grants: Grant) -> Caller:
    return caller_of(name, PERSON, grants)


PEOPLE = (
    _somebody("resident-lin", Grant("RESIDENT", path="city")),
    _somebody("another-resident", Grant("RESIDENT", path="city")),
    _somebody("rob-of-roads", Grant("CASE_OFFICER", body=ROADS)),
    _somebody("pia-of-parks", Grant("CASE_OFFICER", body=PARKS)),
    _somebody("grid-worker", Grant("GRID_WORKER", path="city/harbour/mole-street")),
    _somebody("dan-of-the-street", Grant("DISPATCHER", path="city/harbour/mole-street")),
    _somebody("ada-of-the-district", Grant("DISPATCHER", path="city/harbour")),
    _somebody("sue-of-the-city", Grant("SUPERVISOR", path="city")),
    _somebody("cal-who-is-both", Grant("CASE_OFFICER", body=ROADS), Grant("SUPERVISOR", path="city")),
    _somebody("olga-who-may-all", Grant("OPERATOR")),
)
KINDS = (
    *("accept", "return", "reassign", "start", "pause", "resume", "answer", "note", "resolve", "confirm"),
    *("close", "withdraw", "reject", "contest", "reopen", "ask for a pause", "let wait", "let not wait"),
    *("acknowledge", "pass"),
)
LIN, _, ROB, PIA, _, DAN, ADA, SUE, CAL, _ = PEOPLE
THEIR_OWN = (
    (LIN, "confirm reopen contest"),
    (ROB, "accept start pause resume ask resolve return ask"),
    (PIA, "start pause ask resume resolve return"),
    (DAN, "reassign reject"),
    (ADA, "wait wait reassign acknowledge"),
    (SUE, "wait acknowledge reopen"),
    (CAL, "start ask wait"),
)
"""What some of them do all day: otherwise most attempts would be refused."""
SHORT = {"ask": "ask for a pause", "wait": "let wait"}
usual = st.sampled_from([(who, SHORT.get(kind, kind)) for who, kinds in THEIR_OWN for kind in kinds.split()])
any_at_all = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(KINDS))
Attempts = list[tuple[tuple[Caller, str], int]]
anything = st.lists(st.tuples(usual | usual | any_at_all, st.integers(0, 60 * 24 * 20)), max_size=30)


def _with_approval(begun: int, requested: int, decided: int, others: Attempts) -> Attempts:
    """Rob begins, requests a pause and Ada approves the first request, each some time after the other."""
    requested += begun
    decided += requested + (requested + decided) % 2  # an even minute names the first request
    steps: Attempts = [
        ((ROB, "start"), begun),
        ((ROB, "ask for a pause"), requested),
        ((ADA, "let wait"), decided),
    ]
    return [*steps, *others]


approved = st.builds(
    _with_approval, st.integers(0, 60 * 24 * 2), st.integers(1, 300), st.integers(1, 900), anything
)
attempts = anything | approved
"""Who tries what, and in which minute. By chance alone one play in hundreds would have a pause approved."""


@dataclass(frozen=True)
class Done:
    """What came of an attempt: who, and the events."""

    who: Caller
    events: Sequence[events.CaseEvent]


def asked(who: Caller, kind: str, at: datetime) -> commands.CaseCommand:
    """The command of an attempt, with the calendars and the actor, as the application fills them in."""
    if kind == "acknowledge":
        return commands.AcknowledgeEscalation(clock=ClockKind.RESOLUTION, level=at.minute % 3 + 1, at=at)
    command = command_of(kind, at)
    if isinstance(command, commands.COUNTED):
        command = replace(command, calendars={"office": OFFICE})
    if isinstance(command, commands.RequestPause):
        return replace(command, requested_by=who.subject)
    if isinstance(command, commands.ApprovePause | commands.RefusePause):
        return replace(command, decided_by=who.subject)
    return command


def reach_of(who: Caller, command: commands.CaseCommand) -> Reach:
    """How far somebody reaches for an rpc, by the scopes that the contract declares."""
    access = RPCS[commands.rpc_of(command)].GetOptions().Extensions[access_pb2.access]
    return who.reach(*access.scopes)


FOR_BODY = (
    commands.AcceptCase | commands.ReturnCase | commands.StartWork | commands.PauseCase | commands.ResumeCase
    | commands.RequestPause | commands.AnswerReporter | commands.ResolveCase
)  # fmt: skip
BY_REPORTER = commands.WithdrawCase | commands.ContestRejection
BY_DECIDER = commands.ReassignCase | commands.RejectCase


def check_of(who: Caller, command: commands.CaseCommand) -> permits.Check:
    """The check that the rpc makes."""
    reach = reach_of(who, command)

    def permit(of: Jurisdiction) -> None:
        reach.require(area_path=of.area_path, body=of.body_id)

    if isinstance(command, FOR_BODY):
        return permits.for_body(lambda: reach)
    if isinstance(command, commands.ApprovePause | commands.RefusePause):
        return permits.for_pause(lambda: reach, lambda: who.reach("cases.work"))
    if isinstance(command, commands.AcknowledgeEscalation):
        scopes = {Recipient.DISPATCHER: "cases.dispatch", Recipient.SUPERVISOR: "cases.supervise"}
        addressee = permits.for_addressee(
            lambda told: who.reach(scopes[told]), lambda: reach, command.clock, command.level
        )
        return permits.all_of(addressee, permits.for_outsider(lambda: who.reach("cases.work")))
    if isinstance(command, commands.ConfirmResolution):
        reporter = permits.for_reporter(_is(who), lambda: who.ids, Reach())
        return permits.all_of(reporter, permits.for_outsider(lambda: who.reach("cases.work")))
    if isinstance(command, BY_REPORTER) or (isinstance(command, commands.ReopenCase) and command.by_reporter):
        return permits.for_reporter(_is(who), lambda: who.ids, Reach())
    return permitting(permit, permits.deciding if isinstance(command, BY_DECIDER) else permits.area_and_body)


def _is(who: Caller) -> Callable[[str], None]:
    def require(subject: str) -> None:
        if subject != who.subject or not who.has("cases.report"):
            Reach().require(area_path="city")

    return require


def report() -> events.CaseOpened:
    """Mrs Lin's pothole, with all that is promised for it."""
    escalation = replace(TERMS.escalation, acknowledgement=FOUR_HOURS)
    terms = replace(TERMS, escalation=escalation)
    deadlines = promise(replace(COMMITMENT, terms=terms), OFFICE, MONDAY, TREE)
    return replace(opened(), deadlines=deadlines, terms=CaseTerms.of(terms, OUTCOMES))


def play(attempts: Attempts) -> tuple[Opened, list[Done]]:
    """Everybody tries in the order of time, and long after nobody has acted any more."""
    done = [Done(who=PEOPLE[0], events=[report(), routed()])]
    state: Case = CASE.fold(done[0].events)
    for (who, kind), minute in sorted(attempts, key=lambda attempt: attempt[1]):
        command = asked(who, kind, MONDAY + timedelta(minutes=minute))
        try:
            if not isinstance(command, commands.PassMoments):
                check_of(who, command)(state)
            new = CASE.decide(command, state)
        except Refusal:
            continue
        done.append(Done(who=who, events=new))
        state = CASE.fold(new, state)
    end = CASE.decide(commands.PassMoments(at=MONDAY + timedelta(days=400)), state)
    done.append(Done(who=PEOPLE[0], events=end))
    state = CASE.fold(end, state)
    assert isinstance(state, Opened)
    return state, done


def happened(done: Sequence[Done]) -> list[Any]:
    return [event for each in done for event in each.events]


@given(attempts)
def test_no_limit_moves_but_by_a_pause_and_beyond_the_sum_only_by_an_approved_one(attempts: Attempts) -> None:
    state, done = play(attempts)

    promised = {deadline.clock: deadline for deadline in report().deadlines}
    now = {clock.deadline.clock: clock.deadline for clock in state.file.clocks}
    paused = [event for event in happened(done) if isinstance(event, events.CasePaused)]
    moved = {kind for kind, deadline in promised.items() if now[kind] != deadline}
    assert moved <= ({ClockKind.RESOLUTION} if paused else set())
    if not any(event.pause_id for event in paused):
        by = OFFICE.between(promised[ClockKind.RESOLUTION].due_at, now[ClockKind.RESOLUTION].due_at)
        assert by <= OFFICE.between(MONDAY, promised[ClockKind.RESOLUTION].due_at)


@given(attempts)
def test_each_clock_warns_breaks_and_escalates_once_and_in_order(attempts: Attempts) -> None:
    _, done = play(attempts)

    marks = (events.DeadlineWarned, events.DeadlineBreached, events.CaseEscalated)
    for adjudications in (False, True):
        told = [
            event
            for event in happened(done)
            if isinstance(event, (*marks, events.AdjudicationOpened))
            and (isinstance(event, events.AdjudicationOpened) or event.clock is ClockKind.ADJUDICATION)
            is adjudications
        ]
        of_clocks = groupby(sorted(told, key=_clock_of), key=_clock_of) if not adjudications else _each(told)
        for _, each in of_clocks:
            passed = [getattr(event, "level", type(event)) for event in each]
            assert passed == [events.DeadlineWarned, events.DeadlineBreached, 1, 2, 3][: len(passed)]


def _clock_of(event: Any) -> str:
    return str(event.clock.value)


def _each(told: Sequence[Any]) -> list[tuple[int, list[Any]]]:
    """What was told of each adjudication."""
    found: list[tuple[int, list[Any]]] = []
    for event in told:
        if isinstance(event, events.AdjudicationOpened):
            found.append((len(found), []))
        else:
            found[-1][1].append(event)
    return found


@given(attempts)
def test_the_trail_tells_who_could_have_stopped_each_moment(attempts: Attempts) -> None:
    _, done = play(attempts)

    history = happened(done)
    for place, event in enumerate(history):
        if isinstance(event, events.DeadlineWarned | events.DeadlineBreached):
            before = CASE.fold(history[:place])
            assert isinstance(before, Opened)
            assert (event.body_id is None) != (event.deciding_path is None)
            assert event.body_id in (body_of(before), _returned_by(history[:place]))
            assert event.deciding_path in (None, "city", "city/harbour", "city/harbour/mole-street")


def _returned_by(history: Sequence[Any]) -> str | None:
    """The body that claimed to have answered until it gave the case back."""
    return next(
        (event.body_id for event in reversed(history) if isinstance(event, events.CaseReturned)), None
    )


def test_pauses_are_approved_in_many_plays() -> None:
    """Or the properties above and below would hold for want of pauses."""
    plays = list[bool]()

    @given(attempts)
    def each(attempts: Attempts) -> None:
        _, done = play(attempts)
        plays.append(any(isinstance(event, events.PauseApproved) for event in happened(done)))

    each()

    assert sum(plays) >= len(plays) / 10


@given(attempts)
def test_whoever_approves_is_of_the_area_above_and_works_for_another_body(attempts: Attempts) -> None:
    _, done = play(attempts)

    wanted = {event.pause_id: event for event in happened(done) if isinstance(event, events.PauseRequested)}
    for each in done:
        for event in each.events:
            if isinstance(event, events.PauseApproved):
                assert each.who.subject != wanted[event.pause_id].requested_by
                assert event.body_id not in {grant.body for grant in each.who.grants}
                assert each.who.reach("cases.dispatch", "cases.supervise").covers(
                    area_path=AreaPath("city/harbour")
                )
