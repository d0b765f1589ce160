"""Where areas overlap, and since when."""

from datetime import datetime

import pytest

from libs.geo.atlas import Atlas
from libs.geo.index import BoundaryRow
from libs.geo.tests.councils import AT, rows
from libs.geo.tests.drawing import CITY, EAST, IN_2019, IN_2020, IN_2021, METRE, WEST, drawn, square


def overlapping(at: datetime, *there: BoundaryRow) -> list[tuple[str, str, datetime]]:
    disputes = Atlas().with_rows(there).disputes(at)
    return [(each.one.area_id, each.other.area_id, each.since) for each in disputes]


def test_an_empty_atlas_has_no_disputes() -> None:
    assert overlapping(IN_2020) == []
    assert overlapping(IN_2019, drawn("west", square(0, 0, 5), IN_2020)) == []


def test_areas_side_by_side_dispute_nothing() -> None:
    assert overlapping(IN_2020, CITY, WEST, EAST) == []


def test_an_overlap_is_listed_with_its_place_and_size() -> None:
    wider = drawn("city/west", square(0, 0, 5, 100))

    [dispute] = Atlas().with_rows([CITY, EAST, wider]).disputes(IN_2020)

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

    at_once = Atlas().with_rows(councils).disputes(AT)

    assert len(at_once) == 49
    assert grown.disputes(AT) == at_once


def test_an_atlas_does_not_change() -> None:
    before = Atlas().with_rows([EAST])

    before.with_rows([drawn("west", square(0, 0, 6))])

    assert before.disputes(IN_2020) == []
