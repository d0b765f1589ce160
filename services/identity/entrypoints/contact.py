"""The rpcs by which people use an address that they have confirmed."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.entrypoints.wire.client import token_shown
from services.identity.entrypoints.wire.proof import proof_of


class ContactApi:
    """What a one-time code opens for those who are known."""

    def __init__(self, app: App) -> None:
        self._app = app

    def login_by_code(self, request: pb.LoginByCodeRequest, call: Call) -> pb.LoginByCodeResponse:
        """Give a person a token."""
        proof = proof_of(request.proof)
        token = self._app.contacts.log_in(
            proof, request.second_factor, call.now(), call.context(), call.address
        )
        return pb.LoginByCodeResponse(token=token_shown(token))

    def recover_login(self, request: pb.RecoverLoginRequest, call: Call) -> pb.RecoverLoginResponse:
        """Replace a forgotten password."""
        revision = self._app.contacts.recover(
            proof_of(request.proof),
            request.new_password,
            request.second_factor,
            call.at,
            call.context(),
            call.address,
        )
        return pb.RecoverLoginResponse(revision=revision)

    def confirm_address(self, request: pb.ConfirmAddressRequest, call: Call) -> pb.ConfirmAddressResponse:
        """Confirm an address of one's own."""
        revision = self._app.contacts.confirm(
            request.login_name,
            request.password,
            request.second_factor,
            proof_of(request.proof),
            call.at,
            call.context(),
            call.address,
        )
        return pb.ConfirmAddressResponse(revision=revision)
