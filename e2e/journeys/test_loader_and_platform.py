"""`make run` and its platform: neither outlives the other, and a folder is for one loader at a time."""

import gzip
import os
import signal
from pathlib import Path

import pytest

from e2e.city import los_angeles as la
from e2e.journeys.cities import free_port
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.testkit import patience
from libs.testkit.commands import running
from libs.testkit.eventually import eventually

ROWS = 800


@pytest.fixture(scope="module")
def command(folder: Path) -> list[str]:
    """`make run` with some of the city's rows, in a folder of its own."""
    rows, data = folder / "few.csv.gz", folder / "loader and platform"
    data.mkdir(mode=0o755)
    with gzip.open(la.REQUESTS) as all_rows:
        rows.write_bytes(gzip.compress(b"".join(all_rows.readlines()[: ROWS + 1])))
    ports = ["--port", str(free_port()), "--http-port", str(free_port())]
    return ["e2e.city", "--requests", str(rows), "--data", str(data), *ports]


def test_a_platform_that_dies_is_missed_at_once_and_a_second_loader_is_kept_out(command: list[str]) -> None:
    with running(*command) as program:
        program.says(f" of {ROWS:,}  ", seconds=120)
        with running(*command) as second:
            status = second.process.wait(timeout=patience.seconds(60))
        [platform] = program.children()
        os.kill(platform, signal.SIGKILL)

        assert program.process.wait(timeout=patience.seconds(30)) == 1
    said = " ".join("".join(program.printed).split())

    assert status == 1
    assert f"is in use by another `make run` (process {program.process.pid})" in "".join(second.printed)
    assert "linli ended by SIGKILL (its log: " in said
    assert "Nothing is lost: what was answered is kept in" in said
    assert "Traceback" not in said


def test_the_platform_ends_in_order_with_a_loader_that_is_killed(command: list[str]) -> None:
    data = Path(command[command.index("--data") + 1])
    with running(*command) as program:
        program.says(f" of {ROWS:,}  ", seconds=120)
        [platform] = program.children()

        program.kill()

        eventually(lambda: not Path(f"/proc/{platform}").exists(), "the platform has ended", seconds=60)
    assert EmbeddedPostgres(data).pid() is None
