"""A boundary: the GeoJSON (RFC 7946) polygon or multipolygon of an area, checked and repaired."""

import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape

from libs.geo.edges import MOST_IN_ONE, entangled

MAX_BYTES = 2_000_000
"""Longest GeoJSON text of one boundary; the most detailed council of Los Angeles has 233 kB."""

MAX_POSITIONS = 100_000

_NUMBERS = (int, float)

HALF_ROUND = 180.0
"""Degrees of longitude; a longer step was meant to go the other way, across the antimeridian."""


class BoundaryUnusable(ValueError):
    """The text is no boundary; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class CheckedBoundary:
    """A boundary fit for the index: `geojson` as canonical text, and what was repaired ("" if nothing)."""

    geojson: str
    note: str


def check_boundary(text: str) -> CheckedBoundary:
    """The boundary in `text`: canonical, valid, with a note on what had to be repaired.

    Accepts a GeoJSON Polygon or MultiPolygon in degrees (WGS 84, longitude first). Rings must
    be closed, have four positions or more, lie in range, and be cut at the antimeridian. A
    geometry that crosses itself is repaired (holes stay holes, lines without area are dropped).
    Raises BoundaryUnusable.
    """
    if len(text.encode()) > MAX_BYTES:
        raise BoundaryUnusable(f"longer than {MAX_BYTES} bytes: simplify the boundary")
    document = _parse(text)
    polygons = _polygons(document)
    _check_positions(polygons)
    geometry = shape({"type": "MultiPolygon", "coordinates": polygons})
    if entangled(geometry, geometry, MOST_IN_ONE):
        raise BoundaryUnusable("has too many edges that pass close by each other: simplify the boundary")
    note = ""
    if not geometry.is_valid:
        if entangled(geometry, geometry):
            raise BoundaryUnusable("crosses itself too often to be repaired: draw it anew")
        note = f"repaired: {shapely.is_valid_reason(geometry)}"
        geometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if geometry.is_empty or not isinstance(geometry, Polygon | MultiPolygon):
        raise BoundaryUnusable("encloses no ground")
    if isinstance(geometry, Polygon):  # as one that needed no repair
        geometry = MultiPolygon([geometry])
    return CheckedBoundary(geojson=shapely.to_geojson(geometry), note=note)


def geometry_of(geojson: str) -> Polygon | MultiPolygon:
    """The geometry of a text that `check_boundary` gave; raises BoundaryUnusable for any other kind."""
    geometry = shapely.from_geojson(geojson)
    if not isinstance(geometry, Polygon | MultiPolygon):
        raise BoundaryUnusable(f"{geometry.geom_type} is not a polygon or multipolygon")
    return geometry


def _parse(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BoundaryUnusable(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BoundaryUnusable("not a GeoJSON object")
    return document


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")


def _polygons(document: dict[str, Any]) -> list[Any]:
    match document.get("type"), document.get("coordinates"):
        case "Polygon", list(rings):
            return [rings]
        case "MultiPolygon", list(polygons):
            return polygons
        case (("Polygon" | "MultiPolygon"), _):
            raise BoundaryUnusable("has no coordinates")
        case kind, _:
            raise BoundaryUnusable(f"{str(kind)[:40]!r} is not Polygon or MultiPolygon")


def _check_positions(polygons: list[Any]) -> None:
    count = 0
    if not polygons:
        raise BoundaryUnusable("has no polygon")
    for p, polygon in enumerate(polygons):
        if not isinstance(polygon, list) or not polygon:
            raise BoundaryUnusable(f"polygon {p} has no ring")
        for r, ring in enumerate(polygon):
            where = f"polygon {p}, ring {r}"
            if not isinstance(ring, list) or len(ring) < 4:
                raise BoundaryUnusable(f"{where} needs four positions or more")
            for i, position in enumerate(ring):
                _check_position(position, f"{where}, position {i}")
            if ring[0][:2] != ring[-1][:2]:
                raise BoundaryUnusable(f"{where} is not closed: the last position must equal the first")
            ring[:] = [position[:2] for position in ring]
            _check_steps(ring, where)
            count += len(ring)
    if count > MAX_POSITIONS:
        raise BoundaryUnusable(f"has {count} positions, more than {MAX_POSITIONS}: simplify the boundary")


def _check_steps(ring: list[list[float]], where: str) -> None:
    for i, (one, other) in enumerate(pairwise(ring)):
        if abs(other[0] - one[0]) > HALF_ROUND:
            raise BoundaryUnusable(
                f"{where} goes more than half round the earth after position {i}: cut an area that crosses"
                " the antimeridian there into two polygons (RFC 7946, 3.1.9)"
            )


def _check_position(position: object, where: str) -> None:
    # By exact type: JSON's true and false are instances of int.
    if not isinstance(position, list) or len(position) < 2 or not all(type(n) in _NUMBERS for n in position):
        raise BoundaryUnusable(f"{where} is not [longitude, latitude]")
    longitude, latitude, *_ = position
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise BoundaryUnusable(f"{where} is out of range: longitude first, in degrees")
