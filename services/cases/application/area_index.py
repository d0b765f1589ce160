"""The index of areas that cases locates with, made of what was noted of identity's boundaries and ends."""

from collections.abc import Mapping

from libs.geo.index import AreaIndex, BoundaryRow, with_validity
from libs.rules.areas import ids_of
from services.cases.domain.noted import AreaEndNoted, AreaNoted, BoundaryNoted


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


def _boundary_row(area: AreaNoted, noted: BoundaryNoted) -> BoundaryRow:
    return BoundaryRow(
        area_id=area.area_id,
        path=ids_of(area.area_path),
        rank=noted.rank or area.rank,
        version=noted.version,
        boundary=noted.boundary,
        valid_from=noted.valid_from,
    )
