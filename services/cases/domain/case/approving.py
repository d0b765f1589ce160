"""Pauses beyond their limit: a body requests one and the next area up decides; the requester may not.

Until then, and where nobody decides, the clocks just go on. An approval begins one pause; it is used up when
that pause ends.
"""

from datetime import datetime, timedelta

from libs.rules.areas import parent_of
from libs.rules.due import due
from libs.rules.working_time import NeverAtWork
from services.cases.domain import refusals
from services.cases.domain.case import pause_refusals, pause_requests, pausing
from services.cases.domain.case.events import CaseEvent, CasePaused
from services.cases.domain.case.evolve import after
from services.cases.domain.case.situations import InProgress, PauseRequest, Waiting

LONGEST = timedelta(days=366)
"""A pause that would take longer is a mistake, such as a wrong year."""


def request(
    command: pause_requests.RequestPause, state: InProgress | Waiting, at: datetime
) -> pause_requests.PauseRequested:
    """The next area up decides, within the time that the commitment gives to adjudicate."""
    file, area = state.file, parent_of(state.file.area_path) or state.file.area_path
    reason = pausing.listed(command.reason_code, file.terms)
    if file.pause_request is not None:
        raise pause_refusals.pause_request_pending(file.pause_request.pause_id)
    if pausing.requested(file, state.body_id) >= pausing.MOST_REQUESTS:
        raise pause_refusals.pause_requests_used(pausing.MOST_REQUESTS)
    if not at < command.until <= at + LONGEST:
        raise pause_refusals.pause_end_out_of_range(LONGEST.days)
    calendar, deadline = pausing.calendar_of(file, command.calendars), pausing.resolution_of(file.clocks)
    office = pausing.counting(deadline, command.calendars) if deadline else pausing.ALWAYS
    waiting = isinstance(state, Waiting)
    lapsed = isinstance(state, Waiting) and state.lapsed
    allowed = state.until if isinstance(state, Waiting) and not lapsed else None
    try:
        allowed = allowed or pausing.allowed_until(reason, file, at, calendar)
        decide_by = due(at, file.terms.adjudication, office)
    except NeverAtWork:
        raise refusals.limit_out_of_reach(pausing.calendar_id_of(file)) from None
    if command.until <= allowed:
        raise pause_refusals.pause_within_limit(allowed, waiting=waiting, lapsed=lapsed)
    return pause_requests.PauseRequested(
        pause_id=f"pause-{len(file.pause_requests) + 1}",
        body_id=state.body_id,
        reason_code=command.reason_code,
        until=command.until,
        area_path=area,
        decide_by=min(decide_by, command.until),
        requested_by=command.requested_by,
        at=at,
    )


def approve(
    command: pause_requests.ApprovePause, state: InProgress | Waiting, at: datetime
) -> list[CaseEvent]:
    """The pause begins now. One that lasts ends; what was used up before stays used up."""
    requested = _requested(command, state)
    if requested.until <= at:
        raise pause_refusals.pause_not_requested(command.pause_id)
    ended: list[CaseEvent] = []
    if isinstance(state, Waiting):
        ended.append(pausing.resume(state, command.calendars, at))
    approved = pause_requests.PauseApproved(
        pause_id=requested.pause_id,
        body_id=state.body_id,
        area_path=requested.area_path,
        until=requested.until,
        at=at,
    )
    file = after(state, ended).file
    warn_at, later = pausing.planned(file, at, requested.until, pausing.calendar_of(file, command.calendars))
    paused = CasePaused(
        body_id=state.body_id,
        reason_code=requested.reason_code,
        warn_at=warn_at,
        until=requested.until,
        resolution=later,
        pause_id=requested.pause_id,
        at=at,
    )
    return [*ended, approved, paused]


def refuse(
    command: pause_requests.RefusePause, state: InProgress | Waiting, at: datetime
) -> pause_requests.PauseRefused:
    """Nothing changes: the clocks have never stopped."""
    requested = _requested(command, state)
    return pause_requests.PauseRefused(
        pause_id=requested.pause_id, body_id=state.body_id, area_path=requested.area_path, at=at
    )


def _requested(
    command: pause_requests.ApprovePause | pause_requests.RefusePause, state: InProgress | Waiting
) -> PauseRequest:
    """The request that waits for a decision, if it is the one that the command names."""
    requested = state.file.pause_request
    if requested is None or requested.pause_id != command.pause_id:
        raise pause_refusals.pause_not_requested(command.pause_id)
    if requested.requested_by == command.decided_by:
        raise pause_refusals.pause_decided_by_requester()
    return requested
