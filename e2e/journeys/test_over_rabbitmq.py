"""The city over RabbitMQ: processes of their own for each service end where one process with all ends.

The journey of `make run` (the first rows of the file, or `LINLI_TEST_ROWS` of them) is told once to
`linli up` and once to `linli cluster`. Ledgers and views are compared event by event and row by row,
without what no two runs can share (`ledgers.OF_ONE_RUN`, `ledgers.BY_CHANCE`): places in a ledger,
moments of this run, ids and secrets made by chance.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.journeys.cities import platform_in
from e2e.journeys.ends import ROWS, End, told_to
from e2e.journeys.ledgers import different, gaps
from e2e.journeys.measured import named, sampled
from libs.runtime.bundled.rabbitmq_install import Installed
from libs.testkit.commands import linli
from services.command.registry import NAMES

pytestmark = pytest.mark.timeout(300 + ROWS / 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of the cluster: where it ended, what it measured, and what the doctor said of it."""

    end: End
    measured: set[str]
    doctor: "subprocess.CompletedProcess[str]"


@pytest.fixture(scope="module")
def ran(folder: Path, installed_rabbitmq: Installed) -> Ran:
    assert installed_rabbitmq.script.exists()
    with platform_in(folder / "over rabbitmq", cluster=True) as platform:
        platform.start()
        end = told_to(platform)
        looked = linli("doctor", "--data", str(platform.data))
        return Ran(end=end, measured=sampled(platform.probed), doctor=looked)


@pytest.fixture(scope="module")
def clustered(ran: Ran) -> End:
    return ran.end


def test_all_that_rules_and_dashboards_name_is_measured(ran: Ran) -> None:
    assert named() - ran.measured <= {"linli_certificate_expiry_timestamp_seconds"}  # here is no TLS


def test_the_doctor_finds_the_cluster_well(ran: Ran) -> None:
    assert ran.doctor.returncode in {0, 3}, ran.doctor.stdout + ran.doctor.stderr
    assert "BROKEN" not in ran.doctor.stdout


def test_the_cluster_takes_every_row(clustered: End, undisturbed: End) -> None:
    assert clustered.replayed.refused == undisturbed.replayed.refused == []
    assert len(clustered.replayed.cases) == ROWS
    assert clustered.replayed.cases == undisturbed.replayed.cases
    assert clustered.replayed.commands == undisturbed.replayed.commands
    assert clustered.helped == undisturbed.helped
    assert clustered.helped.accepted > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_stream_ends_as_in_one_process(clustered: End, undisturbed: End, name: str) -> None:
    assert gaps(clustered.streams[name]) == []
    assert different(clustered.streams[name], undisturbed.streams[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_view_ends_as_in_one_process(clustered: End, undisturbed: End, name: str) -> None:
    found, expected = clustered.views[name], undisturbed.views[name]

    assert found.keys() == expected.keys()
    for table, rows in found.items():
        assert rows == expected[table], f"{name}.{table}"


def test_neighbours_views_hold_the_whole_city(clustered: End) -> None:
    assert len(clustered.views["cases"]["all_cases.cases"]) == ROWS
    assert len(clustered.views["supervision"]["case_facts.cases"]) == ROWS
    assert len(clustered.views["volunteers"]["needs.needs"]) == clustered.helped.needs > 0
