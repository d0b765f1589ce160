"""The situations a case can be in, and how each event leads from one to the next.

What may be done in which situation is decided in `decide.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from libs.rules.areas import AreaPath
from services.cases.domain.case import events
from services.cases.domain.clocks import Clock, ClockKind, Deadline, MomentKind
from services.cases.domain.values import Channel, ExternalReference


class Adjudication(Enum):
    """Whether the next area up decides who must answer."""

    NONE = "none"
    OPEN = "open"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """What stays with a case whatever its situation. No personal data: that is read from the events."""

    case_id: str
    public_id: str
    affair_id: str
    area_path: AreaPath
    channel: Channel
    affair_path: str  # the affair and those above it, from the top, as routed
    reporter_id: str | None
    anonymous: bool
    assisted: bool
    external: ExternalReference | None
    opened_at: datetime
    acted_at: datetime  # when something happened last, moments of the clocks aside
    clocks: tuple[Clock, ...]
    held: bool  # imported history: the running clocks do not look after it yet
    deciding_path: AreaPath  # the area whose dispatchers decide who must answer
    adjudication: Adjudication = Adjudication.NONE
    receipt: str | None = None  # the digest of the code by which a reporter without an account comes back
    answered_by: str | None = None  # the body whose first answer counts
    returns: int = 0
    reopenings: int = 0
    notes: int = 0
    content_erased: bool = False

    @property
    def subject(self) -> str:
        """Under whose key the personal data of this case is kept."""
        return self.reporter_id or self.case_id

    @property
    def reporter_reads(self) -> bool:
        """Whether what is written to the reporter can reach them: by their account, or their receipt."""
        return self.reporter_id is not None or self.receipt is not None

    @property
    def last_at(self) -> datetime:
        """When something happened last, a moment of a clock included."""
        fired = (clock.fired_at(kind) for clock in self.clocks for kind in MomentKind)
        return max((self.acted_at, *(at for at in fired if at is not None)))


@dataclass(frozen=True, slots=True)
class NotOpened:
    """Nothing has happened yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Taken in; nobody answers for it."""

    file: CaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A body must answer, and has not yet."""

    file: CaseFile
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The body took it; work has not begun."""

    file: CaseFile
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """The body is at work."""

    file: CaseFile
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Work waits; the resolution clock stands still since `paused_at`."""

    file: CaseFile
    body_id: str
    paused_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The body says it is dealt with."""

    file: CaseFile
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Ended after its resolution."""

    file: CaseFile
    body_id: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Ended: not a matter for this community."""

    file: CaseFile
    body_id: str | None
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Ended: taken back by the reporter."""

    file: CaseFile
    body_id: str | None
    ended_at: datetime


Opened = Submitted | Routed | Accepted | InProgress | Waiting | Resolved | Closed | Rejected | Withdrawn
Case = NotOpened | Opened


def body_of(state: Opened) -> str | None:
    """The body that must answer, or answered last; None if none ever did."""
    return None if isinstance(state, Submitted) else state.body_id


