"""The neighbourhood councils of Los Angeles, as the city drew them."""

import gzip
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from shapely import MultiPolygon, Polygon

from libs.geo.boundary import check_boundary, geometry_of
from libs.geo.index import BoundaryRow

_ROOT = Path(__file__).parents[3]
DATA = _ROOT / "e2e" / "data"
COUNCILS = _ROOT / "services/command/community/shipped/los-angeles/councils.geojson.gz"
AT = datetime(2020, 1, 1, tzinfo=UTC)


@cache
def rows() -> tuple[BoundaryRow, ...]:
    """The councils as areas, recorded in the order of the file."""
    with gzip.open(COUNCILS, "rt") as file:
        features = json.load(file)["features"]
    return tuple(
        BoundaryRow(
            area_id=feature["properties"]["nc_id"],
            path=("los-angeles", feature["properties"]["region"], feature["properties"]["nc_id"]),
            rank=rank,
            version=1,
            boundary=check_boundary(json.dumps(feature["geometry"])).geojson,
            valid_from=AT,
        )
        for rank, feature in enumerate(features)
    )


@cache
def boundaries() -> tuple[Polygon | MultiPolygon, ...]:
    """The same as geometries."""
    return tuple(geometry_of(row.boundary) for row in rows())
