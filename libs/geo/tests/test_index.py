"""Where points lie: depth, time, overlaps, edges."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from libs.geo.index import AreaIndex, BoundaryRow, with_validity
from libs.geo.tests.drawing import IN_2019, IN_2020, IN_2021, square


def row(path: str, boundary: str, rank: int = 1, version: int = 1, since: datetime = IN_2019) -> BoundaryRow:
    ids = tuple(path.split("/"))
    return BoundaryRow(
        area_id=ids[-1], path=ids, rank=rank, version=version, boundary=boundary, valid_from=since
    )


def test_the_deepest_area_wins_and_brings_its_chain() -> None:
    index = AreaIndex([row("city", square(0, 0, 10)), row("city/north/willow", square(1, 1, 2))])

    located = index.locate(2, 2, IN_2020)

    assert located is not None
    assert located.area_id == "willow"
    assert located.chain == ("city", "north", "willow")


def test_a_point_outside_the_leaf_is_still_in_the_city() -> None:
    index = AreaIndex([row("city", square(0, 0, 10)), row("city/willow", square(1, 1, 2))])

    located = index.locate(8, 8, IN_2020)

    assert located is not None
    assert located.chain == ("city",)


def test_a_point_outside_everything_is_nowhere() -> None:
    index = AreaIndex([row("city", square(0, 0, 10))])

    assert index.locate(11, 5, IN_2020) is None


def test_a_point_on_the_edge_is_in_neither_area() -> None:
    index = AreaIndex([row("west", square(0, 0, 1)), row("east", square(1, 0, 1))])

    assert index.locate(1, 0.5, IN_2020) is None


def test_the_boundary_valid_then_answers() -> None:
    index = AreaIndex(
        with_validity(
            {"willow": [row("willow", square(0, 0, 4)), row("willow", square(2, 0, 4), 1, 2, IN_2020)]}
        )
    )

    before, after = index.locate(1, 1, IN_2019), index.locate(1, 1, IN_2020)
    moved = index.locate(5, 1, IN_2021)

    assert before is not None
    assert before.boundary_version == 1
    assert after is None
    assert moved is not None
    assert moved.boundary_version == 2


def test_before_its_first_boundary_an_area_is_not_found() -> None:
    index = AreaIndex([row("willow", square(0, 0, 4), since=IN_2020)])

    assert index.locate(1, 1, IN_2019) is None


def test_where_two_areas_overlap_the_one_defined_first_keeps_the_ground() -> None:
    later = row("city/aspen", square(0, 0, 4), rank=8)
    earlier = row("city/willow", square(2, 2, 4), rank=5)

    one, other = AreaIndex([later, earlier]), AreaIndex([earlier, later])

    for index in (one, other):
        located = index.locate(3, 3, IN_2020)
        assert located is not None
        assert located.area_id == "willow"
        assert located.overlaps == ("aspen",)


def located(index: AreaIndex, x: float, y: float, at: datetime = IN_2020) -> tuple[str, tuple[str, ...]]:
    found = index.locate(x, y, at)
    return (found.area_id, found.overlaps) if found else ("", ())


def test_drawing_deeper_takes_no_ground_from_the_neighbour() -> None:
    index = AreaIndex(
        [
            row("a", square(0, 0, 6), rank=1),
            row("b", square(5, 0, 6), rank=2),
            row("b/ward", square(6, 0, 4), rank=3),
            row("a/street/cell", square(4, 0, 4), rank=4),
        ]
    )

    assert located(index, 4.5, 1) == ("cell", ())
    assert located(index, 5.5, 1) == ("cell", ("b",))
    assert located(index, 7, 1) == ("ward", ())


def test_areas_without_a_boundary_stand_for_nothing() -> None:
    index = AreaIndex(
        [row("a/ward", square(0, 0, 4), rank=1), row("b/street/block/cell", square(2, 0, 4), rank=2)]
    )

    assert located(index, 3, 1) == ("ward", ("cell",))
    assert located(index, 5, 1) == ("cell", ())


def test_what_juts_out_of_the_area_above_is_not_found_there() -> None:
    index = AreaIndex([row("city", square(0, 0, 4)), row("city/willow", square(3, 0, 4))])

    assert [located(index, x, 1)[0] for x in (1, 3.5, 5)] == ["city", "willow", ""]


def test_who_has_held_the_ground_longest_keeps_it() -> None:
    willow = [row("willow", square(0, 0, 4), rank=1), row("willow", square(0, 0, 8), rank=9, version=2)]
    aspen = [row("aspen", square(3, 0, 8), rank=5)]

    index = AreaIndex(with_validity({"willow": willow, "aspen": aspen}))

    assert located(index, 3.5, 1) == ("willow", ("aspen",))  # held since 1, across the redrawing
    assert located(index, 5, 1) == ("aspen", ("willow",))


def test_who_gives_ground_up_comes_back_to_it_as_the_last() -> None:
    willow = [
        row("willow", square(0, 0, 8), rank=1),
        row("willow", square(0, 0, 2), rank=7, version=2),
        row("willow", square(0, 0, 8), rank=9, version=3),
    ]
    aspen = [row("aspen", square(3, 0, 8), rank=5)]

    index = AreaIndex(with_validity({"willow": willow, "aspen": aspen}))

    assert located(index, 5, 1) == ("aspen", ("willow",))


def test_what_was_held_at_another_time_gives_no_right_to_this_one() -> None:
    willow = [
        row("willow", square(0, 0, 8), rank=1, since=IN_2021),
        row("willow", square(0, 0, 8), rank=9, version=2, since=IN_2019),
    ]
    aspen = [row("aspen", square(3, 0, 8), rank=5, since=IN_2019)]

    index = AreaIndex(with_validity({"willow": willow, "aspen": aspen}))

    assert located(index, 5, 1, IN_2020) == ("aspen", ("willow",))
    assert located(index, 5, 1, IN_2021) == ("willow", ("aspen",))


def test_a_correction_replaces_the_version_it_overtakes() -> None:
    first = row("willow", square(0, 0, 4), version=1, since=IN_2020)
    wrong = row("willow", square(50, 50, 4), version=2, since=IN_2021)
    corrected = row("willow", square(8, 8, 4), version=3, since=IN_2021)

    rows = with_validity({"willow": [first, wrong, corrected]})

    assert {(r.version, r.valid_until) for r in rows} == {(1, IN_2021), (3, None)}


def test_an_area_that_has_ended_holds_no_ground_and_parts_of_it_may() -> None:
    whole, west = row("cell", square(0, 0, 2), rank=1), row("west", square(0, 0, 1), rank=2, since=IN_2020)
    index = AreaIndex(with_validity({"cell": [whole], "west": [west]}, {"cell": IN_2020}))

    assert located(index, 0.5, 0.5, IN_2019)[0] == "cell"
    assert located(index, 0.5, 0.5, IN_2020)[0] == "west"
    assert index.locate(1.5, 1.5, IN_2020) is None


def test_a_version_that_was_to_begin_after_the_end_never_holds() -> None:
    first, second = row("cell", square(0, 0, 1)), row("cell", square(0, 0, 2), version=2, since=IN_2021)

    assert with_validity({"cell": [first, second]}, {"cell": IN_2020}) == [
        replace(first, valid_until=IN_2020)
    ]


def test_an_empty_index_answers_nowhere() -> None:
    assert AreaIndex.empty().locate(1, 1, IN_2020) is None


def test_threads_get_the_answers_that_one_thread_gets() -> None:
    rows = [row(f"city/a{x}-{y}", square(x, y, 1), rank=x * 30 + y) for x in range(30) for y in range(30)]
    points = [(x + 0.5, y + 0.25) for x in range(30) for y in range(30)] * 4
    index = AreaIndex(rows)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda p: index.locate(p[0], p[1], IN_2020), points))

    assert [a.area_id if a else None for a in answers] == [f"a{int(x)}-{int(y)}" for x, y in points]


@given(st.lists(st.integers(0, 9), max_size=8), st.integers(0, 9))
def test_of_all_versions_that_have_begun_the_last_recorded_holds(starts: list[int], asked: int) -> None:
    days = [IN_2020 + timedelta(days=start) for start in starts]
    versions = [row("willow", "", version=n, since=day) for n, day in enumerate(days, start=1)]
    at = IN_2020 + timedelta(days=asked)

    valid = [
        each.version
        for each in with_validity({"willow": versions})
        if each.valid_from <= at and (each.valid_until is None or at < each.valid_until)
    ]

    begun = [each.version for each in versions if each.valid_from <= at]
    assert valid == begun[-1:]


@given(
    boxes=st.lists(
        st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.sampled_from([0.001, 0.5, 7, 80])), max_size=20
    ),
    x=st.floats(-60, 60),
    y=st.floats(-60, 60),
)
def test_large_areas_beside_tiny_ones_are_found_as_by_looking_at_each(
    boxes: list[tuple[float, float, float]], x: float, y: float
) -> None:
    rows = [row(f"area-{n:02}", square(*box), rank=n) for n, box in enumerate(boxes)]
    around = [
        row.area_id
        for row, (west, south, size) in zip(rows, boxes, strict=True)
        if west < x < west + size and south < y < south + size
    ]

    located = AreaIndex(rows).locate(x, y, IN_2020)

    assert (located.area_id if located else None) == (around[0] if around else None)


def test_a_place_that_is_no_number_is_nowhere() -> None:
    index = AreaIndex([row("city", square(0, 0, 10))])

    assert index.locate(float("nan"), 5, IN_2020) is None
    assert index.locate(5, float("inf"), IN_2020) is None


def test_the_first_questions_may_come_all_at_once() -> None:
    places = [(0.37 + n % 97 / 10, 0.41 + n // 97 / 10) for n in range(97 * 95)]
    index = AreaIndex([row(f"area-{n}", square(n % 10, n // 10, 1), rank=n) for n in range(100)])

    with ThreadPoolExecutor(16) as threads:
        located = list(threads.map(lambda place: index.locate(place[0], place[1], IN_2020), places))

    assert [each and each.area_id for each in located] == [
        f"area-{math.floor(y) * 10 + math.floor(x)}" for x, y in places
    ]