def evolve(state: Case, event: events.CaseEvent) -> Case:  # noqa: C901  # one case for each event
    """The situation after one more event.

    Long on purpose: one `match` with a case for each event shows the whole life of a case at a glance.
    """
    if isinstance(event, events.CaseOpened):
        return Submitted(file=_file_of(event))
    if isinstance(state, NotOpened):
        raise TypeError(f"the history of a case begins with CaseOpened, not with {type(event).__name__}")
    if isinstance(event, events.CaseContentErased):  # beside the story: imported history goes on before it
        return replace(state, file=replace(state.file, content_erased=True))
    file = replace(state.file, acted_at=max(state.file.acted_at, event.at))
    match event:
        case events.CaseRouted(body_id=body, decision=decision):
            return Routed(file=replace(file, affair_path=decision.question.affair_path), body_id=body)
        case events.CaseUnowned(decision=decision):
            return Submitted(file=replace(file, affair_path=decision.question.affair_path))
        case events.CaseAccepted(body_id=body):
            return Accepted(file=_answered(file, body, event.at), body_id=body)
        case events.CaseReturned(returns=returns, response_void=void):
            file = replace(file, returns=returns)
            return Submitted(file=_unanswered(file) if void else file)
        case events.AdjudicationOpened(area_path=path):
            return Submitted(file=replace(file, adjudication=Adjudication.OPEN, deciding_path=path))
        case events.CaseReassigned(body_id=body):
            return Routed(file=_decided(file), body_id=body)
        case events.WorkStarted(body_id=body):
            return InProgress(file=_answered(file, body, event.at), body_id=body)
        case events.CasePaused(body_id=body, at=at):
            return Waiting(file=_with_resolution(file, paused_at=at), body_id=body, paused_at=at)
        case events.CaseResumed(body_id=body, resolution=later):
            return InProgress(file=_running_again(file, later), body_id=body)
        case events.NoteAdded():
            return replace(state, file=replace(file, notes=file.notes + 1))
        case events.ReporterAnswered(body_id=body):
            return replace(state, file=_answered(replace(file, notes=file.notes + 1), body, event.at))
        case events.CaseResolved(body_id=body, at=at):
            return Resolved(file=_with_resolution(_answered(file, body, at), met_at=at), body_id=body)
        case events.CaseClosed(body_id=body, at=at):
            return Closed(file=replace(file, held=False), body_id=body, ended_at=at)
        case events.CaseRejected(body_id=had, at=at):
            return Rejected(file=replace(file, held=False), body_id=had, ended_at=at)
        case events.CaseWithdrawn(body_id=had, at=at):
            return Withdrawn(file=replace(file, held=False), body_id=had, ended_at=at)
        case events.CaseReopened(body_id=body, imported=imported):
            file = replace(file, reopenings=file.reopenings + 1, held=imported or file.held)
            return Accepted(file=_with_resolution(file, met_at=None), body_id=body)
        case events.DeadlineWarned(clock=clock, at=at):
            return replace(state, file=_passing(state.file, clock, MomentKind.WARNING, at))
        case events.DeadlineBreached(clock=clock, at=at):
            return replace(state, file=_passing(state.file, clock, MomentKind.BREACH, at))
        case events.MomentAnnulled():
            return replace(state, file=_annulled(state.file, event))
        case events.CaseReleased():
            return replace(state, file=replace(file, held=False))


def _file_of(event: events.CaseOpened) -> CaseFile:
    return CaseFile(
        case_id=event.case_id,
        public_id=event.public_id,
        affair_id=event.affair_id,
        affair_path=event.affair_id,
        area_path=event.area_path,
        channel=event.channel,
        reporter_id=event.reporter_id,
        anonymous=event.anonymous,
        assisted=event.assisted,
        external=event.external,
        opened_at=event.at,
        acted_at=event.at,
        clocks=tuple(Clock(deadline=deadline) for deadline in event.deadlines),
        held=event.imported,
        receipt=event.receipt,
        deciding_path=event.area_path,
    )


def after(state: Opened, happened: Iterable[events.CaseEvent]) -> Opened:
    """The situation after some more events."""
    for event in happened:
        evolved = evolve(state, event)
        if isinstance(evolved, NotOpened):
            raise TypeError("no event makes a case unopened")
        state = evolved
    return state


def _answered(file: CaseFile, body_id: str, at: datetime) -> CaseFile:
    """The first answer counts; later ones change nothing."""
    if file.answered_by is not None:
        return file
    return _with_clock(replace(file, answered_by=body_id), ClockKind.FIRST_RESPONSE, met_at=at)


def _unanswered(file: CaseFile) -> CaseFile:
    """Who answered has given the case back: nobody has answered."""
    return _with_clock(replace(file, answered_by=None), ClockKind.FIRST_RESPONSE, met_at=None)


def _decided(file: CaseFile) -> CaseFile:
    if file.adjudication is Adjudication.NONE:
        return file
    return replace(file, adjudication=Adjudication.DECIDED)


def _running_again(file: CaseFile, later: Deadline | None) -> CaseFile:
    if later is None:
        return file
    return _with_resolution(file, paused_at=None, deadline=later)


def _with_resolution(file: CaseFile, **changes: object) -> CaseFile:
    return _with_clock(file, ClockKind.RESOLUTION, **changes)


def _passing(file: CaseFile, kind: ClockKind, moment: MomentKind, at: datetime) -> CaseFile:
    clocks = (clock.passing(moment, at) if clock.deadline.clock is kind else clock for clock in file.clocks)
    return replace(file, clocks=tuple(clocks))


def _annulled(file: CaseFile, event: events.MomentAnnulled) -> CaseFile:
    """Whatever else the wrong clock dated into the future holds the case up no longer, either."""
    clocks = (
        clock.without(event.moment) if clock.deadline.clock is event.clock else clock for clock in file.clocks
    )
    return replace(file, clocks=tuple(clocks), acted_at=event.at)


def _with_clock(file: CaseFile, kind: ClockKind, **changes: object) -> CaseFile:
    clocks = (
        replace(clock, **changes) if clock.deadline.clock is kind else clock  # type: ignore[arg-type]  # named by the callers
        for clock in file.clocks
    )
    return replace(file, clocks=tuple(clocks))
