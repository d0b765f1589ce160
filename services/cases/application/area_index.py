"""The index of areas that cases locates with, made of what was noted of identity's boundaries and ends.

It also says where a place lies by the boundaries of other moments than that of the opening.
"""

from collections.abc import Mapping
from datetime import datetime

from libs.geo.index import AreaIndex, BoundaryRow, with_validity
from libs.rules.areas import NOWHERE, AreaPath, ids_of, path_of
from services.cases.domain.case_areas import AreaSince
from services.cases.domain.noted import AreaEndNoted, AreaNoted, BoundaryNoted
from services.cases.domain.values import Point


def index_of(
    areas: Mapping[str, AreaNoted],
    boundaries: Mapping[str, tuple[BoundaryNoted, ...]],
    ends: Mapping[str, AreaEndNoted],
) -> AreaIndex:
    """The index; boundaries of areas that are not known yet wait."""
    rows = {
        area_id: [_boundary_row(areas[area_id], version) for version in versions]
        for area_id, versions in boundaries.items()
        if area_id in areas
    }
    return AreaIndex(with_validity(rows, {area_id: end.valid_until for area_id, end in ends.items()}))


def other_areas(
    index: AreaIndex,
    ends: Mapping[str, AreaEndNoted],
    point: Point,
    opened_path: AreaPath,
    opened_at: datetime,
) -> tuple[AreaSince, ...]:
    """In which areas a place lies by the boundaries of every moment; () if always in that of the opening.

    While no area has it inside, it counts in the nearest above that of the opening that has no boundary. If
    none had it inside at the opening, it stays in the area that the reporter named.
    """
    named = index.locate(point.longitude, point.latitude, opened_at) is None
    lies = tuple(
        AreaSince(
            since=since,
            area_path=path_of(chain)
            if chain
            else opened_path
            if named
            else _unbounded(index, ends, opened_path, since),
        )
        for since, chain in index.over_time(point.longitude, point.latitude)
    )
    return lies if any(each.area_path != opened_path for each in lies) else ()


def _unbounded(index: AreaIndex, ends: Mapping[str, AreaEndNoted], path: AreaPath, at: datetime) -> AreaPath:
    """The nearest area above that has no boundary, so that nobody can say that it ends there."""
    ids = ids_of(path)
    for depth in range(len(ids) - 1, 0, -1):
        end = ends.get(ids[depth - 1])
        is_there = end is None or at < end.valid_until
        if is_there and not index.is_bounded(ids[depth - 1], at):
            return path_of(ids[:depth])
    return NOWHERE


def _boundary_row(area: AreaNoted, noted: BoundaryNoted) -> BoundaryRow:
    return BoundaryRow(
        area_id=area.area_id,
        path=ids_of(area.area_path),
        rank=noted.rank or area.rank,
        version=noted.version,
        boundary=noted.boundary,
        valid_from=noted.valid_from,
    )
