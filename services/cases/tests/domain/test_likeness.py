"""Reports of one matter lie near each other; others do not, however alike."""

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from services.cases.domain.likeness import METRES, Likeness, Sighting, address_key, likeness, sighting_of
from services.cases.domain.values import Point
from services.cases.tests.domain.history import MONDAY, STREET, opened

GATE = Point(latitude=30.0, longitude=104.0)
NEAR = Point(latitude=30.0, longitude=104.001)  # 96 metres
FAR = Point(latitude=30.0, longitude=104.002)  # 193 metres
HERE = Sighting(affair_id="potholes", area_path=STREET, at=MONDAY, point=GATE, address="")


def test_two_reports_from_one_place_are_alike_the_nearer_the_more() -> None:
    near, same = likeness(HERE, replace(HERE, point=NEAR)), likeness(HERE, HERE)

    assert near is not None
    assert near.metres == pytest.approx(96.3, abs=0.1)
    assert same == Likeness(metres=0.0, same_address=False, apart=timedelta(0))
    assert same.distance < near.distance < 1


def test_a_month_weighs_as_much_as_the_distance() -> None:
    later = likeness(HERE, replace(HERE, at=MONDAY - timedelta(days=30)))

    assert later is not None
    assert later.distance == pytest.approx(1)


def test_reports_farther_apart_are_not_alike_whatever_address_they_say() -> None:
    here, there = replace(HERE, address="1molestreet"), replace(HERE, point=FAR, address="1molestreet")

    assert GATE.metres_to(FAR) > METRES
    assert likeness(here, there) is None


def test_reports_of_unlike_affairs_are_not_alike() -> None:
    assert likeness(HERE, replace(HERE, affair_id="graffiti")) is None


def test_an_address_alone_makes_two_reports_alike_within_an_area() -> None:
    here = replace(HERE, address="1molestreet")
    said = replace(here, point=None)

    assert likeness(here, said) == Likeness(metres=None, same_address=True, apart=timedelta(0))
    assert likeness(here, replace(said, area_path=AreaPath("city/hill"))) is None
    assert likeness(here, replace(said, address="2molestreet")) is None
    assert likeness(HERE, replace(HERE, point=None)) is None  # none of them says where


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12, Harbour Lane.", "12 harbour  lane"),
        ("人民路 12号", "人民路１２号"),
        ("Straße 5-7", "STRASSE 5/7"),
        ("No. 3", "no 3"),
    ],
)
def test_addresses_that_read_alike_are_equal(one: str, other: str) -> None:
    assert address_key(one) == address_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("12 Harbour Lane", "112 Harbour Lane"), ("5-7 Mole Street", "57 Mole Street"), ("东门", "西门")],
)
def test_addresses_that_differ_are_not(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)


@pytest.mark.parametrize("address", ["", " ", "-", "?!", "__"])
def test_an_address_without_a_letter_says_nothing(address: str) -> None:
    assert address_key(address) == ""


def test_what_was_erased_is_from_nowhere() -> None:
    told = replace(opened(), place=Personal("lin", GATE.in_words()), address=Personal("lin", "1 Mole Street"))
    erased = replace(told, place=Personal("lin", None), address=Personal("lin", None))

    assert (sighting_of(told).point, sighting_of(told).address) == (GATE, "1molestreet")
    assert (sighting_of(erased).point, sighting_of(erased).address) == (None, "")
