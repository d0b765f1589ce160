"""The words given, when, then."""

from collections.abc import Sequence

import pytest

from libs.ledger.decider import Decider, Kind, Refusal
from libs.testkit.clocks import HandClock, moment
from libs.testkit.deciders import deciding
from libs.testkit.ids import Ids


def _decide(amount: int, level: int) -> Sequence[int]:
    if level + amount > 10:
        raise Refusal(Kind.PRECONDITION, "TANK_IS_FULL", "pour less", level=str(level))
    return [amount] if amount else []


TANK = Decider(category="tank", initial=0, decide=_decide, evolve=lambda level, poured: level + poured)
given = deciding(TANK)


def test_events_and_state_follow_a_command() -> None:
    given(1, 2).when(3).then(3)
    given(1, 2).when(3).when(4).then(3, 4)
    given(1, 2).when(3).then_state(6)
    given(1, 2).when(3).then_state(lambda level: level > 5)
    given(1).when(0).then_nothing_happens()


def test_a_refusal_is_an_outcome() -> None:
    given(9).when(2).then_refused("TANK_IS_FULL", Kind.PRECONDITION, level="9")


@pytest.mark.parametrize(
    "claim",
    [
        lambda: given(9).when(2).then(2),
        lambda: given(9).when(2).when(1),
        lambda: given(1).when(2).then(3),
        lambda: given(1).when(2).then_nothing_happens(),
        lambda: given(1).when(2).then_refused("TANK_IS_FULL"),
        lambda: given(9).when(2).then_refused("TANK_LEAKS"),
        lambda: given(9).when(2).then_refused("TANK_IS_FULL", level="8"),
    ],
)
def test_a_wrong_claim_fails(claim: object) -> None:
    assert callable(claim)
    with pytest.raises(AssertionError):
        claim()


def test_a_clock_moves_only_by_hand() -> None:
    clock = HandClock(moment("2020-02-28 23:00"))

    clock.advance(hours=2)

    assert clock() == clock() == moment("2020-02-29 01:00")
    assert moment("2020-02-29 03:00+02:00") == moment("2020-02-29 01:00")


def test_ids_differ_and_repeat_in_every_run() -> None:
    one, again, other = Ids("a"), Ids("a"), Ids("b")

    assert [one(), one()] == [again(), again()]
    assert len({one(), one(), other(), other()}) == 4
