"""Ctrl-C in the middle of `make run`: it says so plainly, and the same command goes on from there."""

import gzip
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.city import los_angeles as la
from e2e.journeys.cities import free_port
from libs.testkit import patience
from libs.testkit.commands import running
from services.command.imports.callers import CALLERS
from services.command.imports.report.tables import WIDTH

ROWS = 800
CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Runs:
    """What the interrupted run said, what the next one did, and what its commands answered meanwhile."""

    first: str
    status: int
    second: str
    answers: dict[str, "subprocess.CompletedProcess[str]"]


def number(pattern: str, said: str) -> int:
    """The count that was said."""
    found = re.search(pattern, said)
    assert found is not None, said
    return int(found[1].replace(",", ""))


@pytest.fixture(scope="module")
def runs(folder: Path) -> Runs:
    """Interrupted as soon as it shows progress, then run to its end and left serving for a while."""
    rows, data = folder / "some.csv.gz", folder / "interrupted and resumed"
    data.mkdir(mode=0o755)
    with gzip.open(la.REQUESTS) as all_rows:
        rows.write_bytes(gzip.compress(b"".join(all_rows.readlines()[: ROWS + 1])))
    ports = ["--port", str(free_port()), "--http-port", str(free_port())]
    command = ["e2e.city", "--requests", str(rows), "--data", str(data), *ports]

    with running(*command) as program:
        program.says(f" of {ROWS:,}  ", seconds=120)
        status = program.interrupt()
    first = "".join(program.printed)
    with running(*command) as program:
        program.says(" token --data", seconds=120)
        tries = re.findall(r"^\.venv/bin/linli .*$", "".join(program.printed), re.MULTILINE)
        answers = {
            each: subprocess.run(
                ["sh", "-c", each], cwd=CHECKOUT, capture_output=True, text=True, timeout=patience.seconds(60)
            )
            for each in tries
        }
        assert program.interrupt() == 0
    return Runs(first, status, "".join(program.printed), answers)


def test_ctrl_c_says_what_was_sent_and_that_nothing_is_lost(runs: Runs) -> None:
    said = " ".join(runs.first.split())

    told = number(rf"Interrupted: ([\d,]+) of {ROWS:,} requests have been sent to their end", said)
    assert 0 < told < ROWS
    assert number(r"\(([\d,]+) steps in this run\)", said) >= told
    assert "Nothing is lost" in said
    assert "the same command goes on from there" in said
    assert runs.status == 130
    assert "Traceback" not in runs.first


def test_the_same_command_goes_on_from_there(runs: Runs) -> None:
    told = number(r"Interrupted: ([\d,]+) of", runs.first)

    there = number(r"([\d,]+) are there already from an earlier run: going on", runs.second)
    assert told <= there <= told + CALLERS  # what was on its way was taken in, though nobody waited for it
    assert number(rf"([\d,]+) of {ROWS:,}  ", runs.second) > told
    assert f"{ROWS:,} rows, {ROWS:,} cases, 0 rows refused" in runs.second
    assert "0 cases not told to the end" in runs.second


def test_each_step_is_counted_in_the_run_that_told_it(runs: Runs) -> None:
    first, second = " ".join(runs.first.split()), " ".join(runs.second.split())
    before = number(r"\(([\d,]+) steps in this run\)", first)
    after = number(r"This run told ([\d,]+) steps", second)
    there = number(r"([\d,]+) cases were there already from an earlier run and not sent again", second)
    repeated = number(r"([\d,]+) steps were repeated", second)

    assert there == number(r"([\d,]+) are there already from an earlier run: going on", second)
    assert 0 <= repeated < before
    assert after < 5 * (ROWS - there)
    assert ROWS < before + after < 5 * ROWS


def test_the_commands_it_prints_run_as_printed(runs: Runs) -> None:
    assert len(runs.answers) == 4
    for command, done in runs.answers.items():
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.startswith("{") or " token" in command, command


def test_the_command_that_gets_a_token_stands_last_and_no_token_is_shown(runs: Runs) -> None:
    *_, last = runs.second.partition("\nStopping")[0].strip().splitlines()

    [getting] = [command for command in runs.answers if " token" in command]
    assert last == getting
    token = runs.answers[getting].stdout.strip()
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token)
    assert token.partition(".")[0] not in runs.second


def test_no_line_is_long(runs: Runs) -> None:
    lines = runs.second.splitlines()

    assert [line for line in lines if len(line) > WIDTH and "/" not in line] == []
