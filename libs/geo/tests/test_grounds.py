"""Whether new areas hold the ground of those that end into them: all of it, no other, each point once."""

from hypothesis import given
from hypothesis import strategies as st

from libs.geo.atlas import Atlas
from libs.geo.boundary import check_boundary, geometry_of
from libs.geo.grounds import Grounds
from libs.geo.index import AreaIndex, with_validity
from libs.geo.tests.drawing import CITY, EAST, IN_2020, WEST, drawn, square
from libs.geo.tests.test_boundary import polygon

WHOLE = Grounds.of(Atlas().with_rows([CITY, WEST, EAST]), ["west", "east"], IN_2020)


def box(west: float, south: float, east: float, north: float) -> str:
    return polygon([[west, south], [east, south], [east, north], [west, north], [west, south]])


@given(line=st.floats(0.1, 4.9), gap=st.sampled_from([-0.05, 0.0, 0.05]))
def test_a_split_is_right_exactly_where_every_point_has_one_part(line: float, gap: float) -> None:
    south, north = box(0, 0, 5, line), box(0, line + gap, 5, 5)

    parts = WHOLE.with_new({"south": south, "north": north})

    assert (parts.loss("west", ["south", "north"]) is None) is (gap <= 0)
    assert (parts.overlap(["south", "north"]) is None) is (gap >= 0)
    assert parts.excess(["west"], ["south", "north"]) == ""


def test_what_is_joined_has_every_point_of_its_areas_and_no_other() -> None:
    joined = check_boundary(WHOLE.joined(["west", "east"])).geojson
    both = WHOLE.with_new({"both": joined})
    index = AreaIndex(with_validity({"both": [drawn("city/both", joined)]}))

    assert both.loss("west", ["both"]) is both.loss("east", ["both"]) is None
    assert both.excess(["west", "east"], ["both"]) == ""
    assert both.excess(["west"], ["both"]) == "both"
    assert index.locate(5, 1, IN_2020) is not None  # where the two met
    assert geometry_of(joined).area == 50


def test_two_metres_more_or_less_are_two_surveys_of_one_line() -> None:
    parts = WHOLE.with_new({"new": square(0, 0, 5, more=1.9), "wide": square(0, 0, 5, more=2.1)})

    assert parts.excess(["west"], ["new"]) == ""
    assert parts.excess(["west"], ["wide"]) == "wide"


def test_areas_without_a_boundary_stand_for_nothing() -> None:
    nothing = Grounds.of(Atlas(), ["hills"], IN_2020).with_new({"new": square(0, 0, 1)})

    assert nothing.joined(["hills"]) == ""
    assert nothing.loss("hills", ["new"]) is None
    assert nothing.excess(["hills"], ["new"]) == ""
