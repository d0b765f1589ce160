"""Use cases of delegation: which body lets which other one use a power in its place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, ListQuery
from services.identity.application.access import Granter, limits
from services.identity.application.area import AreaStream, jurisdiction
from services.identity.application.body import BodyStream
from services.identity.domain import delegation_refusals, refusals
from services.identity.domain.delegation import (
    Delegated,
    DelegatePower,
    Delegation,
    DelegationCommand,
    DelegationEvent,
    EndDelegation,
    Power,
    Terms,
)
from services.identity.domain.values import Role, Within

DelegationStream = Stream[DelegationCommand, Delegation, DelegationEvent]
DelegationHandled = Handled[Delegation, DelegationEvent]


class DelegationReads(Protocol):
    """The delegations."""

    def page(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[Delegated], str]:
        """A page of all delegations, the newest first, and the token of the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelegation:
    """What a body delegates."""

    power: Power
    from_body_id: str
    to_body_id: str
    under_id: str
    area_id: str
    affair_ids: tuple[str, ...]
    since: datetime
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegations:
    """What can be done with delegations."""

    stream: DelegationStream
    areas: AreaStream
    bodies: BodyStream
    reads: DelegationReads

    def delegate(
        self, new: NewDelegation, context: Context, granter: Granter, works_for: frozenset[str]
    ) -> DelegationHandled:
        """Delegate a power, for the body whose it is or that received it.

        `works_for`: the bodies for which the caller has a grant.
        """
        limits(self.areas, self.bodies, "", new.to_body_id)
        there = limits(self.areas, self.bodies, new.area_id, new.from_body_id)
        granter.check(Role.CASE_OFFICER, there)
        if new.to_body_id in works_for:
            raise refusals.not_for_yourself()
        under = self.one(new.under_id) if new.under_id else None
        terms = Terms(
            power=new.power,
            origin_body_id=under.terms.origin_body_id if under else new.from_body_id,
            from_body_id=new.from_body_id,
            to_body_id=new.to_body_id,
            under_id=new.under_id,
            area_id=new.area_id,
            area_path=there.area_path,
            affair_ids=tuple(dict.fromkeys(new.affair_ids)),
            since=new.since,
            until=new.until,
        )
        delegation_id = derived_id(context.actor, context.request_id or "")
        command = DelegatePower(delegation_id=delegation_id, terms=terms, under=under, at=new.at)
        return self.stream.handle(delegation_id, command, replace(context, area=there.area_path or None))

    def end(self, delegation_id: str, at: datetime, context: Context, granter: Granter) -> DelegationHandled:
        """End a delegation, for one of the bodies that it is about."""
        terms = self.one(delegation_id).terms
        places = [
            Within(area_id=terms.area_id, area_path=terms.area_path, body_id=body_id)
            for body_id in (terms.from_body_id, terms.origin_body_id, terms.to_body_id)
        ]
        theirs = (each for each in places if granter.may_grant(Role.CASE_OFFICER, jurisdiction(each)))
        granter.check(Role.CASE_OFFICER, next(theirs, places[0]))
        command = EndDelegation(delegation_id=delegation_id, at=at)
        return self.stream.handle(delegation_id, command, replace(context, area=terms.area_path or None))

    def one(self, delegation_id: str) -> Delegated:
        """A delegation. Refuses DELEGATION_UNKNOWN."""
        state = self.stream.load(delegation_id).state
        if not isinstance(state, Delegated):
            raise delegation_refusals.delegation_is_unknown(delegation_id)
        return state
