"""What a request means for its case: the commands that are still missing, and what is not as it was."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from services.command.imports.known import Known
from services.command.imports.mapping import Map
from services.command.imports.requests import Request

_ENDS = {
    "closed": types.CASE_STATE_CLOSED,
    "withdrawn": types.CASE_STATE_WITHDRAWN,
    "rejected": types.CASE_STATE_REJECTED,
}
_SAID: Mapping[int, str] = {state: word for word, state in _ENDS.items()}
_STARTED = frozenset({types.CASE_STATE_IN_PROGRESS, types.CASE_STATE_WAITING})
_RESOLVED = frozenset({types.CASE_STATE_RESOLVED, types.CASE_STATE_CONFIRMED})


@dataclass(frozen=True, slots=True)
class Step:
    """One rpc of the cases service; its request lacks the case's id until it is known."""

    rpc: str
    request: Message


@dataclass(frozen=True, slots=True)
class Story:
    """What is left to be told of a request.

    `past` says what the file tells otherwise than the platform has it: it is listed, not forced. `body_id` is
    the body that must have the case ("": whichever the list names).
    """

    number: str
    line: int
    case_id: str
    steps: Sequence[Step]
    past: Sequence[str] = ()
    body_id: str = ""
    reassign: Step | None = None


def story(request: Request, by: Map, known: Known | None) -> Story:
    """The commands for a request; `known` is its case, if it is there."""
    if known is None:
        steps = [_open(request, by), *([] if request.unowned else _steps(request, by, _Stage()))]
        reassign = _reassign(request, by, request.opened)
        return Story(request.number, request.line, "", steps, (), request.body_id, reassign)
    past = list(_past(request, known))
    ended = known.state in _SAID
    steps = [] if ended or request.unowned else list(_steps(request, by, _stage(known)))
    moment = min(filter(None, (request.responded, request.ended, request.updated)))
    reassign = None if ended or not request.body_id else _reassign(request, by, moment)
    if known.body_id == request.body_id:
        reassign = None
    return Story(request.number, request.line, known.case_id, steps, past, request.body_id, reassign)


@dataclass(frozen=True, slots=True)
class _Stage:
    """How far a case is."""

    started: bool = False
    resolved: bool = False


def _stage(known: Known) -> _Stage:
    resolved = known.state in _RESOLVED
    return _Stage(started=resolved or known.state in _STARTED, resolved=resolved)


def _past(request: Request, known: Known) -> Iterator[str]:
    """What has happened by the platform's account, and otherwise by the file's."""
    if request.opened != known.opened:
        yield f"opened {_shown(known.opened)}, now {_shown(request.opened)}"
    if request.affair_id != known.affair_id:
        yield f"affair {known.affair_id}, now {request.affair_id}"
    if known.state in _SAID:
        was, now = _SAID[known.state], request.state
        if was != now:
            yield f"{was} {_shown(known.ended)}, now {now}"
        elif known.ended != request.ended:
            yield f"{was} {_shown(known.ended)}, now {_shown(request.ended)}"
        if request.body_id and request.body_id != known.body_id:
            yield f"ended with body {known.body_id or 'none'}, now {request.body_id}"
        return
    if known.state in _RESOLVED and request.state not in {"resolved", "closed"}:
        yield f"resolved, now {request.state}"
    if known.state in _STARTED and request.state == "open" and request.responded is None:
        yield "started, now open"
    if request.responded is not None and known.responded not in {None, request.responded}:
        yield f"first response {_shown(known.responded)}, now {_shown(request.responded)}"


def _shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else "without a time"


def _steps(request: Request, by: Map, stage: _Stage) -> Iterator[Step]:
    """What follows the opening, from a stage on."""
    if request.responded is not None and not stage.started:
        yield _dated(pb.StartWorkRequest(), request.responded, request, by)
    elif request.state == "started" and not stage.started:
        yield _dated(pb.StartWorkRequest(), request.updated, request, by)
    if request.ended is None:
        return
    match request.state:
        case "resolved" | "closed":
            if not stage.resolved:
                resolution = pb.ResolveCaseRequest(outcome_code=request.outcome)
                yield _dated(resolution, request.ended, request, by)
            if request.state == "closed":
                yield _dated(pb.CloseCaseRequest(), request.ended, request, by)
        case "withdrawn":
            reason = f"withdrawn, says the file of {by.system}"
            yield _dated(pb.WithdrawCaseRequest(reason=reason), request.ended, request, by)
        case _:
            reason = f"rejected, says the file of {by.system}"
            rejection = pb.RejectCaseRequest(reason=reason, reason_code=by.outcomes.rejected)
            yield _dated(rejection, request.ended, request, by)


def _open(request: Request, by: Map) -> Step:
    opening = pb.OpenCaseRequest(
        affair_id=request.affair_id,
        channel=request.channel,  # type: ignore[arg-type]  # one of the enum's
        area_id=request.area_id,
        address=request.address,
        description=request.description,
        anonymous=request.anonymous,
        external_reference=types.ExternalReference(system=by.system, number=request.number),
    )
    if request.place is not None:
        latitude, longitude = request.place
        opening.location.CopyFrom(types_pb2.Point(latitude=latitude, longitude=longitude))
    return _dated(opening, request.opened, request, by)


def _reassign(request: Request, by: Map, at: datetime) -> Step | None:
    if not request.body_id:
        return None
    reassign = pb.ReassignCaseRequest(
        body_id=request.body_id,
        reason=f"the file of {by.system} names this owner",
        legal_basis=by.owners.basis,
    )
    return _dated(reassign, at, request, by)


def _dated(command: Any, at: datetime, request: Request, by: Map) -> Step:
    """The command with its moment, and an id that is the same in every try."""
    rpc = type(command).__name__.removesuffix("Request")
    command.occurred_time.FromDatetime(at)
    identity = f"{by.system}\n{request.number}\n{rpc}".encode() + command.SerializeToString(
        deterministic=True
    )
    command.request_id = hashlib.sha256(identity).hexdigest()[:40]
    return Step(rpc, command)
