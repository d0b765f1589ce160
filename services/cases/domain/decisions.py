"""What may be done with a case in which situation, and what comes of it."""

from datetime import datetime, timedelta

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.cases.domain import refusals
from services.cases.domain.case import (
    Accepted,
    Adjudication,
    CaseFile,
    Closed,
    InProgress,
    NotOpened,
    Opened,
    Rejected,
    Resolved,
    Routed,
    State,
    Submitted,
    Waiting,
    Withdrawn,
    evolve,
)
from services.cases.domain.clocks import ClockKind, Warned, passed, promise, resumed
from services.cases.domain.commands import (
    AcceptCase,
    AddNote,
    CloseCase,
    Command,
    OpenCase,
    PassMoments,
    PauseCase,
    ReassignCase,
    RejectCase,
    ReleaseCase,
    ReopenCase,
    ResolveCase,
    ResumeCase,
    ReturnCase,
    StartWork,
    WithdrawCase,
)
from services.cases.domain.events import (
    AdjudicationOpened,
    CaseAccepted,
    CaseClosed,
    CaseOpened,
    CasePaused,
    CaseReassigned,
    CaseRejected,
    CaseReleased,
    CaseReopened,
    CaseResolved,
    CaseResumed,
    CaseReturned,
    CaseRouted,
    CaseUnowned,
    CaseWithdrawn,
    DeadlineBreached,
    DeadlineWarned,
    Event,
    NoteAdded,
    WorkStarted,
)
from services.cases.domain.routing import Question, route
from services.cases.domain.values import parent_of

