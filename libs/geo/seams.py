"""Where a map is cut although the ground goes on: the antimeridian, and the poles."""

import math

import shapely
from shapely import LineString, MultiPolygon, Polygon, box
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

_HALF_ROUND, _POLE = 180.0, 90.0
_HEM = 0.001  # degrees


def without_seams(geometry: Polygon | MultiPolygon) -> BaseGeometry:
    """The same ground with a hem beyond each seam on which it goes on, so that the seam is no edge of it.

    An area that crosses the antimeridian is cut there into polygons on either side (RFC 7946,
    3.1.9). Where both touch it, a point at longitude 180 or -180 lies inside; where only one
    does, the antimeridian is the area's own edge. A pole lies in what touches it all around.
    """
    west, south, east, north = geometry.bounds
    hems: list[BaseGeometry] = []
    if (west, east) == (-_HALF_ROUND, _HALF_ROUND):
        eastern = box(_HALF_ROUND, -_POLE, _HALF_ROUND + _HEM, _POLE)
        western = box(-_HALF_ROUND - _HEM, -_POLE, -_HALF_ROUND, _POLE)
        hems = [
            shapely.intersection(translate(geometry, 2 * _HALF_ROUND), eastern),
            shapely.intersection(translate(geometry, -2 * _HALF_ROUND), western),
        ]
        for pole in (-_POLE, _POLE):
            around = LineString([(-_HALF_ROUND, pole), (_HALF_ROUND, pole)])
            if pole in (south, north) and geometry.covers(around):
                beyond = pole + math.copysign(_HEM, pole)
                ends = -_HALF_ROUND - _HEM, _HALF_ROUND + _HEM
                hems.append(box(ends[0], min(pole, beyond), ends[1], max(pole, beyond)))
    return shapely.union_all([geometry, *hems]) if hems else geometry
