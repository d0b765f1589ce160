"""What happens to a case by itself, when its moment comes and nobody has acted."""

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter

from services.cases.domain.case.events import (
    CaseClosed,
    CaseEscalated,
    CaseEvent,
    DeadlineBreached,
    DeadlineWarned,
    PauseLapsed,
    PauseRequestLapsed,
    PauseWarned,
)
from services.cases.domain.case.evolve import after
from services.cases.domain.case.situations import (
    Confirmed,
    InProgress,
    Merged,
    Opened,
    Rejected,
    Resolved,
    Waiting,
    Withdrawn,
    body_of,
)
from services.cases.domain.clocks import Clock
from services.cases.domain.values import Closing

OfClock = DeadlineWarned | DeadlineBreached | CaseEscalated
ByItself = OfClock | PauseWarned | PauseLapsed | PauseRequestLapsed | CaseClosed


def passed(state: Opened, at: datetime, body_id: str | None = None) -> list[CaseEvent]:
    """What has happened by itself before `at` and is not recorded yet, each at its own moment, in order.

    One after the other, because what happens at one moment may move the next. `body_id` had the case in
    the meantime if `state` no longer says so.
    """
    happened: list[CaseEvent] = []
    while (event := _next(state, body_id)) is not None and event.at < at:
        happened.append(event)
        state = after(state, [event])
    return happened


def _next(state: Opened, body_id: str | None) -> ByItself | None:
    """What happens next if nobody acts; None if nothing does."""
    waiting: list[ByItself] = [*_of_clocks(state, body_id or body_of(state))]
    if isinstance(state, Resolved | Confirmed) and not state.file.held:
        waiting.append(_silence(state))
    if isinstance(state, Waiting) and not state.lapsed and state.until is not None:
        waiting.append(_of_pause(state, state.until))
    if isinstance(state, InProgress | Waiting) and (request := state.file.pause_request) is not None:
        waiting.append(
            PauseRequestLapsed(
                pause_id=request.pause_id,
                body_id=state.body_id,
                area_path=request.area_path,
                at=request.decide_by,
            )
        )
    return min(waiting, key=attrgetter("at"), default=None)


def _of_clocks(state: Opened, body_id: str | None) -> Iterator[OfClock]:
    """The next moment of each clock. The body could have stopped it; without one, those who must name one."""
    if isinstance(state, Rejected | Withdrawn | Merged):
        return
    deciding = None if body_id else state.file.deciding_path
    for clock in state.file.clocks:
        kind, at = clock.deadline.clock, clock.next_moment()
        if at is None:
            continue
        if clock.breached:
            yield _escalated(clock, at, body_id)
        elif clock.warned:
            yield DeadlineBreached(clock=kind, body_id=body_id, deciding_path=deciding, at=at)
        else:
            due_at = clock.deadline.due_at
            yield DeadlineWarned(clock=kind, body_id=body_id, deciding_path=deciding, due_at=due_at, at=at)


def _of_pause(state: Waiting, until: datetime) -> PauseWarned | PauseLapsed:
    """The pause is nearly, or wholly, used up."""
    if state.warn_at is not None:
        return PauseWarned(body_id=state.body_id, until=until, at=state.warn_at)
    return PauseLapsed(body_id=state.body_id, resolution=state.later, at=until)


def _silence(state: Resolved | Confirmed) -> CaseClosed:
    """The time to answer is over: nobody has objected. One of several reporters does not confirm for all."""
    at = state.confirm_until
    confirmed = isinstance(state, Confirmed) and state.by_all
    cause = Closing.CONFIRMED if confirmed else Closing.SILENCE
    reopen_until = at + state.file.terms.reopening
    return CaseClosed(body_id=state.body_id, cause=cause, reopen_until=reopen_until, at=at)


def _escalated(clock: Clock, at: datetime, body_id: str | None) -> CaseEscalated:
    """The next step of a clock whose limit is used up."""
    told = len(clock.escalated)
    step = clock.deadline.steps[told]
    return CaseEscalated(
        clock=clock.deadline.clock,
        level=told + 1,
        recipient=step.recipient,
        area_path=step.area_path,
        body_id=body_id,
        sooner=at < step.at,
        at=at,
    )
