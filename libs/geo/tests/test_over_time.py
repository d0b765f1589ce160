"""In which areas a point lies by the boundaries of every moment, told at once."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.geo.index import AreaIndex, BoundaryRow, with_validity
from libs.geo.tests.drawing import IN_2019, IN_2020, IN_2021, square

MOMENT = timedelta(microseconds=1)
TIMES = (IN_2019, IN_2020, IN_2021)
PATHS = ("city", "city/east", "city/west", "city/west/one", "city/west/two")


@st.composite
def maps(draw: st.DrawFn) -> AreaIndex:
    """A small tree whose boundaries change often, are corrected, and end."""
    versions: dict[str, list[BoundaryRow]] = {}
    for rank in range(draw(st.integers(1, 12))):
        path = draw(st.sampled_from(PATHS))
        ids = tuple(path.split("/"))
        known = versions.setdefault(ids[-1], [])
        ground = square(draw(st.integers(0, 3)), draw(st.integers(0, 1)), draw(st.integers(1, 4)))
        known.append(
            BoundaryRow(
                area_id=ids[-1],
                path=ids,
                rank=rank,
                version=len(known) + 1,
                boundary=ground,
                valid_from=draw(st.sampled_from(TIMES)),
            )
        )
    ends = draw(st.dictionaries(st.sampled_from([*versions]), st.sampled_from(TIMES), max_size=2))
    return AreaIndex(with_validity(versions, ends))


def owner(index: AreaIndex, x: float, y: float, at: datetime) -> tuple[str, ...]:
    located = index.locate(x, y, at)
    return located.chain if located else ()


@pytest.mark.capability("003.1")
@settings(max_examples=300)
@given(index=maps(), x=st.integers(0, 7), y=st.integers(0, 4))
def test_it_is_what_locating_answers_at_each_moment(index: AreaIndex, x: int, y: int) -> None:
    longitude, latitude = x + 0.5, y + 0.5

    lies = index.over_time(longitude, latitude)

    for at in (moment + step for moment in TIMES for step in (-MOMENT, MOMENT * 0, MOMENT)):
        told = [chain for since, chain in lies if since <= at]
        assert (told[-1] if told else ()) == owner(index, longitude, latitude, at)
    assert all(one[1] != other[1] for one, other in pairwise(lies))


def test_a_place_that_no_boundary_was_ever_drawn_around_lies_nowhere() -> None:
    row = BoundaryRow(
        area_id="city", path=("city",), rank=1, version=1, boundary=square(0, 0, 1), valid_from=IN_2019
    )

    assert AreaIndex([row]).over_time(5, 5) == ()
