"""What each event does to the clocks of a case: starts, stops and moves them, and records what has passed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.cases.domain.case import events
from services.cases.domain.clocks import Clock, ClockKind, MomentKind

Clocks = tuple[Clock, ...]


def started(event: events.CaseOpened) -> Clocks:
    """The clocks of a new case: all of them run from its opening."""
    return tuple(Clock(deadline=deadline) for deadline in event.deadlines)


def clocks_after(clocks: Clocks, event: events.CaseEvent) -> Clocks:  # noqa: C901  # a table
    """The clocks after one more event."""
    match event:
        case events.CaseRouted(at=at):
            return _met(clocks, at, ClockKind.DISPATCH)
        case events.CaseReassigned(at=at):
            return _met(clocks, at, ClockKind.ANSWER, ClockKind.DISPATCH, ClockKind.ADJUDICATION)
        case events.CaseReturned(response_void=void, at=at):
            again = (ClockKind.DISPATCH, ClockKind.FIRST_RESPONSE) if void else (ClockKind.DISPATCH,)
            return _unmet(_met(clocks, at, ClockKind.ANSWER), *again)
        case events.CaseAccepted(at=at) | events.WorkStarted(at=at) | events.ReporterAnswered(at=at):
            return _met(clocks, at, ClockKind.ANSWER, ClockKind.FIRST_RESPONSE)
        case events.CaseResolved(at=at):
            return _met(clocks, at, ClockKind.ANSWER, ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION)
        case events.AdjudicationOpened(deadline=deadline) if deadline is not None:
            others = (clock for clock in clocks if clock.deadline.clock is not ClockKind.ADJUDICATION)
            return (*others, Clock(deadline=deadline))  # another area decides, within a time of its own
        case events.CaseRejected(at=at):
            return _met(clocks, at, ClockKind.ADJUDICATION)
        case events.CaseReopened():
            return _unmet(clocks, ClockKind.RESOLUTION)
        case events.RejectionContested():  # nobody has the case; a pause that the rejection cut off is over
            open_again = _unmet(clocks, ClockKind.DISPATCH)
            return _each(open_again, lambda clock: replace(clock, paused_at=None), ClockKind.RESOLUTION)
        case events.CasePaused(at=at):
            return _each(clocks, lambda clock: replace(clock, paused_at=at), ClockKind.RESOLUTION)
        case events.CaseResumed(resolution=later) | events.PauseLapsed(resolution=later) if later is not None:
            return _each(
                clocks, lambda clock: replace(clock, paused_at=None, deadline=later), ClockKind.RESOLUTION
            )
        case events.DeadlineWarned(clock=kind, at=at):
            return _each(clocks, lambda clock: clock.passing(MomentKind.WARNING, at), kind)
        case events.DeadlineBreached(clock=kind, at=at):
            return _each(clocks, lambda clock: clock.passing(MomentKind.BREACH, at), kind)
        case events.CaseEscalated(clock=kind, at=at):
            return _each(clocks, lambda clock: clock.escalating(at), kind)
        case events.EscalationAcknowledged(clock=kind, level=level, at=at):
            return _each(clocks, lambda clock: clock.acknowledging(level, at), kind)
        case events.DuplicateAdded(clocks=joined) | events.DuplicateRemoved(clocks=joined):
            return joined
        case events.MomentAnnulled(clock=kind, moment=moment):
            return _each(clocks, lambda clock: clock.without(moment), kind)
        case _:
            return clocks


def _met(clocks: Clocks, at: datetime, *kinds: ClockKind) -> Clocks:
    """What they measure has been done; what is done again later changes nothing."""
    return _each(clocks, lambda clock: replace(clock, met_at=clock.met_at or at), *kinds)


def _unmet(clocks: Clocks, *kinds: ClockKind) -> Clocks:
    """They go on as if they had never stopped: what would have passed meanwhile has passed."""
    return _each(clocks, lambda clock: replace(clock, met_at=None), *kinds)


def _each(clocks: Clocks, change: Callable[[Clock], Clock], *kinds: ClockKind) -> Clocks:
    return tuple(change(clock) if clock.deadline.clock in kinds else clock for clock in clocks)
