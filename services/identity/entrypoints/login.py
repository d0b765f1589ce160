"""The rpcs about logins."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.entrypoints.access import granter_of
from services.identity.entrypoints.wire.client import token_shown


class LoginApi:
    """How people log in."""

    def __init__(self, app: App) -> None:
        self._app = app

    def create_login(self, request: pb.CreateLoginRequest, call: Call) -> pb.CreateLoginResponse:
        """Let a person log in."""
        created = self._app.logins.create(
            request.party_id,
            request.login_name,
            request.password,
            call.at,
            call.context(),
            granter_of(call),
        )
        return pb.CreateLoginResponse(login_id=created.login_id, revision=created.revision)

    def set_password(self, request: pb.SetPasswordRequest, call: Call) -> pb.SetPasswordResponse:
        """Replace a forgotten password."""
        changed = self._app.logins.set_password(
            request.login_name, request.password, call.at, call.context(), granter_of(call)
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
        token = self._app.logins.log_in(
            request.login_name,
            request.password,
            request.second_factor,
            call.now(),
            call.context(),
            call.address,
        )
        return pb.LoginResponse(token=token_shown(token))
