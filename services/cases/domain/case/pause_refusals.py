"""The refusals about pauses, within their limit and beyond it. Part of the service's `refusals.py`."""

from collections.abc import Sequence
from datetime import datetime

from libs.ledger.decider import Kind, Refusal
from services.cases.domain.refusals import listed


def pause_reason_not_listed(code: str, known: Sequence[str]) -> Refusal:
    """Not a reason for which work on cases of this commitment may wait."""
    message = f"work does not wait for this reason: name one of {listed(known)}"
    return Refusal(Kind.PRECONDITION, "PAUSE_REASON_NOT_LISTED", message, reason=code, known=",".join(known))


def pause_limit_used(*, may_request: bool) -> Refusal:
    """All pauses together took as long as they may. `may_request`: a longer one may be requested now."""
    advice = "go on, or use RequestPause for a longer one" if may_request else "go on with the work"
    message = f"the pauses of this case are used up: {advice}"
    return Refusal(Kind.PRECONDITION, "PAUSE_LIMIT_USED", message)


def pause_within_limit(until: datetime, *, waiting: bool, lapsed: bool) -> Refusal:
    """Nobody needs approval for what the commitment allows."""
    if lapsed:
        advice = "use ResumeCase, then PauseCase"
    elif waiting:
        advice = f"the case waits already, and may until {until.isoformat()}"
    else:
        advice = "use PauseCase"
    message = f"this pause is within its limit, so it needs no approval: {advice}"
    return Refusal(Kind.PRECONDITION, "PAUSE_WITHIN_LIMIT", message, until_time=until.isoformat())


def pause_end_out_of_range(days: int) -> Refusal:
    """In the past, or a mistake such as a wrong year."""
    message = f"a pause must end in the future, within {days} days: give another until_time"
    return Refusal(Kind.INVALID, "PAUSE_END_OUT_OF_RANGE", message, field="until_time", days=str(days))


def pause_request_pending(pause_id: str) -> Refusal:
    """Only one request may wait at a time."""
    message = "a request for a pause of this case already awaits a decision: wait for it"
    return Refusal(Kind.PRECONDITION, "PAUSE_REQUEST_PENDING", message, pause_id=pause_id)


def pause_requests_used(most: int) -> Refusal:
    """A body may request three for a case."""
    message = f"a body may request a pause at most {most} times for a case: go on with the work"
    return Refusal(Kind.PRECONDITION, "PAUSE_REQUESTS_USED", message, most=str(most))


def pause_not_requested(pause_id: str) -> Refusal:
    """Decided, lapsed, no longer needed, or another one."""
    message = "no request with this pause_id awaits a decision: read the case to see what became of it"
    return Refusal(Kind.PRECONDITION, "PAUSE_NOT_REQUESTED", message, pause_id=pause_id)


def pause_decided_by_requester() -> Refusal:
    """Neither the person nor the body that requested it decides."""
    message = "you requested this pause, or act for the body that did: somebody else of the area decides"
    return Refusal(Kind.PERMISSION, "PAUSE_DECIDED_BY_REQUESTER", message)
