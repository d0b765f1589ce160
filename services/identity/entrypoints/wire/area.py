"""Areas and disputed strips."""

from linli.identity.v1 import identity_service_pb2 as pb
from linli.types.v1.types_pb2 import Point

from libs.rpc.moments import stamp
from libs.rpc.texts import localized
from services.identity.application.ports import AreaRow, BoundaryRow, StripRow
from services.identity.domain import area
from services.identity.entrypoints.wire.words import LEVELS


def area_shown(shown: AreaRow) -> pb.Area:
    """An area of the view."""
    return pb.Area(
        area_id=shown.area_id,
        parent_id=shown.parent_id,
        level=LEVELS.to_wire(shown.level),
        name=localized(shown.name),
        area_path=shown.path,
        boundary_version=shown.boundary_version,
        boundary=_boundary_shown(shown.boundary) if shown.boundary else None,
    )


def area_state_shown(state: area.Area) -> pb.Area:
    """An area as its stream knows it."""
    if isinstance(state, area.Undefined):
        return pb.Area()
    row = AreaRow(
        area_id=state.area_id,
        parent_id=state.parent_id,
        level=state.level,
        name=state.name,
        path=state.path,
        boundary_version=state.boundary_version,
    )
    return area_shown(row)


def _boundary_shown(boundary: BoundaryRow) -> pb.Boundary:
    until = stamp(boundary.valid_until) if boundary.valid_until else None
    return pb.Boundary(
        version=boundary.version,
        geojson=boundary.geojson,
        valid_from_time=stamp(boundary.valid_from),
        valid_until_time=until,
        note=boundary.note,
    )


def strip_shown(row: StripRow) -> pb.DisputedStrip:
    """A disputed strip."""
    return pb.DisputedStrip(
        area_id=row.area_id,
        area_path=row.area_path,
        other_area_id=row.other_area_id,
        other_area_path=row.other_area_path,
        owner_area_id=row.owner_area_id,
        point=Point(longitude=row.strip.longitude, latitude=row.strip.latitude),
        square_metres=row.strip.square_metres,
        since_time=stamp(row.since),
    )
