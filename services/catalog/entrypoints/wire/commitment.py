"""How commitments look on the wire."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.rpc.moments import stamp_or_none
from libs.rpc.terms import terms_shown
from libs.rpc.texts import localized
from services.catalog.domain.commitment import Commitment, CommitmentPublished, Published, Unpublished


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
        calendar_id=published.calendar_id,
        conditions=[localized(condition) for condition in published.conditions],
        valid_from_time=stamp_or_none(published.valid_from),
        **terms_shown(published.terms),
    )
