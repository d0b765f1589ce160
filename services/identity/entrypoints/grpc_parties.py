"""The rpcs about residents and bodies."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.parties import NewBody, NewResident
from services.identity.entrypoints import protos


class PartiesApi:
    """Residents and bodies."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_resident(
        self, request: pb.RegisterResidentRequest, call: Call
    ) -> pb.RegisterResidentResponse:
        """Register a person, or find them."""
        new = NewResident(
            key=protos.natural_key(request.natural_key),
            name=request.name,
            phone=request.phone,
            address=request.address,
            area_id=request.area_id,
            at=call.at,
        )
        found = self._app.residents.register(new, call.context(), protos.permit(call))
        return pb.RegisterResidentResponse(
            resident_id=found.id, existing=found.existing, revision=found.revision
        )

    def get_resident(self, request: pb.GetResidentRequest, call: Call) -> pb.GetResidentResponse:
        """Show a person's data, and record it."""
        person = self._app.residents.show(
            request.resident_id,
            protos.purpose(request.purpose),
            request.reference,
            call.context(),
            protos.permit(call),
        )
        return pb.GetResidentResponse(resident=protos.resident_shown(person))

    def erase_subject(self, request: pb.EraseSubjectRequest, call: Call) -> pb.EraseSubjectResponse:
        """Erase a person for good."""
        revision = self._app.residents.erase(
            request.subject_id, call.at, call.context(reason=request.reason), protos.permit(call)
        )
        return pb.EraseSubjectResponse(subject_id=request.subject_id, revision=revision)

    def register_body(self, request: pb.RegisterBodyRequest, call: Call) -> pb.RegisterBodyResponse:
        """Register a body, or find it."""
        new = NewBody(
            key=protos.natural_key(request.natural_key),
            kind=protos.body_kind(request.kind),
            name=text_of(request.name),
            area_id=request.area_id,
            at=call.at,
        )
        state, found = self._app.bodies.register(new, call.context(), protos.permit(call))
        return pb.RegisterBodyResponse(
            body=protos.body_state(state), existing=found.existing, revision=found.revision
        )

    def get_body(self, request: pb.GetBodyRequest, call: Call) -> pb.GetBodyResponse:
        """Read one body."""
        body = self._app.bodies.get(request.body_id, Fresh.of(request, call))
        return pb.GetBodyResponse(body=protos.body_shown(body))

    def list_bodies(self, request: pb.ListBodiesRequest, call: Call) -> pb.ListBodiesResponse:
        """Read a page of bodies."""
        bodies, next_token = self._app.bodies.list(request, Fresh.of(request, call))
        return pb.ListBodiesResponse(bodies=map(protos.body_shown, bodies), next_page_token=next_token)
