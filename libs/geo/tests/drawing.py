"""Squares on the equator, as versions of boundaries."""

import json
from datetime import UTC, datetime

from libs.geo.index import BoundaryRow

IN_2019 = datetime(2019, 1, 1, tzinfo=UTC)
IN_2020 = datetime(2020, 1, 1, tzinfo=UTC)
IN_2021 = datetime(2021, 1, 1, tzinfo=UTC)
METRE = 360 / 40_030_174
"""Degrees of latitude, or of longitude at the equator."""


def square(west: float, south: float, size: float, more: float = 0) -> str:
    """A square on the equator, in degrees, wider to the east by `more` metres."""
    east, north = west + size + more * METRE, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def drawn(path: str, boundary: str, since: datetime = IN_2019, version: int = 1) -> BoundaryRow:
    ids = tuple(path.split("/"))
    return BoundaryRow(
        area_id=ids[-1], path=ids, rank=version, version=version, boundary=boundary, valid_from=since
    )


CITY = drawn("city", square(0, 0, 10))
WEST = drawn("city/west", square(0, 0, 5))
EAST = drawn("city/east", square(5, 0, 5))
