"""The clock of a process is set wrong for whatever asks it for the time of day, and for nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.chaos.process import ASKED_BY, WrongTime, offset_of, set_wrong

_ASKS = re.compile(r"\b(datetime\.(now|utcnow|today)|time\.(time|time_ns))\(")
_DECIDE_NOTHING = ("libs/runtime", "libs/telemetry", "libs/testkit", "services/command")
"""Rooms that start, show and measure, and decide nothing by the time of day."""
_ROOT = Path(__file__).parents[3]


@pytest.fixture
def clocks(tmp_path: Path) -> Iterator[Path]:
    WrongTime.offset = offset_of(tmp_path, "cases", "worker")
    yield tmp_path
    WrongTime.offset = None


def test_every_module_that_decides_by_the_time_of_day_gets_it_from_the_clock_that_is_set_wrong() -> None:
    files = [
        file.relative_to(_ROOT) for room in ("libs", "services") for file in (_ROOT / room).rglob("*.py")
    ]
    asking = {
        ".".join(file.with_suffix("").parts)
        for file in files
        if not file.as_posix().startswith(_DECIDE_NOTHING)
        and "tests" not in file.parts
        and _ASKS.search((_ROOT / file).read_text("utf-8"))
    }

    assert asking == set(ASKED_BY), "compare with ASKED_BY in e2e/chaos/process.py"


def test_a_clock_is_right_until_it_is_set_wrong_and_again_afterwards(clocks: Path) -> None:
    assert abs(WrongTime.now(UTC) - datetime.now(UTC)) < timedelta(minutes=1)

    set_wrong(clocks, "cases", "worker", 864_000)
    assert abs(WrongTime.now(UTC) - datetime.now(UTC) - timedelta(days=10)) < timedelta(minutes=1)

    set_wrong(clocks, "cases", "worker", 0)
    assert abs(WrongTime.now(UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_process_that_is_started_again_finds_its_clock_as_it_was(clocks: Path) -> None:
    set_wrong(clocks, "cases", "worker", -60)

    WrongTime.offset = offset_of(clocks, "cases", "worker")

    assert WrongTime.now(UTC) < datetime.now(UTC) - timedelta(seconds=30)
