"""What a service keeps of delegations: reactions to identity's events, and the delegations that follow."""

from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import Message
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1.identity_types_pb2 import DelegatedPower

from libs.ledger.delegated import (
    DELEGATED,
    Delegated,
    DelegatedFact,
    DelegationEndNoted,
    DelegationNoted,
    delegation_not_valid,
)
from libs.ledger.noted import Note, Noted
from libs.ledger.streams.stream import Stream
from libs.messaging.reactions import Fact, Reaction, Reactions, When
from libs.rpc.enums import bare_names
from libs.rpc.moments import moment
from libs.rules.areas import AreaPath


def when_power_delegated(event: identity.PowerDelegated, _fact: Fact) -> Reactions:
    """Officers of another body may act by it; a power that this release does not know allows nothing."""
    delegated = Delegated(
        delegation_id=event.delegation_id,
        power=bare_names(DelegatedPower).get(event.power, ""),
        origin_body_id=event.origin_body_id,
        to_body_id=event.to_body_id,
        under_id=event.under_delegation_id,
        within=AreaPath(event.area_path),
        affair_ids=tuple(event.affair_ids),
        since=moment(event.since_time),
        until=moment(event.until_time),
    )
    return [Reaction(DELEGATED, event.delegation_id, Note(DelegationNoted(delegated=delegated)))]


def when_delegation_ended(event: identity.DelegationEnded, _fact: Fact) -> Reactions:
    """From now on nobody acts by it."""
    ended = DelegationEndNoted(delegation_id=event.delegation_id)
    return [Reaction(DELEGATED, event.delegation_id, Note(ended))]


DELEGATIONS: Mapping[type[Message], When] = {
    identity.PowerDelegated: when_power_delegated,
    identity.DelegationEnded: when_delegation_ended,
}
"""What a service subscribes to of identity."""


@dataclass(frozen=True, slots=True)
class HeardDelegations:
    """`libs.rpc.delegating.Delegations`, as far as a service has heard of them."""

    stream: Stream[Note[DelegatedFact], Noted[DelegatedFact], DelegatedFact]

    def of(self, delegation_id: str) -> Delegated | None:
        """The delegation; None if nothing of it was heard. Refuses (DELEGATION_NOT_VALID) what has ended.

        One under another has ended with that; one under what was not heard counts as ended.
        """
        delegated = self._standing(delegation_id)
        if delegated is not None and delegated.under_id and self._standing(delegated.under_id) is None:
            raise delegation_not_valid()
        return delegated

    def _standing(self, delegation_id: str) -> Delegated | None:
        noted = self.stream.load(delegation_id).state
        if noted.of(DelegationEndNoted) is not None:
            raise delegation_not_valid()
        told = noted.of(DelegationNoted)
        return None if told is None else told.delegated
