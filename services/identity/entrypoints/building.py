"""The rpcs about buildings and dwellings."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from services.identity.application.app import App
from services.identity.application.building import NewBuilding
from services.identity.entrypoints.resident import permit_by, reading, registering
from services.identity.entrypoints.wire.household import building_shown, building_state_shown, dwelling_shown


class BuildingApi:
    """Registering and listing buildings."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_building(
        self, request: pb.RegisterBuildingRequest, call: Call
    ) -> pb.RegisterBuildingResponse:
        """Register a building with its dwellings."""
        point = None
        if request.HasField("location"):
            point = request.location.longitude, request.location.latitude
        new = NewBuilding(
            building_id=request.building_id,
            area_id=request.area_id,
            address=request.address,
            point=point,
            stands_from=moment_of(request, "stands_from_time"),
            units=tuple(request.units),
            at=call.at,
        )
        handled = self._app.buildings.register(new, call.context(), permit_by(call, registering))
        shown, dwellings = building_state_shown(handled.state)
        return pb.RegisterBuildingResponse(building=shown, dwellings=dwellings, revision=handled.revision)

    def list_buildings(self, request: pb.ListBuildingsRequest, call: Call) -> pb.ListBuildingsResponse:
        """Read a page of buildings."""
        rows, next_token = self._app.buildings.list(request, reading(call), Fresh.of(request, call))
        return pb.ListBuildingsResponse(buildings=map(building_shown, rows), next_page_token=next_token)

    def list_dwellings(self, request: pb.ListDwellingsRequest, call: Call) -> pb.ListDwellingsResponse:
        """Read a page of dwellings."""
        rows, next_token = self._app.buildings.dwellings(request, reading(call), Fresh.of(request, call))
        return pb.ListDwellingsResponse(dwellings=map(dwelling_shown, rows), next_page_token=next_token)
