"""So many within a time for each, so many in all, and all of it comes back evenly."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Refusal
from libs.query.ration import Ration, Rations


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 29, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


def taken(rations: Rations, *whose: str, tries: int) -> int:
    """How many of so many tries were granted."""
    granted = 0
    for _ in range(tries):
        try:
            rations.take(*whose)
        except Refusal:
            continue
        granted += 1
    return granted


def test_a_caller_gets_so_many_and_then_waits(clock: Clock) -> None:
    rations = Rations(clock, Ration(5, timedelta(minutes=10)))

    assert taken(rations, "wei", tries=9) == 5
    assert taken(rations, "mei", tries=1) == 1
    with pytest.raises(Refusal) as refused:
        rations.take("wei")
    assert (refused.value.code, refused.value.facts["retry_after_seconds"]) == ("TOO_MANY_ATTEMPTS", "120")

    clock.passes(119)
    assert taken(rations, "wei", tries=1) == 0
    clock.passes(1)
    assert taken(rations, "wei", tries=2) == 1


def test_what_one_kind_refuses_counts_for_no_other(clock: Clock) -> None:
    rations = Rations(clock, Ration(2, timedelta(minutes=10)), Ration(3, timedelta(minutes=10)))

    assert taken(rations, "wei", "all", tries=50) == 2
    assert taken(rations, "mei", "all", tries=50) == 1
    assert taken(rations, "hua", "all", tries=50) == 0


def test_what_was_taken_for_nothing_is_given_back(clock: Clock) -> None:
    rations = Rations(clock, Ration(2, timedelta(minutes=10)), Ration(3, timedelta(minutes=10)))
    taken(rations, "wei", "all", tries=2)

    rations.give_back("wei", "all")

    assert taken(rations, "wei", "all", tries=9) == 1
    assert taken(rations, "mei", "all", tries=9) == 1
    rations.give_back("nobody", "all")
    assert taken(rations, "hua", "all", tries=9) == 1


def test_what_is_nobodys_is_not_taken(clock: Clock) -> None:
    rations = Rations(clock, Ration(2, timedelta(minutes=10)), Ration(1, timedelta(minutes=10)))

    assert taken(rations, "wei", "", tries=9) == 2
    assert taken(rations, "mei", "all", tries=9) == 1


def test_memory_is_bounded(clock: Clock) -> None:
    rations = Rations(clock, Ration(1, timedelta(minutes=10)), remembered=10)

    for number in range(100):
        rations.take(f"caller-{number}")

    assert taken(rations, "caller-99", tries=1) == 0
    assert taken(rations, "caller-0", tries=1) == 1
