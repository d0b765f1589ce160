"""What the city's file says happened to a request, as the commands that tell Linli so."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from google.protobuf.message import Message
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from e2e.city.los_angeles import AFFAIRS, CHANNELS, SYSTEM
from e2e.city.rows import Request
from services.command.imports.stories import Step

_AFFAIRS = {affair.name: affair for affair in AFFAIRS}

ASSISTED_SHARE = 100
"""One in so many reporters of bulky items is taken to need a helping hand: the file does not say."""


OUTCOME, REFERRED_OUT = "resolved", "not-ours"
"""The file says that a request was closed or referred out, and nothing else: no outcome, no evidence."""


@dataclass(frozen=True, slots=True)
class Story:
    """The steps of one request, in order."""

    number: str
    assisted: bool
    steps: tuple[Step, ...]
    created: datetime
    ended: datetime | None = field(default=None)


def story(request: Request, bodies: Mapping[str, str]) -> Story:
    """The commands for one row; `bodies` gives the body's id for each owner of the file."""
    return Story(
        number=request.number,
        assisted=assisted(request),
        steps=tuple(_steps(request, bodies)),
        created=request.created,
        ended=request.ended,
    )


def assisted(request: Request) -> bool:
    """A fixed choice, the same in every run, of non-anonymous reporters of bulky items."""
    if request.affair != "Bulky Items" or request.anonymous:
        return False
    return zlib.crc32(request.number.encode()) % ASSISTED_SHARE == 0


def _steps(request: Request, bodies: Mapping[str, str]) -> Iterator[Step]:
    yield _dated(_open(request), request.created, request, "open")
    if request.owner != _AFFAIRS[request.affair].owner:
        reassign = pb.ReassignCaseRequest(
            body_id=bodies[request.owner],
            reason="the city's file names this owner",
            legal_basis="the owner in the city's own register of requests",
        )
        yield _dated(reassign, request.created, request, "reassign")
    if request.responded is not None:
        yield _dated(pb.StartWorkRequest(), request.responded, request, "start")
    elif request.status == "Pending":
        yield _dated(pb.StartWorkRequest(), request.updated, request, "start")
    yield from _end(request)


def _end(request: Request) -> Iterator[Step]:
    if request.ended is None:
        return
    if request.status == "Closed":
        yield _dated(pb.ResolveCaseRequest(outcome_code=OUTCOME), request.ended, request, "resolve")
        yield _dated(pb.CloseCaseRequest(), request.ended, request, "close")
    elif request.status == "Cancelled":
        reason = "cancelled, says the city's file"
        yield _dated(pb.WithdrawCaseRequest(reason=reason), request.ended, request, "withdraw")
    else:
        reason = "referred out, says the city's file"
        rejection = pb.RejectCaseRequest(reason=reason, reason_code=REFERRED_OUT)
        yield _dated(rejection, request.ended, request, "reject")


def _open(request: Request) -> pb.OpenCaseRequest:
    opening = pb.OpenCaseRequest(
        affair_id=_AFFAIRS[request.affair].affair_id,
        channel=types.Channel.Value(CHANNELS[request.channel]),
        area_id=request.filed_under,
        address=request.address,
        anonymous=request.anonymous,
        assisted=assisted(request),
        external_reference=types.ExternalReference(system=SYSTEM, number=request.number),
    )
    if request.place is not None:
        latitude, longitude = request.place
        opening.location.CopyFrom(types_pb2.Point(latitude=latitude, longitude=longitude))
    return opening


def _dated(command: Message, at: datetime, request: Request, what: str) -> Step:
    """The command with its moment, and an id that is the same in every try."""
    command.request_id = f"{request.number}-{what}"  # type: ignore[attr-defined]  # every command has it
    command.occurred_time.FromDatetime(at)  # type: ignore[attr-defined]  # and this
    name = type(command).__name__.removesuffix("Request")
    return Step(rpc=name, request=command)
