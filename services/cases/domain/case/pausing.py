"""Pauses: for a reason of the commitment's list, each as long as its reason allows, all as long as the sum.

While work waits the resolution clock stands still, but no longer than that: a pause that is used up lapses
by itself, and the clock runs on though work still waits.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from libs.rules.due import Limit, due
from libs.rules.working_time import ROUND_THE_CLOCK, Calendar, Counting, NeverAtWork
from services.cases.domain import refusals
from services.cases.domain.case import commands, events
from services.cases.domain.case.situations import CaseFile, InProgress, Waiting
from services.cases.domain.clocks import ClockKind, Deadline, resumed

_ALWAYS = Calendar(zone="UTC", week=(ROUND_THE_CLOCK,) * 7)
"""Counts the pauses of a case for which nothing is promised."""


def pause(command: commands.PauseCase, state: InProgress, at: datetime) -> events.CasePaused:
    """Work waits, until the reason's limit or the sum of all pauses is used up."""
    terms = state.file.terms
    reason = next((each for each in terms.pause_reasons if each.code == command.reason_code), None)
    if reason is None:
        known = [each.code for each in terms.pause_reasons]
        raise refusals.pause_reason_not_listed(command.reason_code, known)
    deadline = _resolution(state.file)
    calendar = command.calendars[deadline.calendar_id] if deadline else _ALWAYS
    try:
        left = _left(terms.pause_limit, state.file.pauses, at, calendar)
        until = min(due(at, reason.limit, calendar), left)
        warn_at = _share(at, until, terms.pause_limit, calendar)
    except NeverAtWork:
        raise refusals.limit_out_of_reach(deadline.calendar_id if deadline else "") from None
    if until <= at:
        raise refusals.pause_limit_used()
    return events.CasePaused(
        body_id=state.body_id,
        reason_code=command.reason_code,
        warn_at=warn_at,
        until=until,
        resolution=resumed(deadline, at, until, calendar) if deadline else None,
        at=at,
    )


def resume(state: Waiting, calendars: Mapping[str, Counting], at: datetime) -> events.CaseResumed:
    """Work goes on. The deadline is later by what the pause has taken, unless it has lapsed before."""
    deadline = None if state.lapsed else _resolution(state.file)
    later = resumed(deadline, state.paused_at, at, calendars[deadline.calendar_id]) if deadline else None
    return events.CaseResumed(body_id=state.body_id, resolution=later, at=at)


def _resolution(file: CaseFile) -> Deadline | None:
    """What is promised for the resolution."""
    kinds = {clock.deadline.clock: clock.deadline for clock in file.clocks}
    return kinds.get(ClockKind.RESOLUTION)


def _left(
    limit: Limit, pauses: Iterable[tuple[datetime, datetime]], at: datetime, calendar: Counting
) -> datetime:
    """When the sum of all pauses is used up by one that begins at `at`."""
    used = sum((_taken(start, end, limit, calendar) for start, end in pauses), timedelta())
    left = _taken(at, due(at, limit, calendar), limit, calendar) - used
    return _later(at, max(left, timedelta()), limit, calendar) if left > timedelta() else at


def _share(at: datetime, until: datetime, limit: Limit, calendar: Counting) -> datetime:
    """When three quarters of a pause are used up."""
    return _later(at, _taken(at, until, limit, calendar) * 3 / 4, limit, calendar)


def _taken(start: datetime, end: datetime, limit: Limit, calendar: Counting) -> timedelta:
    return calendar.between(start, end) if limit.unit.counts_work else end - start


def _later(at: datetime, time: timedelta, limit: Limit, calendar: Counting) -> datetime:
    return calendar.add(at, time) if limit.unit.counts_work else at + time
