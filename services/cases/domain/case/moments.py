"""What happens to a case by itself, when its moment comes and nobody has acted."""

from datetime import datetime
from operator import itemgetter

from services.cases.domain.case.events import CaseEvent, DeadlineBreached, DeadlineWarned
from services.cases.domain.case.situations import Opened, Rejected, Withdrawn, after, body_of
from services.cases.domain.clocks import Clock


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


def _next(state: Opened, body_id: str | None) -> DeadlineWarned | DeadlineBreached | None:
    """What happens next if nobody acts; None if nothing does."""
    if isinstance(state, Rejected | Withdrawn):
        return None
    waiting = [(at, clock) for clock in state.file.clocks if (at := clock.next_moment())]
    if not waiting:
        return None
    at, clock = min(waiting, key=itemgetter(0))
    return _of_clock(clock, at, state, body_id or body_of(state))


def _of_clock(
    clock: Clock, at: datetime, state: Opened, body_id: str | None
) -> DeadlineWarned | DeadlineBreached:
    """The next moment of a clock. The body could have stopped it; without one, those who must name one."""
    kind, deciding = clock.deadline.clock, None if body_id else state.file.deciding_path
    if clock.warned:
        return DeadlineBreached(clock=kind, body_id=body_id, deciding_path=deciding, at=at)
    due_at = clock.deadline.due_at
    return DeadlineWarned(clock=kind, body_id=body_id, deciding_path=deciding, due_at=due_at, at=at)
