"""The rpcs about residents."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.application.resident import NewResident
from services.identity.entrypoints.wire.party import natural_key_of, resident_shown


class ResidentApi:
    """Registering people, showing their data, erasing them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_resident(
        self, request: pb.RegisterResidentRequest, call: Call
    ) -> pb.RegisterResidentResponse:
        """Register a person, or find them."""
        new = NewResident(
            key=natural_key_of(request.natural_key),
            name=request.name,
            phone=request.phone,
            address=request.address,
            area_id=request.area_id,
            at=call.at,
        )
        found = self._app.residents.register(new, call.context(), call.permit)
        return pb.RegisterResidentResponse(
            resident_id=found.id, existing=found.existing, revision=found.revision
        )

    def get_resident(self, request: pb.GetResidentRequest, call: Call) -> pb.GetResidentResponse:
        """Show a person's data."""
        person = self._app.residents.show(request.resident_id, call.permit)
        call.showing(person.resident_id)
        return pb.GetResidentResponse(resident=resident_shown(person))

    def erase_subject(self, request: pb.EraseSubjectRequest, call: Call) -> pb.EraseSubjectResponse:
        """Erase a person for good."""
        revision = self._app.residents.erase(
            request.subject_id, call.at, call.context(reason=request.reason), call.permit
        )
        return pb.EraseSubjectResponse(subject_id=request.subject_id, revision=revision)
