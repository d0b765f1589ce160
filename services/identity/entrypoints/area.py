"""The rpcs about areas."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from libs.rpc.texts import text_of
from services.identity.application.app import App
from services.identity.application.area import AreaHandled, NewArea
from services.identity.domain import refusals
from services.identity.domain.area.events import BoundaryChanged
from services.identity.entrypoints.wire.area import area_shown, area_state_shown, located_shown, strip_shown
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
        area = self._app.areas.get(request.area_id, at, Fresh.of(request, call), request.with_boundary)
        return pb.GetAreaResponse(area=area_shown(area))

    def list_areas(self, request: pb.ListAreasRequest, call: Call) -> pb.ListAreasResponse:
        """Read a page of areas."""
        at = moment_of(request, "at_time") or call.now()
        areas, next_token = self._app.areas.list(request, at, Fresh.of(request, call))
        return pb.ListAreasResponse(areas=map(area_shown, areas), next_page_token=next_token)

    def rename_area(self, request: pb.RenameAreaRequest, call: Call) -> pb.RenameAreaResponse:
        """Call an area differently."""
        handled = self._app.areas.rename(
            request.area_id,
            text_of(request.name),
            moment_of(request, "valid_from_time"),
            call.at,
            call.context(reason=request.reason),
            call.permit,
            request.if_revision or None,
        )
        return pb.RenameAreaResponse(area=area_state_shown(handled.state), revision=handled.revision)

    def locate(self, request: pb.LocateRequest, call: Call) -> pb.LocateResponse:
        """Find the areas around a point."""
        at = moment_of(request, "at_time") or call.now()
        point = request.point.longitude, request.point.latitude
        places = self._app.areas.locate([point], at, Fresh.of(request, call))
        [located] = places.located
        if located is None:
            raise refusals.place_is_outside_areas()
        return pb.LocateResponse(
            chain=[area_shown(places.areas[each]) for each in located.chain],
            boundary_version=located.boundary_version,
            overlap_area_ids=located.overlaps,
        )

    def locate_many(self, request: pb.LocateManyRequest, call: Call) -> pb.LocateManyResponse:
        """Find the areas around each of many points."""
        at = moment_of(request, "at_time") or call.now()
        points = [(point.longitude, point.latitude) for point in request.points]
        places = self._app.areas.locate(points, at, Fresh.of(request, call))
        shown = {located: located_shown(located) for located in set(places.located)}
        return pb.LocateManyResponse(
            points=[shown[located] for located in places.located],
            areas=[area_shown(places.areas[each]) for each in sorted(places.areas)],
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
