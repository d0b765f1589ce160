"""The rpcs about systems outside the platform."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.rpc.access import PERSON
from libs.rpc.call import Call
from services.cases.application.app import App
from services.cases.domain import refusals
from services.cases.entrypoints.wire.asked import IMPORT_SCOPE


class ExternalSystemApi:
    """To whom the numbers of other systems belong."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_external_system(
        self, request: pb.RegisterExternalSystemRequest, call: Call
    ) -> pb.RegisterExternalSystemResponse:
        """Claim a system for the caller."""
        require_system_or_importer(call)
        handled = self._app.systems.register(request.system, call.me, call.at, call.context())
        return pb.RegisterExternalSystemResponse(
            system=request.system, owner_id=handled.state.owner_id, revision=handled.revision
        )

    def transfer_external_system(
        self, request: pb.TransferExternalSystemRequest, call: Call
    ) -> pb.TransferExternalSystemResponse:
        """Give a system to somebody else."""
        context = call.context(reason=request.reason)
        handled = self._app.systems.transfer(request.system, request.owner_id, call.at, context, call.permit)
        return pb.TransferExternalSystemResponse(
            system=request.system, owner_id=handled.state.owner_id, revision=handled.revision
        )


def require_system_or_importer(call: Call) -> None:
    """Refuse (EXTERNAL_REFERENCE_NOT_ALLOWED) people who import nothing: they have no such numbers."""
    if call.caller.kind == PERSON and call.lacks(IMPORT_SCOPE):
        raise refusals.external_reference_not_allowed()
