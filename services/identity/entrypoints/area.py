"""The rpcs about areas."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.area import AreaHandled, NewArea
from services.identity.domain.area import BoundaryChanged
from services.identity.entrypoints.wire.area import area_shown, area_state_shown, strip_shown
from services.identity.entrypoints.wire.words import LEVELS


class AreaApi:
    """Areas and where points lie."""

    def __init__(self, app: App) -> None:
        self._app = app

    def define_area(self, request: pb.DefineAreaRequest, call: Call) -> pb.DefineAreaResponse:
        """Put an area into the tree."""
        new = NewArea(
            area_id=request.area_id,
            parent_id=request.parent_id,
            level=LEVELS.from_wire(request.level),
            name=text_of(request.name),
            boundary=request.boundary,
            valid_from=moment_of(request, "valid_from_time"),
            at=call.at,
        )
        handled = self._app.areas.define(new, call.context(), call.permit, call.deadline)
        return pb.DefineAreaResponse(
            area=area_state_shown(handled.state), note=_note(handled), revision=handled.revision
        )

    def change_boundary(self, request: pb.ChangeBoundaryRequest, call: Call) -> pb.ChangeBoundaryResponse:
        """Give an area another boundary."""
        handled = self._app.areas.change_boundary(
            request.area_id,
            request.boundary,
            moment_of(request, "valid_from_time"),
            call.at,
            call.context(),
            call.permit,
            request.if_revision or None,
            call.deadline,
        )
        return pb.ChangeBoundaryResponse(
            area=area_state_shown(handled.state), note=_note(handled), revision=handled.revision
        )

    def get_area(self, request: pb.GetAreaRequest, call: Call) -> pb.GetAreaResponse:
        """Read one area."""
        at = moment_of(request, "at_time") or call.now()
        fresh = Fresh.of(request, call)
        area = self._app.areas.get(request.area_id, at if request.with_boundary else None, fresh)
        return pb.GetAreaResponse(area=area_shown(area))

    def list_areas(self, request: pb.ListAreasRequest, call: Call) -> pb.ListAreasResponse:
        """Read a page of areas."""
        areas, next_token = self._app.areas.list(request, Fresh.of(request, call))
        return pb.ListAreasResponse(areas=map(area_shown, areas), next_page_token=next_token)

    def locate(self, request: pb.LocateRequest, call: Call) -> pb.LocateResponse:
        """Find the areas around a point."""
        at = moment_of(request, "at_time") or call.now()
        place = self._app.areas.locate(
            request.point.longitude, request.point.latitude, at, Fresh.of(request, call)
        )
        return pb.LocateResponse(
            chain=map(area_shown, place.chain),
            boundary_version=place.located.boundary_version,
            overlap_area_ids=place.located.overlaps,
        )

    def list_disputed_strips(
        self, request: pb.ListDisputedStripsRequest, call: Call
    ) -> pb.ListDisputedStripsResponse:
        """Read a page of the strips that two areas claim."""
        at = moment_of(request, "at_time") or call.now()
        fresh = Fresh.of(request, call)
        strips, next_token = self._app.areas.disputed_strips(request, at, fresh, call.deadline)
        return pb.ListDisputedStripsResponse(strips=map(strip_shown, strips), next_page_token=next_token)


def _note(handled: AreaHandled) -> str:
    """What was repaired in the boundary that came in."""
    return "".join(event.note for event in handled.events if isinstance(event, BoundaryChanged))
