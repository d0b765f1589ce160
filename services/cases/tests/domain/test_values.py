"""Public numbers and points."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.testkit.ids import Ids
from services.cases.domain.values import (
    Point,
    is_public_id,
    public_id,
    public_id_typed,
)


def test_a_public_number_can_be_read_out() -> None:
    number = public_id("LA", "c41d")

    assert re.fullmatch(r"LA-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", number)
    assert number == public_id("LA", "c41d")


def test_a_public_number_is_told_from_an_id() -> None:
    assert is_public_id(public_id("LA", "c41d"))
    assert is_public_id(public_id("LA", "c41d").lower())
    assert not is_public_id(Ids("cases")())
    assert not is_public_id("")


@pytest.mark.parametrize("typed", ["LL-7F3K0-2QD41", "ll 7f3ko 2qd4i", "ll7f3k02qd4l"])
def test_a_public_number_is_read_as_people_type_it(typed: str) -> None:
    assert public_id_typed(typed) == "LL-7F3K0-2QD41"


def test_public_numbers_differ() -> None:
    new_id = Ids("cases")

    assert len({public_id("LA", new_id()) for _ in range(10_000)}) == 10_000


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_point_in_words_is_the_same_point(latitude: float, longitude: float) -> None:
    point = Point(latitude=latitude, longitude=longitude)

    assert Point.from_words(point.in_words()) == point
