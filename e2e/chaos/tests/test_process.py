"""The clock of a process is set wrong for whatever asks it for the time of day, and for nothing else."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.chaos.process import ASKED_BY, WrongTime, offset_of, set_wrong

_ASKS = re.compile(r"\b(datetime\.(now|utcnow|today)|time\.(time|time_ns))\(")
_NO_ROLE = {"services.command.connection", "libs.runtime.cluster.own_certificate"}
"""Modules that no server and no worker needs."""
_ONLY_MEASURE = {"libs.runtime.host.checking", "libs.telemetry.metrics.readers"}
"""Modules that give the time to metrics, and decide nothing by it."""
_ROOT = Path(__file__).parents[3]


@pytest.fixture
def clocks(tmp_path: Path) -> Iterator[Path]:
    WrongTime.offset = offset_of(tmp_path, "cases", "worker")
    yield tmp_path
    WrongTime.offset = None


def test_every_module_that_asks_for_the_time_of_day_gets_it_from_the_clock_that_is_set_wrong() -> None:
    asking = {
        ".".join(file.relative_to(_ROOT).with_suffix("").parts)
        for room in ("libs", "services")
        for file in (_ROOT / room).rglob("*.py")
        if not {"tests", "testkit"} & set(file.parts) and _ASKS.search(file.read_text("utf-8"))
    }

    assert asking - _NO_ROLE - _ONLY_MEASURE == set(ASKED_BY), "add it to ASKED_BY, or above"


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
