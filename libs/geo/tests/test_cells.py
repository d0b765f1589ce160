"""Whatever lies within the distance is found in the cells around, anywhere on the earth."""

from math import asin, atan2, cos, degrees, radians, sin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.geo.cells import EARTH_METRES, Cells

METRES = 150.0
CELLS = Cells(METRES)

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


def going(latitude: float, longitude: float, bearing: float, metres: float) -> tuple[float, float]:
    """Where one comes to on a sphere (the direct problem, by spherical trigonometry)."""
    north, angle = radians(latitude), metres / EARTH_METRES
    end = asin(sin(north) * cos(angle) + cos(north) * sin(angle) * cos(bearing))
    east = atan2(sin(bearing) * sin(angle) * cos(north), cos(angle) - sin(north) * sin(end))
    return degrees(end), (longitude + degrees(east) + 180) % 360 - 180


@given(latitudes, longitudes, st.floats(0, 6.283), st.floats(0, METRES))
@example(30.66, 180.0, 1.57, METRES)
@example(89.9999, 12.0, 0.0, METRES)
@example(-90.0, 0.0, 0.0, METRES)
@example(0.0, -180.0, 4.71, METRES)
def test_a_place_within_the_distance_lies_in_a_cell_around(
    latitude: float, longitude: float, bearing: float, metres: float
) -> None:
    there = going(latitude, longitude, bearing, metres)

    assert CELLS.of(*there) in CELLS.around(latitude, longitude)


@given(latitudes, longitudes)
def test_a_place_lies_in_its_own_cell_and_there_are_nine_at_most(latitude: float, longitude: float) -> None:
    around = CELLS.around(latitude, longitude)

    assert CELLS.of(latitude, longitude) in around
    assert len(around) == len({*around}) <= 9


@given(st.floats(-70, 70), longitudes, st.floats(0, 6.283))
def test_what_is_three_cells_away_is_not_found(latitude: float, longitude: float, bearing: float) -> None:
    there = going(latitude, longitude, bearing, 3 * METRES * 1.42)

    assert CELLS.of(*there) not in CELLS.around(latitude, longitude)


@pytest.mark.parametrize("longitude", [180.0, -180.0])
def test_the_two_names_of_a_meridian_are_one_place(longitude: float) -> None:
    assert CELLS.of(30.0, longitude) == CELLS.of(30.0, 180.0)