RETURNS_BEFORE_ADJUDICATION = 2
REOPENING_WINDOW = timedelta(days=30)
CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two machines may differ before a live command counts as out of order."""


def decide(command: Command, state: State) -> list[Event]:
    """What comes of a command; may refuse. First of all the moments before the command pass."""
    if isinstance(command, OpenCase):
        return _open(command, state)
    if isinstance(state, NotOpened):
        raise refusals.case_not_found()
    if isinstance(command, PassMoments) and state.file.held:
        return []
    at = _in_order(command, state.file)
    moments = _moments(state, at)
    return [*moments, *_act(command, _after(state, moments), at)]


def _act(command: Command, state: Opened, at: datetime) -> list[Event]:  # noqa: C901  # a table
    """The table of the service: which command in which situation leads to what."""
    match command, state:
        case AcceptCase(), Routed(body_id=body):
            return [CaseAccepted(body_id=body, at=at)]
        case ReturnCase(), Routed(body_id=body) | Accepted(body_id=body):
            return _return(state.file, body, at)
        case ReassignCase(), Submitted():
            return _reassign(command, None, at)
        case ReassignCase(), Routed(body_id=body) | Accepted(body_id=body) | InProgress(body_id=body):
            return _reassign(command, body, at)
        case StartWork(), Routed(body_id=body) | Accepted(body_id=body):
            return [WorkStarted(body_id=body, at=at)]
        case PauseCase(), InProgress(body_id=body):
            return [CasePaused(body_id=body, at=at)]
        case ResumeCase(), Waiting():
            return _resume(command, state, at)
        case AddNote(), _:
            return [_note(command, state.file, at)]
        case ResolveCase(), Routed(body_id=body) | Accepted(body_id=body) | InProgress(body_id=body):
            return [_resolved(command, state.file, body, at)]
        case CloseCase(), Resolved(body_id=body):
            return [CaseClosed(body_id=body, at=at)]
        case WithdrawCase(), Submitted() | Routed() | Accepted() | InProgress() | Waiting():
            return [CaseWithdrawn(body_id=body_of(state), at=at)]
        case RejectCase(), Submitted() | Routed() | Accepted() | InProgress() | Waiting():
            return [CaseRejected(body_id=body_of(state), at=at)]
        case ReopenCase(), Resolved() | Closed():
            return _reopen(command, state, at)
        case PassMoments(), _:
            return []
        case ReleaseCase(), _:
            return [CaseReleased(at=at)] if state.file.held else []
        case _:
            raise refusals.state_forbids(type(command).__name__, type(state).__name__)


def body_of(state: Opened) -> str | None:
    """The body that must answer, or answered last; None if none ever did."""
    return None if isinstance(state, Submitted) else state.body_id


def _open(command: OpenCase, state: State) -> list[Event]:
    if not isinstance(state, NotOpened):
        raise refusals.case_exists(state.file.public_id)
    facts = command.facts
    affair_id = facts.affair_path.rpartition("/")[2]
    if command.anonymous and (command.reporter_id or command.contact):
        raise refusals.anonymous_with_name()
    if command.anonymous and not facts.anonymous_allowed:
        raise refusals.anonymous_not_allowed(affair_id)
    subject = command.reporter_id or command.case_id
    opened = CaseOpened(
        case_id=command.case_id,
        public_id=command.public_id,
        affair_id=affair_id,
        area_path=facts.area_path,
        channel=command.channel,
        at=command.at,
        deadlines=promise(facts.commitment, facts.calendar, command.at),
        reporter_id=command.reporter_id,
        anonymous=command.anonymous,
        assisted=command.assisted,
        imported=command.imported,
        external=command.external,
        point=command.point,
        description=_personal(subject, command.description),
        address=_personal(subject, command.address),
        contact=_personal(subject, command.contact),
    )
    return [opened, _routed(command)]


def _routed(command: OpenCase) -> CaseRouted | CaseUnowned:
    facts = command.facts
    question = Question(
        affair_path=facts.affair_path, area_path=facts.area_path, at=command.at, known=facts.known
    )
    decision = route(facts.responsibilities, question)
    if decision.body_id is None:
        return CaseUnowned(decision=decision, at=command.at)
    return CaseRouted(body_id=decision.body_id, decision=decision, at=command.at)


def _return(file: CaseFile, body_id: str, at: datetime) -> list[Event]:
    if file.adjudication is Adjudication.DECIDED:
        raise refusals.decided_by_adjudication(file.deciding_path)
    returns = file.returns + 1
    returned = CaseReturned(body_id=body_id, returns=returns, at=at)
    if returns < RETURNS_BEFORE_ADJUDICATION:
        return [returned]
    return [returned, AdjudicationOpened(area_path=parent_of(file.area_path), at=at)]


def _reassign(command: ReassignCase, from_body: str | None, at: datetime) -> list[Event]:
    if not command.body_known:
        raise refusals.body_unknown(command.body_id)
    if command.body_id == from_body:
        raise refusals.body_has_case(command.body_id)
    return [CaseReassigned(from_body_id=from_body, body_id=command.body_id, at=at)]


def _resume(command: ResumeCase, state: Waiting, at: datetime) -> list[Event]:
    resolution = None
    for clock in state.file.clocks:
        if clock.deadline.clock is ClockKind.RESOLUTION:
            calendar = command.calendars[clock.deadline.calendar_id]
            resolution = resumed(clock.deadline, state.paused_at, at, calendar)
    return [CaseResumed(body_id=state.body_id, resolution=resolution, at=at)]


def _note(command: AddNote, file: CaseFile, at: datetime) -> NoteAdded:
    return NoteAdded(
        note_id=f"note-{file.notes + 1}",
        text=Personal(file.subject, command.text),
        to_reporter=command.to_reporter,
        at=at,
    )


def _resolved(command: ResolveCase, file: CaseFile, body_id: str, at: datetime) -> CaseResolved:
    on_time = all(clock.on_time for clock in file.clocks if clock.deadline.clock is ClockKind.RESOLUTION)
    outcome = _personal(file.subject, command.outcome)
    return CaseResolved(body_id=body_id, on_time=on_time, outcome=outcome, at=at)


def _reopen(command: ReopenCase, state: Resolved | Closed, at: datetime) -> list[Event]:
    if isinstance(state, Closed) and at - state.ended_at > REOPENING_WINDOW:
        raise refusals.reopening_window_over(state.ended_at)
    reopened = CaseReopened(
        body_id=state.body_id, by_reporter=command.by_reporter, imported=command.imported, at=at
    )
    # The clocks go on as if they had never stopped: what would have passed meanwhile has passed.
    return [reopened, *_moments(_after(state, [reopened]), at)]


def _in_order(command: Command, file: CaseFile) -> datetime:
    """The moment of the command, which never lies before the last thing that happened."""
    if command.at >= file.last_at:
        return command.at
    if isinstance(command, ReleaseCase) or (not file.held and file.last_at - command.at <= CLOCK_SKEW):
        return file.last_at
    raise refusals.out_of_order(command.at, file.last_at)


def _moments(state: Opened, at: datetime) -> list[Event]:
    """The moments of the clocks that lie before `at` and have not been dealt with, in order."""
    if isinstance(state, Rejected | Withdrawn):
        return []
    return [
        DeadlineWarned(
            clock=moment.deadline.clock,
            body_id=body_of(state),
            due_at=moment.deadline.due_at,
            at=moment.at,
        )
        if isinstance(moment, Warned)
        else DeadlineBreached(clock=moment.deadline.clock, body_id=body_of(state), at=moment.at)
        for moment in passed(state.file.clocks, at)
    ]


def _after(state: Opened, events: list[Event]) -> Opened:
    after: State = state
    for event in events:
        after = evolve(after, event)
    if isinstance(after, NotOpened):
        raise TypeError("no event makes a case unopened")
    return after


def _personal(subject: str, value: str) -> Personal | None:
    return Personal(subject, value) if value else None


CASE: Decider[Command, State, Event] = Decider(
    category="case", initial=NotOpened(), decide=decide, evolve=evolve
)
