"""The rpcs about the services that bodies provide."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.ledger.ids import derived_id
from libs.ledger.streams.stream import Loaded
from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from services.catalog.application.app import App
from services.catalog.application.service import Criteria
from services.catalog.domain.service import Published, ResumeService, RetireService, SuspendService
from services.catalog.entrypoints.wire.service import STATUSES, details_of, found_shown, service_shown


class ServiceApi:
    """Publishing, changing, suspending and retiring services; finding them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def publish_service(self, request: pb.PublishServiceRequest, call: Call) -> pb.PublishServiceResponse:
        """Offer a service."""
        service_id = request.service_id or derived_id(call.caller.subject, request.request_id)
        loaded = self._app.services.publish(
            service_id,
            request.body_id,
            details_of(request.details),
            call.at,
            call.context(),
            call.permit,
        )
        return pb.PublishServiceResponse(service=service_shown(loaded.state), revision=loaded.revision)

    def change_service(self, request: pb.ChangeServiceRequest, call: Call) -> pb.ChangeServiceResponse:
        """Say something else about it."""
        loaded = self._app.services.change(
            request.service_id,
            details_of(request.details),
            call.at,
            call.context(),
            request.if_revision,
            call.permit,
        )
        return pb.ChangeServiceResponse(service=service_shown(loaded.state), revision=loaded.revision)

    def suspend_service(self, request: pb.SuspendServiceRequest, call: Call) -> pb.SuspendServiceResponse:
        """Not for the time being."""
        command = SuspendService(
            service_id=request.service_id,
            expected_resume=moment_of(request, "expected_resume_time"),
            at=call.at,
        )
        loaded = self._handled(command, call, request.if_revision, request.reason)
        return pb.SuspendServiceResponse(service=service_shown(loaded.state), revision=loaded.revision)

    def resume_service(self, request: pb.ResumeServiceRequest, call: Call) -> pb.ResumeServiceResponse:
        """On offer again."""
        command = ResumeService(service_id=request.service_id, at=call.at)
        loaded = self._handled(command, call, request.if_revision)
        return pb.ResumeServiceResponse(service=service_shown(loaded.state), revision=loaded.revision)

    def retire_service(self, request: pb.RetireServiceRequest, call: Call) -> pb.RetireServiceResponse:
        """Not on offer any more."""
        command = RetireService(service_id=request.service_id, at=call.at)
        loaded = self._handled(command, call, request.if_revision, request.reason)
        return pb.RetireServiceResponse(service=service_shown(loaded.state), revision=loaded.revision)

    def get_service(self, request: pb.GetServiceRequest, call: Call) -> pb.GetServiceResponse:
        """One service."""
        loaded = self._app.services.published(request.service_id)
        return pb.GetServiceResponse(service=service_shown(loaded.state), revision=loaded.revision)

    def search_services(self, request: pb.SearchServicesRequest, call: Call) -> pb.SearchServicesResponse:
        """Find services by words."""
        criteria = Criteria(
            text=request.query,
            area_id=request.area_id,
            language=request.language,
            accessibility=tuple(request.accessibility),
            statuses=tuple(STATUSES.from_wire(status) for status in request.statuses),
        )
        found, token = self._app.services.search(request, criteria, Fresh.of(request, call))
        return pb.SearchServicesResponse(
            results=[found_shown(each) for each in found],
            next_page_token=token,
        )

    def _handled(
        self,
        command: SuspendService | ResumeService | RetireService,
        call: Call,
        if_revision: str,
        reason: str = "",
    ) -> Loaded[Published]:
        context = call.context(reason=reason)
        return self._app.services.handle(command, context, if_revision, call.permit)
