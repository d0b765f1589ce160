"""The rpcs for the day after the clock of a machine was wrong."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import permitting
from libs.rpc.call import Call
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.domain.case.commands import AnnulMoment
from services.cases.entrypoints.wire.case import case_shown, early_case_shown
from services.cases.entrypoints.wire.words import CLOCKS, MOMENTS


class ClockApi:
    """What passed too early, and taking it back."""

    def __init__(self, app: App) -> None:
        self._app = app

    def annul_moment(self, request: pb.AnnulMomentRequest, call: Call) -> pb.AnnulMomentResponse:
        """An operator takes back what a wrong clock recorded too early."""
        command = AnnulMoment(
            clock=CLOCKS.from_wire(request.clock), moment=MOMENTS.from_wire(request.moment), at=call.now()
        )
        handled = self._app.clocks.annul(
            request.case_id,
            command,
            call.context(reason=request.reason),
            permitting(call.permit, permits.area),
            request.if_revision,
        )
        return pb.AnnulMomentResponse(case=case_shown(handled.state), revision=handled.revision)

    def list_early_moments(
        self, request: pb.ListEarlyMomentsRequest, call: Call
    ) -> pb.ListEarlyMomentsResponse:
        """A page of the cases with moments that passed and are not due yet."""
        fresh = Fresh.of(request, call)
        found, token = self._app.clocks.early(request, call.reach, call.now(), fresh)
        return pb.ListEarlyMomentsResponse(cases=map(early_case_shown, found), next_page_token=token)
