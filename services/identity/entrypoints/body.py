"""The rpcs about bodies."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.body import NewBody
from services.identity.entrypoints.wire.party import body_shown, body_state_shown, natural_key_of
from services.identity.entrypoints.wire.words import BODY_KINDS


class BodyApi:
    """Registering and reading bodies."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_body(self, request: pb.RegisterBodyRequest, call: Call) -> pb.RegisterBodyResponse:
        """Register a body, or find it."""
        new = NewBody(
            key=natural_key_of(request.natural_key),
            kind=BODY_KINDS.from_wire(request.kind),
            name=text_of(request.name),
            area_id=request.area_id,
            at=call.at,
        )
        state, found = self._app.bodies.register(new, call.context(), call.permit)
        return pb.RegisterBodyResponse(
            body=body_state_shown(state), existing=found.existing, revision=found.revision
        )

    def get_body(self, request: pb.GetBodyRequest, call: Call) -> pb.GetBodyResponse:
        """Read one body."""
        body = self._app.bodies.get(request.body_id, Fresh.of(request, call))
        return pb.GetBodyResponse(body=body_shown(body))

    def list_bodies(self, request: pb.ListBodiesRequest, call: Call) -> pb.ListBodiesResponse:
        """Read a page of bodies."""
        bodies, next_token = self._app.bodies.list(request, Fresh.of(request, call))
        return pb.ListBodiesResponse(bodies=map(body_shown, bodies), next_page_token=next_token)
