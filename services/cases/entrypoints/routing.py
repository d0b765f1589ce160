"""The rpcs about routing."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.entrypoints.wire.case import unowned_matter_shown
from services.cases.entrypoints.wire.routing import routing_shown
from services.cases.entrypoints.wire.words import deadline_shown, point_of


class RoutingApi:
    """Why cases go where they go, and what nobody answers for."""

    def __init__(self, app: App) -> None:
        self._app = app

    def explain_routing(self, request: pb.ExplainRoutingRequest, call: Call) -> pb.ExplainRoutingResponse:
        """Why a case was sent where it was sent."""
        record = self._app.cases.one(request.case_id)
        call.permit(permits.area_and_body(record.state))
        stored, again = self._app.routing.explain(record)
        return pb.ExplainRoutingResponse(
            stored=routing_shown(stored), again=routing_shown(again), same=stored.answers_as(again)
        )

    def preview_routing(self, request: pb.PreviewRoutingRequest, call: Call) -> pb.PreviewRoutingResponse:
        """Where a report would be sent now."""
        decision, deadlines = self._app.routing.preview(
            request.affair_id, point_of(request), request.area_id, call.now()
        )
        return pb.PreviewRoutingResponse(
            routing=routing_shown(decision), deadlines=map(deadline_shown, deadlines)
        )

    def list_unowned_matters(
        self, request: pb.ListUnownedMattersRequest, call: Call
    ) -> pb.ListUnownedMattersResponse:
        """A page of the matters that nobody answers for, in the areas that the caller dispatches."""
        fresh = Fresh.of(request, call)
        rows, token = self._app.routing.unowned(request, call.reach, fresh)
        return pb.ListUnownedMattersResponse(matters=map(unowned_matter_shown, rows), next_page_token=token)
