"""Several receivers have their turn at a time, each of them one turn, and a slow one holds up itself."""

from collections.abc import Iterator
from threading import Event

import pytest

from libs.notify.turns import Turns
from libs.testkit import patience


@pytest.fixture
def go_on() -> Iterator[Event]:
    """What a slow turn waits for."""
    event = Event()
    yield event
    event.set()


@pytest.fixture
def turns(go_on: Event) -> Iterator[Turns]:
    turns = Turns(2, "test")
    yield turns
    go_on.set()
    turns.close()


def test_a_slow_receiver_takes_one_place_and_has_one_turn(turns: Turns, go_on: Event) -> None:
    quick: list[str] = []

    assert turns.begin("slow", go_on.wait)
    assert not turns.begin("slow", go_on.wait)
    for each in ("a", "b", "c"):
        assert turns.begin(each, lambda: quick.append("had it"), patience=patience.seconds(30))

    assert turns.ended({"a", "b", "c"}, patience.seconds(30))
    assert len(quick) == 3
    assert turns.running() == {"slow"}


def test_no_more_turns_begin_than_there_are_places(turns: Turns, go_on: Event) -> None:
    for each in ("a", "b"):
        assert turns.begin(each, go_on.wait)

    assert not turns.begin("c", go_on.wait)
    go_on.set()

    assert turns.begin("c", go_on.wait, patience=patience.seconds(30))


def test_a_turn_that_fails_gives_its_place_back(turns: Turns) -> None:
    def fails() -> None:
        raise RuntimeError("it fails")

    for _ in range(3):
        assert turns.begin("a", fails)
        assert turns.ended({"a"}, patience.seconds(30))
