"""The gRPC face of the services that bodies provide."""

from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types

from libs.ledger.ids import derived_id
from libs.ledger.streams.stream import Loaded
from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of, stamp_or_none
from services.catalog.application.app import App
from services.catalog.application.messages import details
from services.catalog.application.services import Criteria
from services.catalog.domain import commands
from services.catalog.domain.service import Active, Published, Retired, Suspended
from services.catalog.entrypoints import requests


class ServicesApi:
    """The rpcs about services."""

    _app: App

    def publish_service(self, request: pb.PublishServiceRequest, call: Call) -> pb.PublishServiceResponse:
        """Offer a service."""
        service_id = request.service_id or derived_id(call.caller.subject, request.request_id)
        loaded = self._app.services.publish(
            service_id,
            request.body_id,
            requests.details(request.details),
            call.at,
            call.context(),
            requests.permit(call),
        )
        return pb.PublishServiceResponse(service=_service(loaded.state), revision=loaded.revision)

    def change_service(self, request: pb.ChangeServiceRequest, call: Call) -> pb.ChangeServiceResponse:
        """Say something else about it."""
        loaded = self._app.services.change(
            request.service_id,
            requests.details(request.details),
            call.at,
            call.context(),
            request.if_revision,
            requests.permit(call),
        )
        return pb.ChangeServiceResponse(service=_service(loaded.state), revision=loaded.revision)

    def suspend_service(self, request: pb.SuspendServiceRequest, call: Call) -> pb.SuspendServiceResponse:
        """Not for the time being."""
        command = commands.SuspendService(
            service_id=request.service_id,
            expected_resume=moment_of(request, "expected_resume_time"),
            at=call.at,
        )
        loaded = self._handled(command, call, request.if_revision, request.reason)
        return pb.SuspendServiceResponse(service=_service(loaded.state), revision=loaded.revision)

    def resume_service(self, request: pb.ResumeServiceRequest, call: Call) -> pb.ResumeServiceResponse:
        """On offer again."""
        command = commands.ResumeService(service_id=request.service_id, at=call.at)
        loaded = self._handled(command, call, request.if_revision)
        return pb.ResumeServiceResponse(service=_service(loaded.state), revision=loaded.revision)

    def retire_service(self, request: pb.RetireServiceRequest, call: Call) -> pb.RetireServiceResponse:
        """Not on offer any more."""
        command = commands.RetireService(service_id=request.service_id, at=call.at)
        loaded = self._handled(command, call, request.if_revision, request.reason)
        return pb.RetireServiceResponse(service=_service(loaded.state), revision=loaded.revision)

    def get_service(self, request: pb.GetServiceRequest, call: Call) -> pb.GetServiceResponse:
        """One service."""
        loaded = self._app.services.published(request.service_id)
        return pb.GetServiceResponse(service=_service(loaded.state), revision=loaded.revision)

    def search_services(self, request: pb.SearchServicesRequest, call: Call) -> pb.SearchServicesResponse:
        """Find services by words."""
        criteria = Criteria(
            text=request.query,
            area_id=request.area_id,
            language=request.language,
            accessibility=tuple(request.accessibility),
            statuses=tuple(_status_name(status) for status in request.statuses),
        )
        found, token = self._app.services.search(request, criteria, Fresh.of(request, call))
        return pb.SearchServicesResponse(
            results=[pb.FoundService(service=_service(each.service), score=each.score) for each in found],
            next_page_token=token,
        )

    def _handled(
        self,
        command: commands.SuspendService | commands.ResumeService | commands.RetireService,
        call: Call,
        if_revision: str,
        reason: str = "",
    ) -> Loaded[Published]:
        context = call.context(reason=reason)
        return self._app.services.handle(command, context, if_revision, requests.permit(call))


def _service(published: Published) -> pb.Service:
    offer = published.offer
    shown = pb.Service(
        service_id=offer.service_id,
        body_id=offer.body_id,
        status=_status(published),
        details=details(offer.details),
    )
    if isinstance(published, Suspended):
        until = stamp_or_none(published.expected_resume)
        shown.expected_resume_time.CopyFrom(until) if until else None
    return shown


def _status(published: Published) -> types.ServiceStatus.ValueType:
    match published:
        case Active():
            return types.SERVICE_STATUS_ACTIVE
        case Suspended():
            return types.SERVICE_STATUS_SUSPENDED
        case Retired():
            return types.SERVICE_STATUS_RETIRED


def _status_name(status: types.ServiceStatus.ValueType) -> str:
    """As the view writes it: `active`."""
    return types.ServiceStatus.Name(status).removeprefix("SERVICE_STATUS_").lower()
