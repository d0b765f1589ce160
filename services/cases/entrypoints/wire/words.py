"""Enums, promises and places in protobuf: for those who publish and those who answer."""

from collections.abc import Iterable
from typing import Any

from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as catalog

from libs.rpc.enums import EnumTable
from libs.rpc.moments import stamp
from libs.rpc.terms import EVIDENCE
from libs.rules.terms import Recipient
from services.cases.domain.clocks import ClockKind, Deadline, MomentKind
from services.cases.domain.sensor.terms import Side
from services.cases.domain.values import (
    Attachment,
    CaseState,
    Channel,
    Closing,
    EvidenceReference,
    Party,
    PauseDecision,
    Point,
)

STATES = EnumTable(types.CaseState, CaseState)
CHANNELS = EnumTable(types.Channel, Channel)
PARTIES = EnumTable(types.CaseParty, Party)
CLOCKS = EnumTable(types.ClockKind, ClockKind)
CLOSINGS = EnumTable(types.Closing, Closing)
PAUSE_DECISIONS = EnumTable(types.PauseDecision, PauseDecision)
RECIPIENTS = EnumTable(catalog.EscalationRecipient, Recipient)
SIDES = EnumTable(pb.ThresholdSide, Side)
MOMENTS = EnumTable(types.MomentKind, MomentKind)


def deadline_shown(deadline: Deadline) -> types.Deadline:
    """A promise as others see it, not met yet."""
    return types.Deadline(
        clock=CLOCKS.to_wire(deadline.clock),
        warn_time=stamp(deadline.warn_at),
        due_time=stamp(deadline.due_at),
        commitment_id=deadline.commitment_id,
        commitment_version=deadline.commitment_version,
    )


def evidence_shown(piece: EvidenceReference) -> types.EvidenceReference:
    """A piece of evidence as others see it."""
    return types.EvidenceReference(
        kind=EVIDENCE.to_wire(piece.kind), digest=piece.digest, media_type=piece.media_type, size=piece.size
    )


def evidence_of(piece: types.EvidenceReference) -> EvidenceReference:
    """The piece of evidence that a request refers to."""
    return EvidenceReference(
        kind=EVIDENCE.from_wire(piece.kind),
        digest=piece.digest,
        media_type=piece.media_type,
        size=piece.size,
    )


def attachments_shown(files: Iterable[Attachment], *, told: bool) -> list[types.Attachment]:
    """The files that came with a text as others see them; none unless they are `told` the text."""
    shown = files if told else ()
    return [
        types.Attachment(digest=each.digest, media_type=each.media_type, size=each.size) for each in shown
    ]


def attachments_of(request: Any) -> tuple[Attachment, ...]:
    """The files that a request refers to."""
    return tuple(
        Attachment(digest=each.digest, media_type=each.media_type, size=each.size)
        for each in request.attachments
    )


def point_of(request: Any) -> Point | None:
    """The location of a request, if it has one."""
    if not request.HasField("location"):
        return None
    return Point(latitude=request.location.latitude, longitude=request.location.longitude)
