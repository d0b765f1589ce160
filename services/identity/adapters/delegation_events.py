"""The names of stored events about delegations, and what neighbours are told of them."""

from collections.abc import Mapping
from typing import Any

from linli.identity.v1 import identity_events_pb2 as published
from linli.identity.v1.identity_types_pb2 import DelegatedPower

from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.enums import prefix_of
from libs.rpc.moments import stamp
from services.identity.domain.delegation import DelegationEnded, PowerDelegated

DELEGATIONS: Mapping[str, type] = {
    "power_delegated.v1": PowerDelegated,
    "delegation_ended.v1": DelegationEnded,
}


def told(recorded: Recorded[Any]) -> Published | None:
    """Which body may act in the place of which; it is no secret."""
    match recorded.event:
        case PowerDelegated() as event:
            terms = event.terms
            message = published.PowerDelegated(
                delegation_id=event.delegation_id,
                power=DelegatedPower.Value(prefix_of(DelegatedPower) + terms.power.name),
                origin_body_id=terms.origin_body_id,
                from_body_id=terms.from_body_id,
                to_body_id=terms.to_body_id,
                under_delegation_id=terms.under_id,
                area_path=terms.area_path,
                affair_ids=terms.affair_ids,
                since_time=stamp(terms.since),
                until_time=stamp(terms.until),
            )
            return Published(message=message, public=True, area_id=terms.area_id)
        case DelegationEnded() as event:
            ended = published.DelegationEnded(delegation_id=event.delegation_id)
            return Published(message=ended, public=True)
        case _:
            return None
