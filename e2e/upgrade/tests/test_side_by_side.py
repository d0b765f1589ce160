"""An upgrade while people work: two releases side by side, and back again, and nobody notices."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from e2e.chaos.faults import Fault
from e2e.chaos.run import run
from e2e.upgrade.releases import Release, released, working_tree
from e2e.upgrade.steps import Sides, finish, sides, upgrade
from e2e.upgrade.tomorrow import tomorrow

CALLERS = 16
pytestmark = [
    pytest.mark.upgrade,
    pytest.mark.process,
    pytest.mark.store,
    pytest.mark.timeout(1800),  # what does not recover is told in words, not by a time-out
]


@pytest.fixture(params=["released", "working tree"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Release, Release]:
    """A release and the one that follows it."""
    if request.param == "released":
        return released(tmp_path / "released"), working_tree()
    return working_tree(), tomorrow(tmp_path / "tomorrow")


@pytest.fixture
def place(tmp_path: Path, two: tuple[Release, Release]) -> Iterator[Sides]:
    with sides(tmp_path / "sides", two[0]) as made:
        yield made


def test_an_upgrade_and_a_rollback_lose_double_and_refuse_nothing(
    place: Sides, two: tuple[Release, Release]
) -> None:
    before, after = two

    outcome = run(place, _there_and_back(before, after), random.Random(7), print, callers=CALLERS, pause=1.0)

    assert outcome.findings == []
    assert outcome.acknowledged > 0
    assert outcome.effects > 0


def _there_and_back(before: Release, after: Release) -> list[tuple[str, Fault]]:
    """Up, back, and up for good; to tomorrow's release and back once: only this checkout can be judged."""
    up, back = upgrade(after), upgrade(before)
    rounds: list[Mapping[str, Fault]] = [up, back]
    if after == working_tree():
        rounds += [up, finish(after)]
    return [step for steps in rounds for step in steps.items()]
