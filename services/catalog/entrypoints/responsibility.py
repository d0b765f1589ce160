"""The rpcs about responsibilities."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of, stamp_or_none
from services.catalog.application.app import App
from services.catalog.application.responsibility import NewItem
from services.catalog.domain.responsibility import EndResponsibility, ReviseResponsibility
from services.catalog.domain.values import Period
from services.catalog.entrypoints.wire.responsibility import (
    item_shown,
    line_shown,
    trace_shown,
    unowned_shown,
    version_shown,
)


class ResponsibilityApi:
    """Assigning, revising and ending items; reading the list, and who answers."""

    def __init__(self, app: App) -> None:
        self._app = app

    def assign_responsibility(
        self, request: pb.AssignResponsibilityRequest, call: Call
    ) -> pb.AssignResponsibilityResponse:
        """Make a body answer."""
        new = NewItem(
            affair_id=request.affair_id,
            area_id=request.area_id,
            body_id=request.body_id,
            legal_basis=request.legal_basis,
            helper_ids=tuple(request.helper_ids),
            period=Period(
                start=moment_of(request, "valid_from_time") or call.at,
                end=moment_of(request, "valid_until_time"),
            ),
            at=call.at,
        )
        loaded = self._app.responsibilities.assign(new, call.context(), call.permit)
        return pb.AssignResponsibilityResponse(
            responsibility=item_shown(loaded.state), revision=loaded.revision
        )

    def revise_responsibility(
        self, request: pb.ReviseResponsibilityRequest, call: Call
    ) -> pb.ReviseResponsibilityResponse:
        """The next version."""
        command = ReviseResponsibility(
            item_id=request.item_id,
            body_id=request.body_id,
            legal_basis=request.legal_basis,
            helper_ids=tuple(request.helper_ids),
            valid_from=moment_of(request, "valid_from_time"),
            at=call.at,
        )
        context = call.context(reason=request.reason)
        loaded = self._app.responsibilities.revise(command, context, request.if_revision, call.permit)
        return pb.ReviseResponsibilityResponse(
            responsibility=item_shown(loaded.state), revision=loaded.revision
        )

    def end_responsibility(
        self, request: pb.EndResponsibilityRequest, call: Call
    ) -> pb.EndResponsibilityResponse:
        """Give an item an end."""
        command = EndResponsibility(
            item_id=request.item_id,
            valid_until=moment_of(request, "valid_until_time") or call.at,
            at=call.at,
        )
        context = call.context(reason=request.reason)
        loaded = self._app.responsibilities.end(command, context, request.if_revision, call.permit)
        return pb.EndResponsibilityResponse(responsibility=item_shown(loaded.state), revision=loaded.revision)

    def find_responsible(self, request: pb.FindResponsibleRequest, call: Call) -> pb.FindResponsibleResponse:
        """Who answers, and why."""
        at = moment_of(request, "at_time") or call.at
        fresh = Fresh.of(request, call)
        answered = self._app.responsibilities.find(request.affair_id, request.area_id, at, fresh)
        chosen = answered.chosen
        return pb.FindResponsibleResponse(
            responsibility=line_shown(chosen) if chosen else None,
            trace=[trace_shown(line, verdict) for line, verdict in answered.trace],
            affair_path=answered.affair_path,
            area_path=answered.area_path,
            at_time=stamp_or_none(at),
        )

    def get_responsibility(
        self,
        request: pb.GetResponsibilityRequest,
        call: Call,
    ) -> pb.GetResponsibilityResponse:
        """One item with its versions."""
        loaded = self._app.responsibilities.item(request.item_id)
        versions = [version_shown(loaded.state, version) for version in loaded.state.versions]
        return pb.GetResponsibilityResponse(versions=versions, revision=loaded.revision)

    def list_responsibilities(
        self, request: pb.ListResponsibilitiesRequest, call: Call
    ) -> pb.ListResponsibilitiesResponse:
        """A page of what holds."""
        at = moment_of(request, "at_time") or call.at
        lines, token = self._app.responsibilities.listed(request, at, Fresh.of(request, call))
        return pb.ListResponsibilitiesResponse(
            responsibilities=[line_shown(line) for line in lines], next_page_token=token
        )

    def list_unowned_matters(
        self, request: pb.ListUnownedMattersRequest, call: Call
    ) -> pb.ListUnownedMattersResponse:
        """A page of what nobody answers for."""
        at = moment_of(request, "at_time") or call.at
        matters, token = self._app.responsibilities.unowned(request, at, Fresh.of(request, call))
        return pb.ListUnownedMattersResponse(
            matters=[unowned_shown(matter) for matter in matters], next_page_token=token
        )
