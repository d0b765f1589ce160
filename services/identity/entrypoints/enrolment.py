"""The rpcs about second factors."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App
from services.identity.entrypoints.access import granter_of


class EnrolmentApi:
    """What people have beside their password."""

    def __init__(self, app: App) -> None:
        self._app = app

    def enrol_second_factor(
        self, request: pb.EnrolSecondFactorRequest, call: Call
    ) -> pb.EnrolSecondFactorResponse:
        """Begin to set one up."""
        offered = self._app.enrolments.enrol(
            request.login_name,
            request.password,
            request.second_factor,
            call.at,
            call.context(),
            call.address,
        )
        return pb.EnrolSecondFactorResponse(secret=offered.secret, otpauth_url=offered.url)

    def confirm_second_factor(
        self, request: pb.ConfirmSecondFactorRequest, call: Call
    ) -> pb.ConfirmSecondFactorResponse:
        """Ask for it from now on."""
        codes = self._app.enrolments.confirm(
            request.login_name, request.password, request.digits, call.at, call.context(), call.address
        )
        return pb.ConfirmSecondFactorResponse(recovery_codes=codes)

    def propose_factor_reset(
        self, request: pb.ProposeFactorResetRequest, call: Call
    ) -> pb.ProposeFactorResetResponse:
        """Propose that a lost one be taken away."""
        proposed = self._app.enrolments.propose_reset(
            request.party_id, request.reason, call.at, call.context(), granter_of(call)
        )
        return pb.ProposeFactorResetResponse(
            reset_id=proposed.reset_id, expire_time=stamp(proposed.expires_at)
        )

    def approve_factor_reset(
        self, request: pb.ApproveFactorResetRequest, call: Call
    ) -> pb.ApproveFactorResetResponse:
        """Approve that."""
        revision = self._app.enrolments.approve_reset(
            request.reset_id, call.at, call.context(), granter_of(call)
        )
        return pb.ApproveFactorResetResponse(revision=revision)
