"""What two boundaries share, or one leaves outside the other: found, and measured in metres.

Two surveys of one line never agree to the centimetre: what is nowhere wider than a tolerance does not count.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from libs.geo.cells import EARTH_METRES

TOLERANCE = 2.0
"""Metres: areas may overlap, or reach beyond their parent, by a strip that is nowhere wider."""

Geometries = NDArray[Any]
Numbers = NDArray[np.float64]


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
    parts = _polygons(ground)
    if not len(parts):
        return None
    points, wide = _widest(parts, tolerance)
    if not wide.any():
        return None
    areas = shapely.area(_unrolled(parts[wide]))
    longitude, latitude = points[areas.argmax()]
    return Strip(longitude=float(longitude), latitude=float(latitude), square_metres=float(areas.sum()))


def _polygons(ground: BaseGeometry) -> Geometries:
    parts = shapely.get_parts(ground)
    return np.asarray(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def _widest(parts: Geometries, tolerance: float) -> tuple[Numbers, NDArray[np.bool_]]:
    """Which of the parts are wider than `tolerance` metres somewhere, and a point inside each of those."""
    corners, part = shapely.get_coordinates(parts, return_index=True)
    boxes = shapely.bounds(parts)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    metres = math.radians(EARTH_METRES) * np.stack(
        [np.cos(np.radians(middle[:, 1])), np.ones(len(parts))], axis=1
    )
    flat = shapely.set_coordinates(parts.copy(), (corners - middle[part]) * metres[part])
    # Where there is more ground than the strip along the edges holds, some lies farther from them.
    thin = shapely.area(flat) <= shapely.length(flat) * tolerance / 2
    flat[thin] = shapely.buffer(flat[thin], -tolerance / 2, quad_segs=4)
    wide = ~shapely.is_empty(flat)
    points = shapely.get_coordinates(shapely.point_on_surface(flat[wide]))
    return points / metres[wide] + middle[wide], wide


def _unrolled(parts: Geometries) -> Geometries:
    """In metres, on a cylinder around the earth that keeps areas (Lambert's)."""
    degrees = shapely.get_coordinates(parts)
    x, y = np.radians(degrees[:, 0]), np.sin(np.radians(degrees[:, 1]))
    return np.asarray(shapely.set_coordinates(parts.copy(), EARTH_METRES * np.stack([x, y], axis=1)))
