"""The rpcs about roles and sessions."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import Jurisdiction
from libs.rpc.call import Call
from libs.rpc.moments import moment_of, stamp
from services.identity.application.access import Granter
from services.identity.application.app import App
from services.identity.domain.values import Role
from services.identity.entrypoints.wire.right import grant_shown
from services.identity.entrypoints.wire.words import ROLES


class AccessApi:
    """Who may do what, and since when tokens count."""

    def __init__(self, app: App) -> None:
        self._app = app

    def grant_role(self, request: pb.GrantRoleRequest, call: Call) -> pb.GrantRoleResponse:
        """Let a party act in a role."""
        grant, handled = self._app.access.grant(
            request.party_id,
            ROLES.from_wire(request.role),
            request.area_id,
            request.body_id,
            moment_of(request, "until_time"),
            call.at,
            call.context(),
            granter_of(call),
        )
        return pb.GrantRoleResponse(grant=grant_shown(grant), revision=handled.revision)

    def revoke_role(self, request: pb.RevokeRoleRequest, call: Call) -> pb.RevokeRoleResponse:
        """End a grant."""
        handled = self._app.access.revoke(
            request.party_id,
            request.grant_id,
            call.at,
            call.context(reason=request.reason),
            granter_of(call),
        )
        return pb.RevokeRoleResponse(grant_id=request.grant_id, revision=handled.revision)

    def list_roles(self, request: pb.ListRolesRequest, call: Call) -> pb.ListRolesResponse:
        """Read a page of grants."""
        fresh = Fresh.of(request, call)
        grants, next_token = self._app.access.list(request, call.now(), call.reach, fresh)
        return pb.ListRolesResponse(grants=map(grant_shown, grants), next_page_token=next_token)

    def revoke_sessions(self, request: pb.RevokeSessionsRequest, call: Call) -> pb.RevokeSessionsResponse:
        """Make a party's tokens worthless."""
        context = call.context(reason=request.reason)
        handled = self._app.access.revoke_sessions(request.party_id, call.at, context, granter_of(call))
        before = handled.state.revoked_before or call.at
        return pb.RevokeSessionsResponse(revoked_before_time=stamp(before), revision=handled.revision)


def granter_of(call: Call) -> Granter:
    """The caller as somebody who grants, by the roles and scopes of their token."""

    def may_grant(role: Role, there: Jurisdiction) -> bool:
        return call.caller.may_grant(role.value, area_path=there.area_path, body=there.body_id)

    return Granter(id=call.caller.subject, permit=call.permit, may_grant=may_grant)
