"""Who may act on a case: the proto declares how far a grant must reach, here it is held against the case.

Each answers a check that the stream calls with the state the command meets.
"""

from collections.abc import Callable

from libs.query.reach import Reach, not_covered
from libs.rpc.call import Call
from services.cases.domain import refusals
from services.cases.domain.case import NotOpened, Opened, State, body_of

Permit = Callable[[State], None]

IMPORT_SCOPE = "cases.import"
"""Whoever holds it may date a command back (`occurred_time`)."""


def for_body(call: Call) -> Permit:
    """The caller acts for the body that must answer. A grant for an area alone is not enough."""

    def permit(state: State) -> None:
        opened = _opened(state)
        body, area_path = body_of(opened), opened.file.area_path
        for_bodies = Reach(tuple(limit for limit in call.reach.limits if limit.body or not limit.path))
        if not for_bodies.covers(area_path=area_path, body=body):
            raise not_covered(area_path, body)

    return _dated(call, permit)


def for_deciding_area(call: Call) -> Permit:
    """The caller dispatches in the area that decides: that of the case, or the next one up."""
    return _dated(call, lambda state: call.require(area_path=_opened(state).file.deciding_path))


def for_area_or_body(call: Call) -> Permit:
    """The caller's grant covers the area of the case, or is held for its body."""
    return _dated(call, lambda state: covered(call, _opened(state)))


def for_area(call: Call) -> Permit:
    """The caller's grant covers the area of the case."""
    return lambda state: call.require(area_path=_opened(state).file.area_path)


def for_reporter(call: Call) -> Permit:
    """The caller is the reporter; or imports history of the area, in which others acted."""

    def permit(state: State) -> None:
        file = _opened(state).file
        importing = call.caller.reach(IMPORT_SCOPE) if call.occurred_at is not None else Reach()
        if call.me != file.reporter_id and not importing.covers(area_path=file.area_path):
            call.require_self(file.reporter_id or "")

    return _dated(call, permit)


def dating(call: Call) -> Callable[[str], None]:
    """Whoever dates a thing back imports the history of the area in which it happened."""

    def check(area_path: str) -> None:
        importing = call.occurred_at is not None
        if importing and not call.caller.reach(IMPORT_SCOPE).covers(area_path=area_path):
            raise not_covered(area_path, None)

    return check


def covered(call: Call, state: Opened) -> None:
    """Refuse unless the caller's grants cover the area of the case or are held for its body."""
    call.require(area_path=state.file.area_path, body=body_of(state))


def sees_personal_data(call: Call, state: Opened) -> bool:
    """Whether the caller works on the case or dispatches it."""
    reach = call.caller.reach("cases.work", "cases.dispatch")
    return reach.covers(area_path=state.file.area_path, body=body_of(state))


def _dated(call: Call, permit: Permit) -> Permit:
    """The permit, and for imported history that of importing it here."""
    check = dating(call)

    def both(state: State) -> None:
        permit(state)
        check(_opened(state).file.area_path)

    return both


def _opened(state: State) -> Opened:
    if isinstance(state, NotOpened):
        raise refusals.case_not_found()
    return state
