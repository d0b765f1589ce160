"""How commitments and their limits look on the wire, both ways."""

from typing import Literal

from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types

from libs.rpc.enums import EnumTable
from libs.rpc.moments import stamp_or_none
from libs.rpc.texts import localized
from libs.rules.due import Limit, Unit
from services.catalog.domain.commitment import Commitment, CommitmentPublished, Published, Unpublished

LIMIT_UNITS = EnumTable(types.LimitUnit, Unit)


def limit_of(
    request: pb.PublishCommitmentRequest, field: Literal["first_response", "resolution"]
) -> Limit | None:
    """The limit in a field; None if it is not set."""
    if not request.HasField(field):
        return None
    given: types.Limit = getattr(request, field)
    return Limit(amount=given.amount, unit=LIMIT_UNITS.from_wire(given.unit))


def limit_shown(kept: Limit | None) -> types.Limit | None:
    """A limit, or nothing."""
    return None if kept is None else types.Limit(amount=kept.amount, unit=LIMIT_UNITS.to_wire(kept.unit))


def commitment_shown(commitment: Commitment | CommitmentPublished) -> pb.Commitment:
    """One version of a commitment: the newest where it is not said which."""
    if isinstance(commitment, Unpublished):
        return pb.Commitment()
    published = commitment.newest if isinstance(commitment, Published) else commitment
    return pb.Commitment(
        commitment_id=published.commitment_id,
        version=published.version,
        affair_id=published.affair_id,
        area_id=published.area_id,
        first_response=limit_shown(published.first_response),
        resolution=limit_shown(published.resolution),
        calendar_id=published.calendar_id,
        evidence_kinds=published.evidence_kinds,
        conditions=[localized(condition) for condition in published.conditions],
        valid_from_time=stamp_or_none(published.valid_from),
    )
