"""`linli cluster` and the commands beside it: what they run, refuse and leave behind."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from libs.runtime.bundled.ports import free_ports
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.bundled.rabbitmq_install import Installed
from libs.testkit import patience
from libs.testkit.commands import linli, linli_command
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres
from libs.testkit.processes import children, lives, read

pytestmark = [pytest.mark.store, pytest.mark.journey]


@dataclass
class Running:
    """A running `linli cluster`."""

    process: "subprocess.Popen[str]"
    welcome: str

    def pids(self) -> list[int]:
        """The processes of its services."""
        return [pid for pid in children(self.process.pid) if b"services." in read(pid, "cmdline")]


@pytest.fixture
def data(installed_rabbitmq: Installed) -> Iterator[Path]:
    """A folder that a server of another user may enter; whatever runs in it is killed at the end."""
    assert installed_rabbitmq.script.exists()
    folder = Path(tempfile.mkdtemp(prefix="linli-test-cluster-"))
    folder.chmod(0o755)
    yield folder
    KillablePostgres(folder).kill()
    EmbeddedRabbitMQ(folder / "rabbitmq").kill()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_call_while_no_process_of_the_cluster_answers_names_the_cluster(tmp_path: Path) -> None:
    [port] = free_ports(1)
    told = {name: {"grpc": f"127.0.0.1:{port}"} for name in ("identity", "catalog")}
    (tmp_path / "addresses.json").write_text(json.dumps(told))
    (tmp_path / "operator.secret").write_text("sesame")

    refused = linli("call", "--data", str(tmp_path), "catalog.ListAffairs")

    assert refused.returncode == 1
    assert "starting, stopping or not running: try again, or start `" in refused.stderr
    assert f"cluster --data {tmp_path}`" in refused.stderr
    assert " up`" not in refused.stderr


@pytest.mark.parametrize(
    ("option", "address"),
    [
        ("--postgres", "postgresql://linli:sesame@localhost/postgres"),
        ("--broker", "amqp://linli:sesame@localhost/demo"),
    ],
)
def test_a_password_on_the_command_line_is_refused(tmp_path: Path, option: str, address: str) -> None:
    refused = linli("cluster", "--data", str(tmp_path), option, address)

    assert refused.returncode == 1
    assert f"{option} holds a password" in refused.stderr
    assert "sesame" not in refused.stderr + refused.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ["nonsense", "host=/nowhere dbname=linli"])
def test_a_server_that_cannot_be_is_told_with_its_option(tmp_path: Path, address: str) -> None:
    refused = linli("cluster", "--data", str(tmp_path), "--postgres", address)

    assert refused.returncode == 1
    assert "--postgres (LINLI_POSTGRES_URL): " in refused.stderr
    assert "LINLI_DATABASE_URL" not in refused.stderr


def start(data: Path) -> Running:
    """`linli cluster` on free ports, as soon as it is ready."""
    command = linli_command("cluster", "--data", str(data), "--port-base", "0")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.endswith("Ctrl-C stops the cluster.\n"):
            break
    return Running(process, "".join(said))


def test_the_command_runs_all_services_and_leaves_none_behind(data: Path) -> None:
    first = start(data)
    try:
        running = first.pids()
        called = linli("call", "--data", str(data), "catalog.ListAffairs")
        feed = linli("call", "--data", str(data), "feed.ReadEvents", '{"source": "supervision"}')
        token = linli("token", "--data", str(data))

        first.process.kill()  # nobody can tell the others
        first.process.communicate(timeout=patience.seconds(10))
        eventually(lambda: not any(lives(pid) for pid in running))

        second = start(data)  # takes over the stores that outlived it
        second.process.send_signal(signal.SIGINT)
        out, err = second.process.communicate(timeout=patience.seconds(60))
    finally:
        for each in (first, locals().get("second")):
            if each is not None and each.process.poll() is None:
                os.kill(each.process.pid, signal.SIGKILL)

    assert len(running) == 10
    assert "The cluster is ready" in first.welcome
    assert str(data) in first.welcome
    assert (called.stdout, called.returncode) == ("{}\n", 0)
    assert '"source": "linli://demo/supervision"' in feed.stdout
    assert token.stdout.count(".") == 2
    assert "The cluster is ready" in second.welcome
    assert second.process.returncode == 0
    assert "Traceback" not in out + err
