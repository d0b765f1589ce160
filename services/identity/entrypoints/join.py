"""The rpcs by which residents join."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App
from services.identity.application.join import NewJoiner
from services.identity.domain.code import CodePurpose
from services.identity.domain.preferences import Language
from services.identity.entrypoints.access import granter_of
from services.identity.entrypoints.wire.proof import address_of, proof_of
from services.identity.entrypoints.wire.words import CODE_PURPOSES, LANGUAGES


class JoinApi:
    """How residents get a login."""

    def __init__(self, app: App) -> None:
        self._app = app

    def request_code(self, request: pb.RequestCodeRequest, call: Call) -> pb.RequestCodeResponse:
        """Have a one-time code sent."""
        purpose = CODE_PURPOSES.from_wire(request.purpose)
        if purpose is CodePurpose.SIGN_UP:
            self._app.joining.check_open()
        requested = self._app.codes.request(
            purpose,
            address_of(request.email, request.phone, "email"),
            LANGUAGES.from_wire(request.language) if request.language else Language.ZH,
            call.at,
            call.context(),
            call.address,
        )
        return pb.RequestCodeResponse(code_id=requested.code_id, expire_time=stamp(requested.expires_at))

    def sign_up(self, request: pb.SignUpRequest, call: Call) -> pb.SignUpResponse:
        """Register whoever has the code."""
        new = NewJoiner(
            proof=proof_of(request.proof),
            name=request.name,
            area_id=request.area_id,
            login_name=request.login_name,
            password=request.password,
        )
        joined = self._app.joining.sign_up(new, call.at, call.context(), call.address)
        return pb.SignUpResponse(
            resident_id=joined.resident_id, login_id=joined.login_id, revision=joined.revision
        )

    def invite_resident(self, request: pb.InviteResidentRequest, call: Call) -> pb.InviteResidentResponse:
        """Make an invitation."""
        invited = self._app.joining.invite(request.resident_id, call.at, call.context(), granter_of(call))
        return pb.InviteResidentResponse(
            invitation_code=invited.code, expire_time=stamp(invited.expires_at), revision=invited.revision
        )

    def accept_invitation(
        self, request: pb.AcceptInvitationRequest, call: Call
    ) -> pb.AcceptInvitationResponse:
        """Let somebody log in by an invitation."""
        joined = self._app.joining.accept(
            request.invitation_code,
            request.login_name,
            request.password,
            call.at,
            call.context(),
            call.address,
        )
        return pb.AcceptInvitationResponse(
            resident_id=joined.resident_id, login_id=joined.login_id, revision=joined.revision
        )
