"""Neighbours' facts in a ledger of our own: kept once, the latest of each kind."""

from dataclasses import dataclass

from libs.ledger.decider import Decider
from libs.ledger.noted import Note, Noted, noting


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaNoted:
    area_id: str
    area_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEnded:
    area_id: str


Fact = AreaNoted | AreaEnded
AREA: Decider[Note[Fact], Noted[Fact], Fact] = noting("area")
NORTH = AreaNoted(area_id="north", area_path="town/north")


def test_a_fact_is_kept_as_an_event() -> None:
    assert AREA.decide(Note(NORTH), AREA.initial) == [NORTH]


def test_a_fact_heard_again_changes_nothing() -> None:
    assert AREA.decide(Note(NORTH), AREA.fold([NORTH])) == []


def test_the_latest_fact_of_each_kind_is_known() -> None:
    moved, ended = AreaNoted(area_id="north", area_path="county/north"), AreaEnded(area_id="north")

    known = AREA.fold([NORTH, ended, moved])

    assert (known.of(AreaNoted), known.of(AreaEnded)) == (moved, ended)


def test_nothing_is_known_of_what_nobody_has_told() -> None:
    assert AREA.initial.of(AreaNoted) is None


def test_a_fact_that_returns_after_another_is_kept_again() -> None:
    moved = AreaNoted(area_id="north", area_path="county/north")

    assert AREA.decide(Note(NORTH), AREA.fold([NORTH, moved])) == [NORTH]


def test_a_history_that_is_heard_again_ends_as_it_was() -> None:
    moved, ended = AreaNoted(area_id="north", area_path="county/north"), AreaEnded(area_id="north")
    history: list[Fact] = [NORTH, moved, ended]
    known = AREA.fold(history)

    again = known
    for fact in history:
        again = AREA.fold(AREA.decide(Note(fact), again), again)

    assert set(again.latest) == set(known.latest)
