"""Where areas overlap, and since when."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest

from libs.geo.atlas import Atlas, Dispute, Sheet
from libs.geo.effort import Effort, OutOfTime
from libs.geo.index import BoundaryRow
from libs.geo.tests.councils import AT, rows
from libs.geo.tests.drawing import CITY, EAST, IN_2019, IN_2020, IN_2021, METRE, WEST, drawn, square


def overlapping(at: datetime, *there: BoundaryRow) -> list[tuple[str, str, datetime]]:
    disputes = disputed(Atlas().with_rows(there), at)
    return [(each.one.area_id, each.other.area_id, each.since) for each in disputes]


def disputed(atlas: Atlas, at: datetime) -> list[Dispute]:
    found = (atlas.dispute(one, other, at, Effort()) for one, other in atlas.neighbours(at))
    return [dispute for dispute in found if dispute]


def test_an_empty_atlas_has_no_disputes() -> None:
    assert overlapping(IN_2020) == []
    assert overlapping(IN_2019, drawn("west", square(0, 0, 5), IN_2020)) == []


def test_areas_side_by_side_dispute_nothing() -> None:
    assert overlapping(IN_2020, CITY, WEST, EAST) == []


def test_an_overlap_is_listed_with_its_place_and_size() -> None:
    wider = drawn("city/west", square(0, 0, 5, 100))

    [dispute] = disputed(Atlas().with_rows([CITY, EAST, wider]), IN_2020)

    assert (dispute.one.area_id, dispute.other.area_id) == ("east", "west")
    assert dispute.strip.square_metres == pytest.approx(100 * 5 / METRE, rel=0.002)
    assert 5 < dispute.strip.longitude < 5 + 100 * METRE


def test_two_metres_are_not_disputed() -> None:
    assert overlapping(IN_2020, CITY, EAST, drawn("city/west", square(0, 0, 5, 1.9))) == []


def test_an_overlap_is_listed_while_it_lasts_and_since_when_it_has_lasted() -> None:
    west = [
        drawn("west", square(0, 0, 5), IN_2019, 1),
        drawn("west", square(0, 0, 6), IN_2020, 2),
        drawn("west", square(0, 0, 7), IN_2021, 3),
    ]
    east = drawn("east", square(5, 0, 5), IN_2019)

    assert overlapping(IN_2019, east, *west) == []
    assert overlapping(IN_2020, east, *west) == [("east", "west", IN_2020)]
    assert overlapping(IN_2021, east, *west) == [("east", "west", IN_2020)]


def test_areas_that_another_bounds_dispute_nothing_with_those_outside() -> None:
    juts_out = drawn("city/west/jutting", square(4, 0, 2))

    assert overlapping(IN_2020, CITY, WEST, EAST, juts_out) == []


def test_areas_under_parents_without_a_boundary_are_beside_each_other() -> None:
    one, other = drawn("a/ward", square(0, 0, 5)), drawn("b/street/cell", square(4, 0, 5))

    assert overlapping(IN_2020, one, other) == [("cell", "ward", IN_2019)]


def test_an_atlas_that_grew_says_what_one_made_at_once_says() -> None:
    councils = rows()
    grown = Atlas()
    for row in councils:
        grown = grown.with_rows([row])

    at_once = disputed(Atlas().with_rows(councils), AT)

    assert len(at_once) == 49
    assert disputed(grown, AT) == at_once


def test_an_atlas_does_not_change() -> None:
    before = Atlas().with_rows([EAST])

    before.with_rows([drawn("west", square(0, 0, 6))])

    assert disputed(before, IN_2020) == []


def test_the_pairs_after_one_follow_in_the_same_order() -> None:
    atlas = Atlas().with_rows([drawn(name, square(0, 0, 5)) for name in "cabd"])

    pairs = [(one.row.area_id, other.row.area_id) for one, other in atlas.neighbours(IN_2020)]

    assert len(pairs) == 6
    assert pairs == sorted(pairs)
    for place, pair in enumerate(pairs):
        rest = atlas.neighbours(IN_2020, pair)
        assert [(one.row.area_id, other.row.area_id) for one, other in rest] == pairs[place + 1 :]


def test_two_boundaries_are_measured_once_however_many_ask_at_once() -> None:
    councils = rows()
    atlas = Atlas().with_rows(councils)
    [one, other] = next(pair for pair in atlas.neighbours(AT) if atlas.dispute(*pair, AT, Effort()))
    fresh = Atlas().with_rows(councils)
    pair = next(each for each in fresh.neighbours(AT) if {one.row.area_id, other.row.area_id} == _ids(each))
    enough_for_once, start = Effort(one.positions + other.positions), Barrier(8)

    def ask() -> Dispute | None:
        start.wait()
        return fresh.dispute(*pair, AT, enough_for_once)

    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(ask) for _ in range(8)]]

    assert len(set(map(str, answers))) == 1
    assert answers[0] is not None


def test_nothing_is_measured_for_a_caller_who_waits_no_longer() -> None:
    atlas = Atlas().with_rows([drawn("west", square(0, 0, 6)), drawn("east", square(5, 0, 5))])
    [pair] = atlas.neighbours(IN_2020)

    with pytest.raises(OutOfTime):
        atlas.dispute(*pair, IN_2020, Effort(deadline=0.0))


def _ids(pair: tuple[Sheet, Sheet]) -> set[str]:
    return {each.row.area_id for each in pair}


def test_an_area_that_has_ended_is_in_no_ones_way() -> None:
    atlas = Atlas().with_rows([CITY, WEST, EAST]).with_rows([], {"west": IN_2020})

    assert atlas.at("west", IN_2019) is not None
    assert atlas.at("west", IN_2020) is None
    assert [sheet.row.area_id for sheet in atlas.from_then_on(IN_2020)] == ["city", "east"]
