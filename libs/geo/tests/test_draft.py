"""A boundary about to be drawn, against those that are there."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from libs.geo.atlas import Atlas
from libs.geo.boundary import check_boundary
from libs.geo.draft import Conflict, Draft
from libs.geo.effort import Effort, OutOfTime, TooMuchWork
from libs.geo.index import BoundaryRow
from libs.geo.tests.drawing import CITY, EAST, IN_2020, IN_2021, METRE, WEST, drawn, square
from libs.geo.tests.test_boundary import comb, polygon


def draft(
    path: str, boundary: str, *there: BoundaryRow, since: datetime = IN_2020, effort: Effort | None = None
) -> Draft:
    return Draft(Atlas().with_rows(there), tuple(path.split("/")), boundary, since, effort or Effort())


def seen(conflict: Conflict | None) -> tuple[str, datetime] | None:
    return ("/".join(conflict.path), conflict.since) if conflict else None


# within its parent's


def test_a_boundary_within_its_parents_goes_together_with_it() -> None:
    assert draft("city/new", square(0, 0, 5), CITY).beyond_bounds() is None


def test_what_reaches_beyond_the_parents_boundary_is_found_and_measured() -> None:
    conflict = draft("city/new", square(9, 1, 2), CITY).beyond_bounds()

    assert seen(conflict) == ("city", IN_2020)
    assert conflict is not None
    assert 10 < conflict.strip.longitude < 11
    assert 1 < conflict.strip.latitude < 3
    assert conflict.strip.square_metres == pytest.approx(2 / METRE**2, rel=0.001)


@pytest.mark.parametrize(("metres", "seen_by"), [(1.9, None), (2.1, ("city", IN_2020))])
def test_two_metres_beyond_it_are_tolerated(metres: float, seen_by: tuple[str, datetime] | None) -> None:
    assert seen(draft("city/new", square(5, 0, 5, metres), CITY).beyond_bounds()) == seen_by


def test_a_parent_without_a_boundary_is_bounded_by_its_own() -> None:
    assert seen(draft("city/street/new", square(9, 1, 2), CITY).beyond_bounds()) == ("city", IN_2020)
    assert draft("city/street/new", square(9, 1, 2)).beyond_bounds() is None


def test_a_parent_that_is_to_shrink_later_bounds_already() -> None:
    smaller = drawn("city", square(0, 0, 5), IN_2021, 2)

    assert seen(draft("city/new", square(4, 1, 2), CITY, smaller).beyond_bounds()) == ("city", IN_2021)
    assert draft("city/new", square(1, 1, 2), CITY, smaller).beyond_bounds() is None


def test_what_bounded_before_the_boundary_holds_does_not_matter() -> None:
    larger = drawn("city", square(0, 0, 20), IN_2020, 2)

    assert draft("city/new", square(11, 1, 2), CITY, larger).beyond_bounds() is None


# around what it bounds


def test_an_area_below_must_not_be_left_out() -> None:
    street = drawn("city/block/street", square(1, 1, 1))

    assert draft("city", square(0, 0, 5), CITY, street).left_out() is None
    assert seen(draft("city", square(0, 0, 1.5), CITY, street).left_out()) == (
        "city/block/street", IN_2020,
    )  # fmt: skip


def test_what_another_area_below_bounds_is_its_affair() -> None:
    block, street = drawn("city/block", square(1, 1, 1)), drawn("city/block/street", square(8, 8, 1))

    assert draft("city", square(0, 0, 5), block, street).left_out() is None


# ground of others


def test_a_first_boundary_takes_what_it_covers() -> None:
    taken = draft("city/new", square(4, 0, 2), CITY, WEST, EAST).taken()

    assert [seen(each) for each in taken] == [("city/west", IN_2020), ("city/east", IN_2020)]
    assert [each.strip.square_metres for each in taken] == pytest.approx([2 / METRE**2] * 2, rel=0.001)


def test_areas_that_only_touch_take_nothing_from_each_other() -> None:
    assert draft("city/east", square(5, 0, 5), CITY, WEST).taken() == []


@pytest.mark.parametrize(("metres", "number"), [(1.9, 0), (2.1, 1)])
def test_two_metres_of_another_are_tolerated(metres: float, number: int) -> None:
    assert len(draft("city/west", square(0, 0, 5, metres), CITY, EAST).taken()) == number


def test_ground_that_the_area_holds_already_is_not_taken() -> None:
    across = drawn("city/across", square(4, 0, 2))

    assert draft("city/across", square(4, 0, 1.5), CITY, WEST, EAST, across).taken() == []
    assert [each.path[-1] for each in draft("city/across", square(4, 0, 2.5), EAST, across).taken()] == [
        "east"
    ]


def test_who_is_drawn_for_later_is_taken_from_then() -> None:
    later = drawn("city/west", square(0, 0, 5), IN_2021)

    assert [seen(each) for each in draft("city/new", square(4, 0, 2), later).taken()] == [
        ("city/west", IN_2021)
    ]


def test_nothing_is_taken_from_areas_above_below_or_bounded_by_others() -> None:
    own_street, their_street = drawn("city/west/a", square(0, 0, 1)), drawn("city/east/b", square(3, 0, 1))

    assert draft("city/west", square(0, 0, 5), CITY, EAST, own_street, their_street).taken() == []


def test_a_far_cousin_is_beside_where_nothing_bounds_either() -> None:
    ward = drawn("other-city/ward", square(0, 0, 5))

    assert [each.path for each in draft("city/street/cell", square(1, 1, 1), ward).taken()] == [
        ("other-city", "ward")
    ]


# ground of its own


def test_a_part_of_the_ground_that_it_holds_gains_nothing() -> None:
    assert draft("city/west", square(1, 1, 2), CITY, WEST).gained() is None
    assert draft("city/west", square(0, 0, 5), CITY, WEST).gained() is None


def test_a_metre_is_a_gain() -> None:
    assert seen(draft("city/west", square(0, 0, 5, 1), CITY, WEST).gained()) == ("city/west", IN_2020)


def test_a_first_boundary_is_all_gain() -> None:
    assert seen(draft("city/new", square(0, 0, 1), CITY).gained()) == ("city/new", IN_2020)
    earlier = draft("city/west", square(0, 0, 5), drawn("city/west", square(0, 0, 5), IN_2021))
    assert seen(earlier.gained()) == ("city/west", IN_2020)


# what cannot be compared


def test_two_boundaries_that_cross_each_other_everywhere_are_not_compared() -> None:
    teeth = comb(1_000)
    mirrored = [[10 - x, y] for x, y in teeth]
    there = drawn("city/comb", check_boundary(polygon(teeth)).geojson)

    assert draft("city/new", check_boundary(polygon(mirrored)).geojson, there).tangle() == ("city", "comb")
    assert draft("city/new", square(0, 0, 5), there).tangle() is None


QUESTIONS = [Draft.tangle, Draft.beyond_bounds, Draft.left_out, Draft.gained, Draft.taken]


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_takes_more_than_the_effort_allows(question: Callable[[Draft], object]) -> None:
    there = [CITY, WEST, EAST, drawn("city/west/ward", square(0, 0, 4))]

    question(draft("city/west", square(0, 0, 6), *there, effort=Effort(1_000)))
    with pytest.raises(TooMuchWork):
        question(draft("city/west", square(0, 0, 6), *there, effort=Effort(3)))
    with pytest.raises(OutOfTime):
        question(draft("city/west", square(0, 0, 6), *there, effort=Effort(deadline=0.0)))


def test_versions_drawn_ahead_do_not_multiply_without_bound() -> None:
    ahead = [
        drawn("city/west", square(0, 0, 4, n), IN_2020 + timedelta(days=n), n + 1) for n in range(1, 100)
    ]
    beside = [drawn(f"city/beside-{n}", square(4, 0, 2, n)) for n in range(100)]

    with pytest.raises(TooMuchWork):
        draft("city/west", square(0, 0, 5), CITY, *ahead, *beside, effort=Effort(50_000)).taken()
