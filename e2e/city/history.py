"""What the city's file says happened to a request, as the steps that tell Linli so."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.types.v1 import types_pb2

from e2e.city.los_angeles import AFFAIRS, CHANNELS
from e2e.city.rows import Request
from libs.rpc.moments import stamp

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
    steps: tuple[pb.ImportedStep, ...]
    created: datetime
    ended: datetime | None = field(default=None)


def story(request: Request, bodies: Mapping[str, str]) -> Story:
    """The steps of one row; `bodies` gives the body's id for each owner of the file."""
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


def _steps(request: Request, bodies: Mapping[str, str]) -> Iterator[pb.ImportedStep]:
    yield _at(request.created, open_case=_opening(request))
    if request.owner != _AFFAIRS[request.affair].owner:
        reassignment = pb.ImportedReassignment(
            body_id=bodies[request.owner],
            reason="the city's file names this owner",
            legal_basis="the owner in the city's own register of requests",
        )
        yield _at(request.created, reassign_case=reassignment)
    if request.responded is not None:
        yield _at(request.responded, start_work=pb.ImportedStart())
    elif request.status == "Pending":
        yield _at(request.updated, start_work=pb.ImportedStart())
    yield from _end(request)


def _end(request: Request) -> Iterator[pb.ImportedStep]:
    if request.ended is None:
        return
    if request.status == "Closed":
        yield _at(request.ended, resolve_case=pb.ImportedResolution(outcome_code=OUTCOME))
        yield _at(request.ended, close_case=pb.ImportedClosing())
    elif request.status == "Cancelled":
        withdrawal = pb.ImportedWithdrawal(reason="cancelled, says the city's file")
        yield _at(request.ended, withdraw_case=withdrawal)
    else:
        rejection = pb.ImportedRejection(
            reason="referred out, says the city's file", reason_code=REFERRED_OUT
        )
        yield _at(request.ended, reject_case=rejection)


def _opening(request: Request) -> pb.ImportedOpening:
    opening = pb.ImportedOpening(
        affair_id=_AFFAIRS[request.affair].affair_id,
        channel=types.Channel.Value(CHANNELS[request.channel]),
        area_id=request.filed_under,
        address=request.address,
        anonymous=request.anonymous,
        assisted=assisted(request),
    )
    if request.place is not None:
        latitude, longitude = request.place
        opening.location.CopyFrom(types_pb2.Point(latitude=latitude, longitude=longitude))
    return opening


def _at(moment: datetime, **kind: Any) -> pb.ImportedStep:
    return pb.ImportedStep(occurred_time=stamp(moment), **kind)
