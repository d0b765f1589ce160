"""What two boundaries share, or one leaves outside the other: found, and measured in metres.

Two surveys of one line never agree to the centimetre: what is nowhere wider than a tolerance does not count.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

TOLERANCE = 2.0
"""Metres: areas may overlap, or reach beyond their parent, by a strip that is nowhere wider."""

_RADIUS = 6_371_008.8  # metres, of a sphere that stands for the earth


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A piece of ground: a point inside its largest part, in degrees, and how large it is."""

    longitude: float
    latitude: float
    square_metres: float


def shared(one: BaseGeometry, other: BaseGeometry, tolerance: float = TOLERANCE) -> Strip | None:
    """The ground that lies in both; None where it is nowhere wider than `tolerance` metres."""
    return _wider(shapely.intersection(one, other), tolerance)


def outside(one: BaseGeometry, other: BaseGeometry, tolerance: float = TOLERANCE) -> Strip | None:
    """The ground of `one` that does not lie in `other`, likewise."""
    return _wider(shapely.difference(one, other), tolerance)


def _wider(ground: BaseGeometry, tolerance: float) -> Strip | None:
    wide = [
        (_square_metres(part), point.x, point.y)
        for part in shapely.get_parts(ground)
        if isinstance(part, Polygon) and (point := _within(part, tolerance)) is not None
    ]
    if not wide:
        return None
    _, longitude, latitude = max(wide)
    return Strip(longitude=longitude, latitude=latitude, square_metres=sum(area for area, _, _ in wide))


def _square_metres(part: Polygon) -> float:
    def unrolled(degrees: NDArray[Any]) -> NDArray[Any]:
        # Lambert's cylinder, which keeps areas.
        x, y = np.radians(degrees[:, 0]), np.sin(np.radians(degrees[:, 1]))
        return _RADIUS * np.stack([x, y], axis=1)

    return float(shapely.transform(part, unrolled).area)


def _within(part: Polygon, tolerance: float) -> Point | None:
    """A point inside the part, where it is wider than `tolerance` metres; None if it is nowhere."""
    west, south, east, north = part.bounds
    middle = np.array([(west + east) / 2, (south + north) / 2])
    metres = math.radians(_RADIUS) * np.array([math.cos(math.radians(middle[1])), 1.0])
    flat = shapely.transform(part, lambda degrees: (degrees - middle) * metres)
    if flat.area <= flat.length * tolerance / 2:  # otherwise something of it lies farther from its edges
        flat = flat.buffer(-tolerance / 2, quad_segs=4)
        if flat.is_empty:
            return None
    point = flat.representative_point()
    longitude, latitude = np.array([point.x, point.y]) / metres + middle
    return Point(longitude, latitude)
