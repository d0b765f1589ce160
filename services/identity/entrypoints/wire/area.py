"""Areas and disputed strips."""

from linli.identity.v1 import identity_service_pb2 as pb
from linli.types.v1.types_pb2 import Point

from libs.geo.index import Located
from libs.rpc.moments import stamp
from libs.rpc.texts import localized
from services.identity.application.area_ports import AreaRow, BoundaryRow, StripRow
from services.identity.domain.area import situations
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
        valid_until_time=stamp(shown.valid_until) if shown.valid_until else None,
        successor_area_ids=shown.successor_ids,
        predecessor_area_ids=shown.predecessor_ids,
    )


def area_state_shown(state: situations.Area) -> pb.Area:
    """An area as its stream knows it."""
    if isinstance(state, situations.Undefined):
        return pb.Area()
    row = AreaRow(
        area_id=state.area_id,
        parent_id=state.parent_id,
        level=state.level,
        name=state.name,
        path=state.path,
        boundary_version=state.boundary_version,
        valid_until=state.valid_until,
        successor_ids=state.successor_ids,
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


def located_shown(located: Located | None) -> pb.LocatedPoint:
    """One of many points."""
    if located is None:
        return pb.LocatedPoint()
    return pb.LocatedPoint(
        area_id=located.area_id,
        boundary_version=located.boundary_version,
        overlap_area_ids=located.overlaps,
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
