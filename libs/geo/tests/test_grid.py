"""The grid is only a short cut: whatever areas and points, the index answers as shapely does without it."""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import scale
from shapely.geometry.base import BaseGeometry

from libs.geo.boundary import BoundaryUnusable, check_boundary, geometry_of
from libs.geo.index import AreaIndex, BoundaryRow
from libs.testkit.examples import examples

AT = datetime(2020, 1, 1, tzinfo=UTC)
COUNTRY, CITY, BLOCK, HOUSE, PEBBLE = 20.0, 0.5, 0.01, 0.0001, 1e-9
"""Sizes in degrees."""

Point = tuple[float, float]
Shape = tuple[tuple[Point, ...], ...]
"""Rings in a square of side 1: the outline, then holes."""

SHAPES: tuple[Shape, ...] = (
    (((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)),),
    (((0, 0), (1, 0), (0.3, 0.7), (0, 0)),),
    (((0, 0), (1, 0.999), (1, 1), (0, 0)),),  # a sliver
    (((0, 0), (1, 0), (1, 1e-9), (0, 1e-9), (0, 0)),),  # a hair
    (((0, 0), (1, 0), (1, 1), (0.5, 0.1), (0, 1), (0, 0)),),  # a notch
    (
        ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)),
        ((0.25, 0.25), (0.25, 0.75), (0.75, 0.75), (0.75, 0.25), (0.25, 0.25)),
    ),  # a courtyard
)


def boundary(shape: Shape, west: float, south: float, size: float) -> str:
    rings = [[[west + size * x, south + size * y] for x, y in ring] for ring in shape]
    return json.dumps({"type": "Polygon", "coordinates": rings})


PLACES = st.sampled_from([0.0, 0.0001, 0.01, 0.5, -0.5, 20.0, -118.25, 34.0]) | st.floats(-130, 40)
SIZES = st.sampled_from([COUNTRY, CITY, CITY / 3, BLOCK, HOUSE, PEBBLE])


@st.composite
def neighbourhoods(draw: st.DrawFn) -> list[BaseGeometry]:
    """Areas of every size around one place: beside, upon and within each other, touching and apart."""
    west, south = draw(PLACES), draw(PLACES.filter(lambda latitude: abs(latitude) < 60))
    found: list[BaseGeometry] = []
    for _ in range(draw(st.integers(1, 8))):
        shape, size = draw(st.sampled_from(SHAPES)), draw(SIZES)
        match draw(st.sampled_from(["here", "east of the last", "far", "within the last"])):
            case "east of the last" if found:
                _, south, west, _ = found[-1].bounds
            case "within the last" if found:
                found.append(scale(found[-1], 0.5, 0.5))
                continue
            case "far":
                west, south = west - 7 * size, south + 3 * size
            case _:
                pass
        try:
            found.append(geometry_of(check_boundary(boundary(shape, west, south, size)).geojson))
        except BoundaryUnusable:
            continue  # too small to enclose ground so far from 0, 0
    return found


def index_of(areas: list[BaseGeometry]) -> AreaIndex:
    return AreaIndex(
        BoundaryRow(
            area_id=f"area-{n}", path=(f"area-{n}",), rank=n, version=1,
            boundary=shapely.to_geojson(area), valid_from=AT,
        )
        for n, area in enumerate(areas)
    )  # fmt: skip


def remarkable(areas: list[BaseGeometry], side: float) -> Iterator[Point]:
    """Corners, borders and insides of the areas, corners of the cells about them, with neighbours."""
    for area in areas:
        corners = [(x, y) for x, y in shapely.get_coordinates(area)]
        inside = area.representative_point()
        edges = [((a + c) / 2, (b + d) / 2) for (a, b), (c, d) in pairwise(corners)]
        for x, y in [*corners, *edges, (inside.x, inside.y)]:
            yield x, y
            column, row = math.floor(x / side), math.floor(y / side)
            yield column * side, row * side
            yield (column + 1) * side, y
            yield column * side - least(x), (row + 1) * side + least(y)
            yield x + least(x), y
            yield x, y - least(y)


def least(near: float) -> float:
    """About the smallest step that a coordinate can take; none so small that geometry underflows at 0."""
    return max(math.ulp(near), 1e-18)


