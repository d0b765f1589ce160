"""Use cases of roles and sessions: who may do what, and since when their tokens count."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rules.areas import AreaPath
from services.identity.application.area import AreaStream, jurisdiction, within
from services.identity.application.body import BodyStream
from services.identity.application.ports import RoleReads
from services.identity.application.resident import AccessStream, ResidentStream, registered
from services.identity.domain import refusals
from services.identity.domain.access import Access, AccessEvent, Grant, GrantRole, RevokeRole, RevokeSessions
from services.identity.domain.body import Unregistered
from services.identity.domain.values import Role, Within, grant_id

AccessHandled = Handled[Access, AccessEvent]


def limits(areas: AreaStream, bodies: BodyStream, area_id: str, body_id: str) -> Within:
    """The limits that a caller names. Refuses AREA_UNKNOWN, BODY_UNKNOWN."""
    if body_id and isinstance(bodies.load(body_id).state, Unregistered):
        raise refusals.body_is_unknown(body_id)
    return within(areas, area_id, body_id)


def permit_all_of(home_path: AreaPath, access: Access, permit: Permit) -> None:
    """Ask for everything that a person may do, and for where they live.

    Whoever sets somebody's password can act in their name: nobody gets beyond their own reach so.
    """
    permit(Jurisdiction(area_path=home_path))
    for grant in access.grants.values():
        permit(jurisdiction(grant.within))


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What can be done with grants and sessions."""

    stream: AccessStream
    residents: ResidentStream
    areas: AreaStream
    bodies: BodyStream
    reads: RoleReads

    def grant(
        self,
        party_id: str,
        role: Role,
        area_id: str,
        body_id: str,
        at: datetime,
        context: Context,
        permit: Permit,
    ) -> tuple[Grant, AccessHandled]:
        """Let a person act in a role, within the caller's own reach."""
        registered(self.residents, party_id)
        reach = limits(self.areas, self.bodies, area_id, body_id)
        permit(jurisdiction(reach))
        command = GrantRole(party_id=party_id, role=role, within=reach, at=at)
        handled = self.stream.handle(party_id, command, replace(context, area=reach.area_path or None))
        return handled.state.grants[grant_id(party_id, role, reach)], handled

    def revoke(
        self, party_id: str, revoked: str, at: datetime, context: Context, permit: Permit
    ) -> AccessHandled:
        """End a grant."""

        def permitted(access: Access) -> None:
            if revoked not in access.grants:
                raise refusals.grant_is_unknown(revoked)
            permit(jurisdiction(access.grants[revoked].within))

        return self.stream.handle(party_id, RevokeRole(grant_id=revoked, at=at), context, permitted)

    def revoke_sessions(self, party_id: str, at: datetime, context: Context, permit: Permit) -> AccessHandled:
        """Make a person's tokens worthless."""
        person = registered(self.residents, party_id)
        return self.stream.handle(
            party_id,
            RevokeSessions(party_id=party_id, at=at),
            context,
            lambda access: permit_all_of(person.area_path, access, permit),
        )

    def list(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[Grant], str]:
        """A page of grants."""
        return self.reads.page(query, reach, fresh)
