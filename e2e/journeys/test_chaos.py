"""Everything breaks under load, once: nothing is lost, doubled or reordered, and all comes back by itself."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from e2e.chaos.faults import FAULTS, WIPES, Fault
from e2e.chaos.ground import Ground, ground
from e2e.chaos.recovery import table
from e2e.chaos.run import Outcome, once_each, run

SEED = 20
CALLERS = 3
PAUSE = 0.5
"""Seconds between the stories of a caller: short enough that something is always in flight."""

pytestmark = pytest.mark.timeout(900)  # what does not recover is told in words, not by a time-out


@pytest.fixture(scope="module")
def place(folder: Path) -> Iterator[Ground]:
    with ground(folder / "chaos") as made:
        yield made


def test_each_fault_once_under_load_loses_doubles_and_reorders_nothing(
    place: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = _broken_by(place, FAULTS, capsys)

    assert set(outcome.recovered) == set(FAULTS)
    assert outcome.findings == []


def test_the_brokers_data_deleted_under_load_loses_nothing(
    place: Ground, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = _broken_by(place, WIPES, capsys)

    assert set(outcome.recovered) == set(WIPES)
    assert outcome.findings == []


def _broken_by(place: Ground, faults: Mapping[str, Fault], capsys: pytest.CaptureFixture[str]) -> Outcome:
    """Make each fault once; how long the recoveries took is shown wherever the tests run."""
    chance = random.Random(SEED)
    outcome = run(place, once_each(faults, chance), chance, print, callers=CALLERS, pause=PAUSE)
    with capsys.disabled():
        print(f"\n{table(outcome.recovered)}")
    assert outcome.acknowledged > 0
    assert outcome.effects > 0
    return outcome
