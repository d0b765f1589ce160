"""An alert tells of what is broken; with OPERATING.md and the doctor alone an operator finds and mends it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from e2e.cluster.cluster import Cluster
from e2e.cluster.guide import Reader, blocks
from e2e.cluster.outside import Outside
from e2e.cluster.prometheus import Prometheus, started
from e2e.cluster.release import Release
from e2e.cluster.small import STORAGE_CLASS, small_volume
from e2e.cluster.tests.conftest import TAG, own_namespace
from libs.testkit.eventually import eventually

MEND, GONE, PASSWORD = "Mend what the doctor names", "A database is gone", "A password is refused"
FULL, AWAY = "PostgreSQL's disk is full", "RabbitMQ is away"
REFUSED = "refuses the user, the password or the virtual host"
POSTGRESQL = "elm-linli-postgresql-0"
ALERTS = {
    "LinliBrokerDisconnected",
    "LinliBrokerRefuses",
    "LinliDatabaseFull",
    "LinliDatabaseRefuses",
    "LinliServiceMissing",
}
pytestmark = [pytest.mark.cluster, pytest.mark.process, pytest.mark.timeout(1800)]


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator can do: the guide's commands, in an evaluation with a Prometheus beside it."""

    release: Release
    reader: Reader
    prometheus: Prometheus

    def does(self, heading: str, number: int = 0) -> str:
        """Run a block of the guide, which may use the functions that it defines before."""
        return self.reader.runs(self.reader.script(MEND) + self.reader.script(heading, number))

    def doctor(self) -> str:
        """What the doctor's job says, by the guide's own command."""
        [command] = blocks("When an alert fires", "console")[0].splitlines()
        return self.reader.runs(command.removeprefix("$ "))

    def restarts(self) -> None:
        """Delete the pods of cases: what starts now must connect anew."""
        pods = f"{self.release.selector},linli/service=cases,linli/metrics=true"
        self.release.kubectl("delete", "pod", "-l", pods, "--wait=false")

    def until_logged(self, role: str, container: str, words: str) -> None:
        """Wait until a container of cases says these words."""
        of = ("-l", f"{self.release.selector},linli/service=cases,linli/role={role}", "-c", container)
        said = partial(self.release.kubectl, "logs", *of, "--ignore-errors", "--tail=-1")
        eventually(lambda: words in said(), f"{container} says {words}", seconds=90)

    def ready(self) -> None:
        """Wait until everything is ready, and let the chart's own test open a case."""
        self.release.kubectl(
            *("wait", "deployment", "-l", self.release.selector), "--for=condition=Available", "--timeout=3m"
        )
        assert "supervision has the case in its view" in self.release.test()


@pytest.fixture(scope="module")
def operator(cluster: Cluster, images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An evaluation whose PostgreSQL has a small volume, installed; it is well."""
    assert cluster.node is not None
    folder, programs = tmp_path_factory.mktemp("operator"), tmp_path_factory.mktemp("programs")
    values = folder / "values.yaml"
    with (
        small_volume(cluster, cluster.node),
        own_namespace(cluster) as town,
        own_namespace(cluster) as beside,
    ):
        here = Path(__file__).parent
        values.write_text(
            (here / "mended.yaml").read_text("utf-8").replace("TAG", TAG).replace("CLASS", STORAGE_CLASS)
        )
        release = Release(cluster, town, "elm", values, "linli", TAG)
        release.install()
        reader = Reader(cluster, town, folder, programs)
        outside = Outside(cluster, beside, {"OUTSIDE": f"linli-outside:{TAG}"})
        authority = release.secret("tls", "ca.crt").decode()
        made = Operator(release, reader, started(outside, reader, authority))
        made.ready()
        assert "BROKEN" not in made.doctor()
        eventually(lambda: not made.prometheus.raised() & ALERTS, "no alert is raised", seconds=60)
        yield made


def test_a_stopped_broker_is_started_again(operator: Operator) -> None:
    operator.release.kubectl("scale", "statefulset", "elm-linli-rabbitmq", "--replicas=0")
    operator.release.kubectl("wait", "pod", "elm-linli-rabbitmq-0", "--for=delete", "--timeout=2m")

    operator.prometheus.until_raised("LinliBrokerDisconnected")
    said = operator.doctor()
    operator.does(AWAY)

    assert "OPERATING.md, RabbitMQ is away" in said
    operator.ready()


def test_a_changed_password_of_a_database_is_given_back(operator: Operator) -> None:
    operator.reader.runs(
        operator.reader.script(MEND) + """psql -qc "ALTER ROLE linli_cases PASSWORD 'revoked'" """
    )

    operator.prometheus.until_raised("LinliDatabaseRefuses")
    said = operator.doctor()
    operator.restarts()
    operator.prometheus.until_raised("LinliServiceMissing")
    operator.until_logged("server", "await-schema", "password authentication failed")
    operator.does(PASSWORD)

    assert "linli_cases at elm-linli-postgresql refuses the password" in said
    assert "OPERATING.md, A password is refused" in said
    operator.ready()
    assert "refuses the password" not in operator.doctor()


def test_a_changed_password_of_the_broker_is_given_back(operator: Operator) -> None:
    operator.reader.runs(operator.reader.script(MEND) + "rabbitmqctl -q change_password cases revoked")

    operator.prometheus.until_raised("LinliBrokerRefuses")
    said = operator.doctor()
    operator.restarts()
    operator.prometheus.until_raised("LinliBrokerDisconnected")
    operator.until_logged("worker", "worker", REFUSED)
    operator.does(PASSWORD, 1)

    assert REFUSED in said
    assert "OPERATING.md, A password is refused" in said
    operator.ready()
    assert REFUSED not in operator.doctor()


def test_a_full_disk_is_found_before_postgresql_ends_for_good(operator: Operator) -> None:
    fill = "dd if=/dev/zero of=/data/somebodys-dump bs=1M 2> /dev/null || true"
    operator.release.kubectl("exec", POSTGRESQL, "--", "sh", "-c", fill)

    operator.prometheus.until_raised("LinliDatabaseFull", "LinliDatabaseRefuses")
    said = operator.doctor()
    seen = operator.reader.runs(operator.reader.script(FULL).splitlines()[1])
    operator.release.kubectl("exec", POSTGRESQL, "--", "rm", "/data/somebodys-dump")

    assert "OPERATING.md, PostgreSQL's disk is full" in said  # it has no room left, or has just ended of it
    assert "/data/somebodys-dump" in seen
    operator.ready()
    assert "no room left" not in operator.doctor()


def test_a_deleted_database_without_a_backup_is_begun_anew(operator: Operator) -> None:
    operator.reader.runs(operator.reader.script(MEND) + "psql -qc 'DROP DATABASE linli_cases WITH (FORCE)'")

    operator.prometheus.until_raised("LinliDatabaseRefuses")
    said = operator.doctor()
    operator.does(GONE)
    found = operator.doctor()
    operator.does(GONE, 1)

    assert "linli_cases at elm-linli-postgresql has no such database" in said
    assert "OPERATING.md, A database is gone" in said
    assert "`linli supervision sources reconcile linli://elm/cases " in found
    operator.ready()
