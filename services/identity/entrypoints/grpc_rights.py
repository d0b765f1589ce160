"""The rpcs about roles and logins."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App
from services.identity.entrypoints import protos


class RightsApi:
    """Who may do what, and how people log in."""

    def __init__(self, app: App) -> None:
        self._app = app

    def grant_role(self, request: pb.GrantRoleRequest, call: Call) -> pb.GrantRoleResponse:
        """Let a party act in a role."""
        grant, handled = self._app.roles.grant(
            request.party_id,
            protos.role(request.role),
            request.area_id,
            request.body_id,
            call.at,
            call.context(),
            protos.permit(call),
        )
        return pb.GrantRoleResponse(grant=protos.grant_shown(grant), revision=handled.revision)

    def revoke_role(self, request: pb.RevokeRoleRequest, call: Call) -> pb.RevokeRoleResponse:
        """End a grant."""
        handled = self._app.roles.revoke(
            request.party_id,
            request.grant_id,
            call.at,
            call.context(reason=request.reason),
            protos.permit(call),
        )
        return pb.RevokeRoleResponse(grant_id=request.grant_id, revision=handled.revision)

    def list_roles(self, request: pb.ListRolesRequest, call: Call) -> pb.ListRolesResponse:
        """Read a page of grants."""
        fresh = Fresh.of(request, call)
        grants, next_token = self._app.roles.list(request, call.reach, fresh)
        return pb.ListRolesResponse(grants=map(protos.grant_shown, grants), next_page_token=next_token)

    def revoke_sessions(self, request: pb.RevokeSessionsRequest, call: Call) -> pb.RevokeSessionsResponse:
        """Make a party's tokens worthless."""
        context = call.context(reason=request.reason)
        handled = self._app.roles.revoke_sessions(request.party_id, call.at, context, protos.permit(call))
        before = handled.state.revoked_before or call.at
        return pb.RevokeSessionsResponse(revoked_before_time=stamp(before), revision=handled.revision)

    def create_login(self, request: pb.CreateLoginRequest, call: Call) -> pb.CreateLoginResponse:
        """Let a person log in."""
        created = self._app.logins.create(
            request.party_id,
            request.login_name,
            request.password,
            call.at,
            call.context(),
            protos.permit(call),
        )
        return pb.CreateLoginResponse(login_id=created.login_id, revision=created.revision)

    def set_password(self, request: pb.SetPasswordRequest, call: Call) -> pb.SetPasswordResponse:
        """Replace a forgotten password."""
        changed = self._app.logins.set_password(
            request.login_name, request.password, call.at, call.context(), protos.permit(call)
        )
        return pb.SetPasswordResponse(login_id=changed.login_id, revision=changed.revision)

    def change_password(self, request: pb.ChangePasswordRequest, call: Call) -> pb.ChangePasswordResponse:
        """Replace one's own password."""
        changed = self._app.logins.change_password(
            request.login_name,
            request.old_password,
            request.new_password,
            call.at,
            call.context(),
            call.address,
        )
        return pb.ChangePasswordResponse(login_id=changed.login_id, revision=changed.revision)

    def login(self, request: pb.LoginRequest, call: Call) -> pb.LoginResponse:
        """Give a person a token."""
        token = self._app.logins.log_in(request.login_name, request.password, call.now(), call.address)
        return pb.LoginResponse(token=protos.token_shown(token))
