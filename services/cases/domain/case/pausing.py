"""Pauses: for a reason of the commitment's list, each as long as its reason allows, all as long as the sum.

While work waits the resolution clock stands still, but no longer than that: a pause that is used up lapses
by itself, and the clock runs on though work still waits. Beyond that a pause needs approval: `approving.py`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from libs.rules.due import Limit, due
from libs.rules.working_time import ROUND_THE_CLOCK, Calendar, Counting, NeverAtWork
from services.cases.domain import refusals
from services.cases.domain.case import commands, events, pause_refusals
from services.cases.domain.case.situations import CaseFile, InProgress, Waiting
from services.cases.domain.case.terms import CaseTerms, PauseReason
from services.cases.domain.clocks import Clock, ClockKind, Deadline, resumed

ALWAYS = Calendar(zone="UTC", week=(ROUND_THE_CLOCK,) * 7)
"""Day and night: counts the pauses of a case whose limit runs so, or for which nothing is promised."""
MOST_REQUESTS = 3
"""How often one body may request a pause of one case."""


def pause(command: commands.PauseCase, state: InProgress, at: datetime) -> events.CasePaused:
    """Work waits, until the reason's limit or the sum of all pauses is used up."""
    reason = listed(command.reason_code, state.file.terms)
    calendar = calendar_of(state.file, command.calendars)
    try:
        until = allowed_until(reason, state.file, at, calendar)
    except NeverAtWork:
        raise refusals.limit_out_of_reach(calendar_id_of(state.file)) from None
    if until <= at:
        raise pause_refusals.pause_limit_used(may_request=may_request(state.file, state.body_id))
    warn_at, later = planned(state.file, at, until, calendar)
    return events.CasePaused(
        body_id=state.body_id,
        reason_code=command.reason_code,
        warn_at=warn_at,
        until=until,
        resolution=later,
        at=at,
    )


def listed(code: str, terms: CaseTerms) -> PauseReason:
    """The reason of the list that a code names. Refuses PAUSE_REASON_NOT_LISTED."""
    for reason in terms.pause_reasons:
        if reason.code == code:
            return reason
    raise pause_refusals.pause_reason_not_listed(code, [each.code for each in terms.pause_reasons])


def allowed_until(reason: PauseReason, file: CaseFile, at: datetime, calendar: Counting) -> datetime:
    """How long a pause from `at` on may last without approval; `at` itself or before if not at all.

    Raises `NeverAtWork`.
    """
    left = _left(file.terms.pause_limit, file.pauses_of_all, at, calendar)
    return min(due(at, reason.limit, calendar), left)


def may_request(file: CaseFile, body_id: str) -> bool:
    """Whether a body may request a longer pause: none awaits a decision, and it has not asked too often."""
    return file.pause_request is None and requested(file, body_id) < MOST_REQUESTS


def requested(file: CaseFile, body_id: str) -> int:
    """How often a body has requested a pause of this case."""
    return [each.body_id for each in file.pause_requests].count(body_id)


def sum_used_up(
    file: CaseFile,
    pauses: Iterable[tuple[datetime, datetime]],
    at: datetime,
    calendars: Mapping[str, Counting],
) -> datetime:
    """When one more pause, from `at` on, would use up the sum of all. Refuses CALENDAR_UNKNOWN."""
    try:
        return _left(file.terms.pause_limit, pauses, at, calendar_of(file, calendars))
    except NeverAtWork:
        raise refusals.limit_out_of_reach(calendar_id_of(file)) from None


def planned(
    file: CaseFile, at: datetime, until: datetime, calendar: Counting
) -> tuple[datetime, Deadline | None]:
    """When a pause is to be warned of, and when the resolution is due if all of it is used."""
    deadline = resolution_of(file.clocks)
    try:
        warn_at = _share(at, until, file.terms.pause_limit, calendar)
    except NeverAtWork:
        raise refusals.limit_out_of_reach(calendar_id_of(file)) from None
    return warn_at, resumed(deadline, at, until, calendar) if deadline else None


def calendar_of(file: CaseFile, calendars: Mapping[str, Counting]) -> Counting:
    """What counts the pauses of a case: day and night where its limit does. Refuses CALENDAR_UNKNOWN.

    Else pauses over night would use up no working time, and yet move such a limit.
    """
    deadline = resolution_of(file.clocks)
    if deadline is None or not deadline.limit.unit.counts_work:
        return ALWAYS
    return counting(deadline, calendars)


def counting(deadline: Deadline, calendars: Mapping[str, Counting]) -> Counting:
    """What counts a deadline. Refuses CALENDAR_UNKNOWN."""
    if deadline.calendar_id not in calendars:
        raise refusals.calendar_unknown(deadline.calendar_id)
    return calendars[deadline.calendar_id]


def calendar_id_of(file: CaseFile) -> str:
    """Its id; "" where nothing is promised."""
    deadline = resolution_of(file.clocks)
    return deadline.calendar_id if deadline else ""


def resume(state: Waiting, calendars: Mapping[str, Counting], at: datetime) -> events.CaseResumed:
    """Work goes on. The deadline is later by what the pause has taken, unless it has lapsed before."""
    deadline = None if state.lapsed else resolution_of(state.file.clocks)
    later = resumed(deadline, state.paused_at, at, counting(deadline, calendars)) if deadline else None
    return events.CaseResumed(body_id=state.body_id, resolution=later, at=at)


def resolution_of(clocks: Iterable[Clock]) -> Deadline | None:
    """What is promised for the resolution."""
    return next((each.deadline for each in clocks if each.deadline.clock is ClockKind.RESOLUTION), None)


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
