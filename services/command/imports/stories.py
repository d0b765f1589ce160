"""What a request means for its case: the steps that are still missing, and what is not as it was."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from libs.rpc.moments import stamp
from services.command.imports.known import Known
from services.command.imports.mapping import Map
from services.command.imports.requests import Request

_OF_PEOPLE = ("description", "location", "address", "contact", "attachments")
_ENDS = {
    "closed": types.CASE_STATE_CLOSED,
    "withdrawn": types.CASE_STATE_WITHDRAWN,
    "rejected": types.CASE_STATE_REJECTED,
}
_SAID: Mapping[int, str] = {state: word for word, state in _ENDS.items()}
_STARTED = frozenset({types.CASE_STATE_IN_PROGRESS, types.CASE_STATE_WAITING})
_RESOLVED = frozenset({types.CASE_STATE_RESOLVED, types.CASE_STATE_CONFIRMED})


@dataclass(frozen=True, slots=True)
class Story:
    """What is left to be told of a request.

    `known`: its case is there. `past` says what the file tells otherwise than the platform has it: it is
    listed, not forced.
    """

    number: str
    line: int
    known: bool
    steps: Sequence[pb.ImportedStep]
    past: Sequence[str] = ()


def story(request: Request, by: Map, known: Known | None) -> Story:
    """The steps of a request; `known` is its case, if it is there."""
    if known is None:
        steps = [_open(request), *_owner(request, by, request.opened)]
        steps += [] if request.unowned else _steps(request, by, _Stage())
        return Story(request.number, request.line, known=False, steps=steps)
    past = list(_past(request, known))
    steps = []
    if known.state not in _SAID:
        if known.body_id != request.body_id:
            moment = min(filter(None, (request.responded, request.ended, request.updated)))
            steps += _owner(request, by, moment)
        steps += [] if request.unowned else _steps(request, by, _stage(known))
    return Story(request.number, request.line, known=True, steps=steps, past=past)


def history(system: str, number: str, steps: Sequence[pb.ImportedStep]) -> pb.ImportCaseRequest:
    """Steps as a request, with an id that is the same in every try.

    It stays in clear beside the events: nothing of a person goes into it, or it would confirm a guess.
    """
    request = pb.ImportCaseRequest(
        external_reference=types.ExternalReference(system=system, number=number), steps=steps
    )
    named = pb.ImportCaseRequest()
    named.CopyFrom(request)
    for step in named.steps:
        if step.HasField("open_case"):
            for field in _OF_PEOPLE:
                step.open_case.ClearField(field)  # type: ignore[arg-type]  # each is one of its fields
    request.request_id = hashlib.sha256(named.SerializeToString(deterministic=True)).hexdigest()[:40]
    return request


def rpc_of(step: pb.ImportedStep) -> str:
    """The rpc that a step is named after."""
    return "".join(word.capitalize() for word in str(step.WhichOneof("kind")).split("_"))


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


def _steps(request: Request, by: Map, stage: _Stage) -> Iterator[pb.ImportedStep]:
    """What follows the opening, from a stage on."""
    if request.responded is not None and not stage.started:
        yield _at(request.responded, start_work=pb.ImportedStart())
    elif request.state == "started" and not stage.started:
        yield _at(request.updated, start_work=pb.ImportedStart())
    if request.ended is None:
        return
    match request.state:
        case "resolved" | "closed":
            if not stage.resolved:
                resolution = pb.ImportedResolution(outcome_code=request.outcome)
                yield _at(request.ended, resolve_case=resolution)
            if request.state == "closed":
                yield _at(request.ended, close_case=pb.ImportedClosing())
        case "withdrawn":
            withdrawal = pb.ImportedWithdrawal(reason=f"withdrawn, says the file of {by.system}")
            yield _at(request.ended, withdraw_case=withdrawal)
        case _:
            reason = f"rejected, says the file of {by.system}"
            rejection = pb.ImportedRejection(reason=reason, reason_code=by.outcomes.rejected)
            yield _at(request.ended, reject_case=rejection)


def _open(request: Request) -> pb.ImportedStep:
    opening = pb.ImportedOpening(
        affair_id=request.affair_id,
        channel=request.channel,  # type: ignore[arg-type]  # one of the enum's
        area_id=request.area_id,
        address=request.address,
        description=request.description,
        anonymous=request.anonymous,
    )
    if request.place is not None:
        latitude, longitude = request.place
        opening.location.CopyFrom(types_pb2.Point(latitude=latitude, longitude=longitude))
    return _at(request.opened, open_case=opening)


def _owner(request: Request, by: Map, at: datetime) -> Iterator[pb.ImportedStep]:
    """The body that the row names. The platform leaves the step out where that body has the case."""
    if request.body_id:
        reassignment = pb.ImportedReassignment(
            body_id=request.body_id,
            reason=f"the file of {by.system} names this owner",
            legal_basis=by.owners.basis,
        )
        yield _at(at, reassign_case=reassignment)


def _at(moment: datetime, **kind: Any) -> pb.ImportedStep:
    return pb.ImportedStep(occurred_time=stamp(moment), **kind)
