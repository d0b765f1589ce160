"""What two boundaries share, or one leaves outside the other, in metres."""

import math
from itertools import combinations

import pytest
import shapely
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry

from libs.geo.strips import Strip, outside, shared
from libs.geo.tests.councils import boundaries
from libs.geo.tests.drawing import METRE


def block(west: float, south: float, width: float, height: float, latitude: float = 0) -> Polygon:
    """A rectangle, in metres from a point at a latitude (where metres to the east take more degrees)."""
    east_metre = METRE / math.cos(math.radians(latitude))
    return box(
        west * east_metre,
        latitude + south * METRE,
        (west + width) * east_metre,
        latitude + (south + height) * METRE,
    )


@pytest.mark.parametrize("latitude", [0, 34, 60, -80])
def test_an_overlap_is_measured_in_metres_wherever_it_lies(latitude: float) -> None:
    one, other = block(0, 0, 100, 100, latitude), block(90, 0, 100, 100, latitude)

    strip = shared(one, other)

    assert strip is not None
    assert strip.square_metres == pytest.approx(1_000, rel=0.001)
    assert one.contains(at(strip))
    assert other.contains(at(strip))


def at(strip: Strip) -> shapely.Point:
    return shapely.Point(strip.longitude, strip.latitude)


@pytest.mark.parametrize(("width", "counts"), [(1.9, False), (2.1, True)])
@pytest.mark.parametrize("length", [3, 10_000])
def test_a_strip_counts_by_its_width_however_long_it_is(width: float, length: float, counts: bool) -> None:
    one, other = block(0, 0, 50, length), block(50 - width, 0, 50, length)

    assert (shared(one, other) is not None) == counts
    assert (outside(block(0, 0, width, length), block(-9, 0, 9, length)) is not None) == counts


def test_neighbours_along_one_line_share_nothing() -> None:
    assert shared(block(0, 0, 50, 50), block(50, 0, 50, 50)) is None
    assert shared(block(0, 0, 50, 50), block(90, 0, 50, 50)) is None


def test_the_point_that_is_named_lies_in_the_largest_piece() -> None:
    comb = shapely.union_all([block(0, 0, 3, 10), block(20, 0, 30, 10), block(60, 0, 1, 10)])

    strip = outside(comb, block(0, 20, 5, 5))

    assert strip is not None
    assert block(20, 0, 30, 10).contains(at(strip))
    assert strip.square_metres == pytest.approx(330, rel=0.001)  # the piece of one metre does not count


def test_the_councils_of_los_angeles_overlap_in_211_places_of_which_49_count() -> None:
    councils = boundaries()
    overlapping = [(one, other) for one, other in combinations(councils, 2) if overlap(one, other) > 0]

    assert len(overlapping) == 211
    assert sum(overlap(one, other) > 1_000 for one, other in overlapping) == 44
    assert sum(shared(one, other) is not None for one, other in overlapping) == 49


def overlap(one: BaseGeometry, other: BaseGeometry) -> float:
    """Square metres of the overlap, whatever its width, at the latitude of Los Angeles."""
    if not one.intersects(other):
        return 0
    return float(one.intersection(other).area) / METRE**2 * math.cos(math.radians(34.05))


def test_nothing_lies_outside_itself() -> None:
    assert [council for council in boundaries() if outside(council, council)] == []
