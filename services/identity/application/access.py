"""Use cases of roles and sessions: who may do what, and since when their tokens count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Task, handle_many
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rules.areas import AreaPath
from services.identity.application.area import AreaStream, jurisdiction, within
from services.identity.application.body import BodyStream
from services.identity.application.career import CareerStream
from services.identity.application.ports import RoleReads
from services.identity.application.resident import (
    AccessStream,
    OperatorsStream,
    ResidentStream,
    registered,
)
from services.identity.domain import operators, refusals
from services.identity.domain import staff_refusals as unfit
from services.identity.domain.access import Access, AccessEvent, Grant, GrantRole, RevokeRole, RevokeSessions
from services.identity.domain.body import Unregistered
from services.identity.domain.operators import RemoveOperator
from services.identity.domain.values import TWO_PERSONS, Role, Within, grant_id

AccessHandled = Handled[Access, AccessEvent]


def limits(areas: AreaStream, bodies: BodyStream, area_id: str, body_id: str) -> Within:
    """The limits that a caller names. Refuses AREA_UNKNOWN, BODY_UNKNOWN."""
    if body_id and isinstance(bodies.load(body_id).state, Unregistered):
        raise refusals.body_is_unknown(body_id)
    return within(areas, area_id, body_id)


MayGrant = Callable[[Role, Jurisdiction], bool]
"""Whether somebody may grant, change or end a role there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granter:
    """Whoever grants: their id, what they reach, and which roles they may grant."""

    id: str
    permit: Permit
    may_grant: MayGrant

    def check(self, role: Role, within: Within) -> None:
        """Refuse (OUT_OF_REACH, ROLE_NOT_YOURS_TO_GRANT) what is not theirs to give or end."""
        there = jurisdiction(within)
        self.permit(there)
        if not self.may_grant(role, there):
            raise refusals.role_is_not_yours_to_grant(role)

    def check_all_of(self, home_path: AreaPath, access: Access, at: datetime) -> None:
        """Ask for everything that a person may do, and for where they live."""
        self.permit(Jurisdiction(area_path=home_path))
        for grant in access.held(at).values():
            self.check(grant.role, grant.within)

    def check_takeover(self, home_path: AreaPath, access: Access, at: datetime) -> None:
        """The same, to give them a password: whoever knows it can act in their name.

        Nobody gets beyond their own reach so, nor past the second person that a role takes.
        """
        self.check_all_of(home_path, access, at)
        for grant in access.held(at).values():
            if grant.role in TWO_PERSONS:
                raise refusals.two_persons_are_needed(grant.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What can be done with grants and sessions."""

    stream: AccessStream
    residents: ResidentStream
    areas: AreaStream
    bodies: BodyStream
    operators: OperatorsStream
    careers: CareerStream
    reads: RoleReads

    def grant(
        self,
        party_id: str,
        role: Role,
        area_id: str,
        body_id: str,
        until: datetime | None,
        at: datetime,
        context: Context,
        granter: Granter,
    ) -> tuple[Grant, AccessHandled]:
        """Let a person act in a role that the caller may grant there, or move the end of the grant."""
        registered(self.residents, party_id)
        reach = limits(self.areas, self.bodies, area_id, body_id)
        granter.check(role, reach)
        if party_id == granter.id:
            raise refusals.not_for_yourself()
        stay = self.careers.load(party_id).state.bodies.get(body_id)
        if stay is not None and stay.until is not None:
            until = min(until or stay.until, stay.until)

        def assure_member() -> None:
            if stay is not None and not stay.holds(at):
                raise unfit.not_a_member_of_the_body()

        command = GrantRole(party_id=party_id, role=role, within=reach, until=until, at=at)
        context = replace(context, area=reach.area_path or None)
        handled = self.stream.handle(party_id, command, context, if_new=assure_member)
        return handled.state.grants[grant_id(party_id, role, reach)], handled

    def revoke(
        self, party_id: str, revoked: str, at: datetime, context: Context, granter: Granter
    ) -> AccessHandled:
        """End a grant that the caller may grant."""

        def permitted(access: Access) -> None:
            held = access.held(at)
            if revoked not in held:
                raise refusals.grant_is_unknown(revoked)
            granter.check(held[revoked].role, held[revoked].within)

        command = RevokeRole(grant_id=revoked, at=at)
        held = self.stream.load(party_id).state
        if revoked not in held.grants or not held.grants[revoked].runs_installation:
            return self.stream.handle(party_id, command, context, permitted)
        permitted(held)
        removing = RemoveOperator(party_id=party_id, at=at)
        tasks: list[Task] = [
            (self.stream, party_id, command, context),
            (self.operators, operators.ID, removing, context),
        ]
        return handle_many(self.stream.ledger, tasks)[0]

    def revoke_sessions(
        self, party_id: str, at: datetime, context: Context, granter: Granter
    ) -> AccessHandled:
        """Make a person's tokens worthless."""
        person = registered(self.residents, party_id)
        return self.stream.handle(
            party_id,
            RevokeSessions(party_id=party_id, at=at),
            context,
            lambda access: granter.check_all_of(person.area_path, access, at),
        )

    def list(self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh) -> tuple[Sequence[Grant], str]:
        """A page of the grants that hold at a moment."""
        return self.reads.page(query, at, reach, fresh)