@examples(60)
@given(
    areas=neighbourhoods(), others=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=10)
)
def test_areas_of_any_size_are_found_as_by_asking_each(
    areas: list[BaseGeometry], others: list[Point]
) -> None:
    index = index_of(areas)

    for x, y in [*remarkable(areas, index._grid._side), *others]:  # where cells meet
        # Strictly inside: a point on a border is in neither area.
        around = [
            f"area-{n}" for n, area in enumerate(areas) if area.covers(point := shapely.Point(x, y))
            and not area.boundary.covers(point)
        ]  # fmt: skip
        located = index.locate(x, y, AT)

        assert ([located.area_id, *located.overlaps] if located else []) == around, (x, y)


def test_a_house_beside_a_country_is_found_wherever_one_asks() -> None:
    country, house = boundary(SHAPES[0], -20, 30, COUNTRY), boundary(SHAPES[0], 0, 40, HOUSE)
    index = index_of([shapely.from_geojson(country), shapely.from_geojson(house)])

    found = [index.locate(x, 40.00005, AT) for x in (-19.9, -10, -0.00001, 0, 0.00005, 0.0001, 179)]

    assert [each and each.area_id for each in found] == [
        "area-0", "area-0", "area-0", None, "area-1", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("size", [5e-324, 1e-300, PEBBLE, COUNTRY])
@pytest.mark.parametrize("far", [1e6, 1e300, 1.7976931348623157e308])
def test_a_place_off_the_earth_is_nowhere(size: float, far: float) -> None:
    index = index_of([shapely.from_geojson(boundary(SHAPES[0], 0, 0, size))])

    assert [index.locate(x, y, AT) for x, y in [(far, 0), (0, -far), (-far, far)]] == [None] * 3


def test_an_area_cut_at_the_antimeridian_is_one_area() -> None:
    [outline] = SHAPES[0]
    polygons = [[[[start + 2 * x, y] for x, y in outline]] for start in (178.0, -180.0)]
    fiji = check_boundary(json.dumps({"type": "MultiPolygon", "coordinates": polygons}))
    index = index_of([geometry_of(fiji.geojson)])

    found = [
        index.locate(x, 0.5, AT) is not None for x in (177.9, 178.1, 179.999, -179.999, -178.1, -177.9, 0)
    ]

    assert found == [False, True, True, True, True, False, False]


@pytest.mark.parametrize("longitude", [180.0, -180.0])
def test_the_antimeridian_is_no_edge_of_an_area_on_both_sides(longitude: float) -> None:
    [outline] = SHAPES[0]
    east = [[178 + 2 * x, 2 * y] for x, y in outline]  # to latitude 2
    west = [[-180 + 2 * x, 1 + 2 * y] for x, y in outline]  # from latitude 1 to 3
    fiji = check_boundary(json.dumps({"type": "MultiPolygon", "coordinates": [[east], [west]]}))
    index = index_of([geometry_of(fiji.geojson)])

    inside = [
        index.locate(longitude, latitude, AT) is not None for latitude in (-1, 0, 0.5, 1, 1.5, 2, 2.5, 3)
    ]

    # Up to 1 and from 2 on the antimeridian is the edge of what lies on one side of it only.
    assert inside == [False, False, False, False, True, False, False, False]


def test_the_antimeridian_is_the_edge_of_an_area_on_one_side() -> None:
    index = index_of([shapely.box(178, 0, 180, 2)])

    assert [index.locate(longitude, 1, AT) for longitude in (180, -180)] == [None, None]
    assert index.locate(179, 1, AT) is not None


@pytest.mark.parametrize("longitude", [180.0, -180.0, 17.0])
def test_a_pole_lies_in_what_surrounds_it(longitude: float) -> None:
    antarctica = index_of([shapely.box(-180, -90, 180, -60)])

    assert antarctica.locate(longitude, -90, AT) is not None
    assert antarctica.locate(longitude, -75, AT) is not None
    assert antarctica.locate(longitude, 90, AT) is None


def test_an_area_drawn_across_the_antimeridian_is_refused_with_what_to_do() -> None:
    ring = [[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]]

    with pytest.raises(BoundaryUnusable, match=r"antimeridian.*two polygons"):
        check_boundary(json.dumps({"type": "Polygon", "coordinates": [ring]}))
