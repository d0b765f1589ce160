"""The embedded platform: one process, found again after whatever happened to it, stopped in order."""

import json
import random
import shutil
import signal
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.rpc.failures import RpcFailed
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.runtime.tests.processes import Running, environ_of, platform, ran
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres

pytestmark = pytest.mark.store


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="linli-up-"))
    folder.chmod(0o755)
    yield folder
    KillablePostgres(folder).kill()
    shutil.rmtree(folder, ignore_errors=True)


def _get(running: Running, path: str) -> str:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{running.http_port}{path}", timeout=patience.seconds(5)
    ) as answer:
        return str(answer.read().decode())


def test_a_command_is_seen_in_the_neighbours_view(data: Path) -> None:
    with platform(data, environ_of(data)) as running:
        calls = running.client()

        answer = calls.count("a", 7, "r1")

        assert answer.total == 7
        eventually(lambda: calls.tally("a") == (7, 1), "the tally has heard of it")
        assert "ok" in _get(running, "/readyz")
        assert 'linli_reader_events_total{reader="inbox.counter",service="tally"} 1.0' in _get(
            running, "/metrics"
        )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.by_exec
def test_it_stops_in_order_and_finds_its_data_again(data: Path, number: int) -> None:
    environ = environ_of(data)
    with platform(data, environ) as running:
        revision = running.client().count("a", 7, "r1").revision
        status = running.stop(number)
        server = EmbeddedPostgres(data).pid()

    with platform(data, environ) as again:
        repeated = again.client().count("a", 7, "r1")
        seen = eventually(lambda: again.client().tally("a") == (7, 1))

    assert (status, server) == (0, None)
    assert (repeated.total, repeated.revision) == (7, revision)
    assert seen


def test_its_secrets_are_for_its_owner_only(data: Path) -> None:
    with platform(data, environ_of(data)):
        modes = {
            name: (data / name).stat().st_mode & 0o777
            for name in ("master.key", "signing.pem", "operator.secret")
        }

    assert set(modes.values()) == {0o600}


def test_a_second_platform_on_the_same_folder_is_told_why_not(data: Path) -> None:
    environ = environ_of(data)
    with platform(data, environ):
        second = ran(environ, "up", str(data))

    assert second.returncode != 0
    assert "is in use by another Linli" in second.stderr


def test_when_its_postgresql_dies_the_cause_comes_first_and_last_and_no_stack_between(data: Path) -> None:
    with platform(data, environ_of(data)) as running:
        KillablePostgres(data).kill()

        status = running.process.wait(timeout=patience.seconds(60))
        told = running.process.stderr.read().splitlines() if running.process.stderr else []

    assert status == 1
    first = json.loads(told[0])
    assert (first["event"], first["level"]) == ("cannot go on", "critical")
    assert first["reason"].startswith("the bundled PostgreSQL ended")
    assert told[-1].startswith("stopped: the bundled PostgreSQL ended")
    assert not any("Traceback" in line for line in told)


def test_its_life_is_told_in_four_lines(data: Path) -> None:
    environ = {**environ_of(data), "LINLI_LOG_LEVEL": "info"}
    with platform(data, environ) as running:
        told = []
        for line in running.process.stderr or ():
            told.append(json.loads(line))
            if told[-1]["event"] == "ready":
                running.stop(signal.SIGTERM)

    life = {line["event"]: line for line in told if line["logger"] == "process"}
    life.pop("the stop waited", None)  # a busy machine lets it wait
    assert list(life) == ["starting", "ready", "stopping", "stopped"]
    assert life["starting"]["version"]
    assert (life["ready"]["grpc_port"], life["ready"]["http_port"]) == (running.grpc_port, running.http_port)
    assert life["stopping"]["why"] == "SIGTERM"
    assert life["stopped"]["seconds"] >= 0


def test_killed_again_and_again_nothing_acknowledged_is_lost_or_doubled(data: Path) -> None:
    chance = random.Random(7)
    environ = environ_of(data)
    acknowledged: list[int] = []
    number = 0
    for _ in range(4):
        with platform(data, environ) as running:
            calls = running.client()
            timer = threading.Timer(chance.uniform(0.05, 0.6), running.kill)
            timer.start()
            while True:
                try:
                    calls.count("a", 1, f"r{number}")
                except RpcFailed:
                    break  # the next life repeats this one, with the same request_id
                acknowledged.append(number)
                number += 1
            timer.join()

    with platform(data, environ) as running:
        calls = running.client()
        total = calls.count("a", 1, f"r{number}").total

        assert total == len(acknowledged) + 1
        eventually(lambda: calls.tally("a") == (total, total), "the neighbour comes to the same")
