"""Delegations."""

from linli.identity.v1 import identity_delegation_pb2 as pb

from libs.rpc.moments import stamp
from services.identity.domain.delegation import Delegated
from services.identity.entrypoints.wire.words import POWERS


def delegation_shown(delegation: Delegated) -> pb.Delegation:
    """A delegation as it stands."""
    terms = delegation.terms
    return pb.Delegation(
        delegation_id=delegation.delegated.delegation_id,
        power=POWERS.to_wire(terms.power),
        origin_body_id=terms.origin_body_id,
        from_body_id=terms.from_body_id,
        to_body_id=terms.to_body_id,
        under_delegation_id=terms.under_id,
        area_id=terms.area_id,
        area_path=terms.area_path,
        affair_ids=terms.affair_ids,
        since_time=stamp(terms.since),
        until_time=stamp(terms.until),
        delegated_time=stamp(delegation.delegated.delegated_at),
        ended_time=stamp(delegation.ended_at) if delegation.ended_at else None,
    )
