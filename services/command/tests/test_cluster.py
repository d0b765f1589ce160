"""Services as a cluster of processes: they come back alone, stop in order, and end with their supervisor."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.client import connect
from libs.rpc.keys import SigningKey
from libs.runtime.bundled.ports import free_ports
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.bundled.rabbitmq_install import Installed
from libs.runtime.cluster import processes as clusters
from libs.runtime.cluster.processes import Cluster, Member
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import SettingsInvalid
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres, TestServer
from libs.testkit.rpc import Mint
from services.command.registry import command_of

pytestmark = [pytest.mark.store, pytest.mark.journey]

TWO = (
    Member("identity", command_of("identity"), worker=False),
    Member("catalog", command_of("catalog")),
)
ALL = {("identity", "server"), ("catalog", "server"), ("catalog", "worker")}
READY_WITHIN = 90.0
[IDENTITY] = identity.DESCRIPTOR.services_by_name.values()

MakeCluster = Callable[..., Cluster]


@pytest.fixture
def make(postgres_server: TestServer, broker: str, tmp_path: Path) -> Iterator[MakeCluster]:
    """Makes clusters of identity and catalog, stopped at the end."""
    made: list[Cluster] = []
    databases = {member.name: postgres_server.create() for member in TWO}

    def cluster(broker_url: str = broker, **about: object) -> Cluster:
        given = {**databases, **about.pop("databases", {})}  # type: ignore[dict-item]
        members = about.pop("members", TWO)
        made.append(Cluster(tmp_path / "data", given, broker_url, members, **about))  # type: ignore[arg-type]
        return made[-1]

    yield cluster
    for each in made:
        each.stop()
    for dsn in databases.values():
        postgres_server.drop(dsn)


def told(log: Path, event: str) -> list[str]:
    """When a process said it."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line["time"] for line in lines if line["event"] == event]


def lives(pid: int) -> bool:
    """Whether there is such a process, and it is no zombie."""
    return _read(pid, "stat").rpartition(b")")[2].split()[:1] not in ([], [b"Z"])


def test_killed_processes_come_back_alone_and_all_stop_in_order(make: MakeCluster) -> None:
    cluster = make()
    cluster.start()
    cluster.wait_until_ready(patience.seconds(READY_WITHIN))
    before = {key: process.pid for key, process in cluster.processes.items()}
    assert before.keys() == ALL

    for service, role in ALL:
        cluster.kill(service, role)
    eventually(lambda: all(process.starts == 2 for process in cluster.processes.values()))
    cluster.wait_until_ready(patience.seconds(READY_WITHIN))

    assert not any(lives(pid) for pid in before.values())
    now = [process.pid for process in cluster.processes.values()]
    cluster.stop()
    assert not any(lives(pid) for pid in now)
    [worker_stopped] = told(cluster.log("catalog", "worker"), "stopped")
    for name in ("identity", "catalog"):
        [server_stopping] = told(cluster.log(name), "stopping")
        assert worker_stopped < server_stopping


def test_it_says_where_everything_is(make: MakeCluster) -> None:
    cluster = make()
    cluster.start()
    cluster.wait_until_ready(patience.seconds(READY_WITHIN))

    said = json.loads(cluster.place.addresses.read_text())
    key = SigningKey.from_pem(cluster.place.signing_key.read_bytes())
    with connect(cluster.addresses(), Mint(key).person("OPERATOR")) as client:
        area = identity.DefineAreaRequest(
            request_id="1", area_id="elm", level=kinds.AREA_LEVEL_COMMUNITY, name=LocalizedText(zh="榆树街")
        )
        defined = client.service(IDENTITY).define_area(area).area

    assert defined.area_id == "elm"
    assert said["identity"].keys() == {"grpc", "http"}
    assert said["catalog"] == {
        "grpc": cluster.addresses()["catalog"],
        "http": cluster.http("catalog"),
        "worker_http": cluster.http("catalog", "worker"),
    }


def test_a_second_worker_can_be_added(make: MakeCluster) -> None:
    cluster = make()
    cluster.start()

    second = cluster.extra("catalog", environ={"LINLI_POOL_SIZE": "3"})  # noqa: S610  # no Django here

    cluster.wait_until_ready(patience.seconds(READY_WITHIN))
    assert second is cluster.processes["catalog", "worker-2"]
    assert second.http != cluster.http("catalog", "worker")
    assert second.environ["LINLI_POOL_SIZE"] == "3"
    assert cluster.log("catalog", "worker-2").exists()


def test_a_taken_port_is_named_and_nothing_is_started(make: MakeCluster) -> None:
    [base] = free_ports(1)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", base + 10))
        taken.listen()
        cluster = make(port_base=base)

        with pytest.raises(CannotStart, match=f"port {base + 10} cannot be used.*--port-base"):
            cluster.start()

    assert cluster.processes == {}


def test_wrong_settings_are_told_before_anything_is_started(make: MakeCluster) -> None:
    with pytest.raises(SettingsInvalid, match="LINLI_BROKER_URL"):
        make("http://nowhere").start()
    cluster = make(overrides={("catalog", "worker"): {"LINLI_POOL_SIZE": "many"}})
    with pytest.raises(SettingsInvalid, match="LINLI_POOL_SIZE: 'many' is not a whole number"):
        cluster.start()

    assert not any(process.alive for process in cluster.processes.values())


def test_a_database_that_is_not_there_is_told_with_its_service(
    make: MakeCluster, postgres_server: TestServer
) -> None:
    with pytest.raises(CannotStart, match=r'linli catalog: .*database "nobodys" does not exist'):
        make(databases={"catalog": postgres_server.server.dsn("nobodys")}).start()


def test_a_database_that_never_answers_is_told_and_nothing_is_left_running(
    make: MakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_MIGRATED_WITHIN", 5.0)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        dsn = f"postgresql://linli@127.0.0.1:{silent.getsockname()[1]}/catalog?connect_timeout=60"

        with pytest.raises(CannotStart, match=r"catalog: its schema was not made within 5 s"):
            make(members=TWO[1:], databases={"catalog": dsn}).start()

    assert [pid for pid in _children(os.getpid()) if b"migrate" in _read(pid, "cmdline")] == []


def test_a_start_says_what_it_waits_for_and_gives_up_when_told_to(
    make: MakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_TOLD_EVERY", 0.5)
    [port] = free_ports(1)
    cluster = make(f"amqp://linli:secret@127.0.0.1:{port}/demo")
    cluster.start()
    said: list[str] = []
    monkeypatch.setattr(clusters._log, "info", lambda event, **about: said.append(about["waits_for"]))

    cluster.wait_until_ready(
        patience.seconds(READY_WITHIN),
        give_up=lambda: any("catalog worker: catalog.from." in line for line in said),
    )

    assert not any("secret" in line for line in said)


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


def test_a_broker_that_does_not_answer_is_told(make: MakeCluster) -> None:
    [port] = free_ports(1)
    cluster = make(f"amqp://linli:secret@127.0.0.1:{port}/demo")
    cluster.start()

    with pytest.raises(CannotStart, match=r"catalog worker is not ready: catalog\.from\.identity: ") as told:
        cluster.wait_until_ready(patience.seconds(8.0))

    assert "secret" not in str(told.value)


def test_a_folder_is_for_one_cluster_at_a_time(make: MakeCluster) -> None:
    make().start()

    with pytest.raises(CannotStart, match=rf"in use by another cluster \(process {os.getpid()}\)"):
        make().start()


# -- the command ---------------------------------------------------------------------------------


@dataclass
class Running:
    """A running `linli cluster`."""

    process: "subprocess.Popen[str]"
    welcome: str

    def pids(self) -> list[int]:
        """The processes of its services."""
        return [pid for pid in _children(self.process.pid) if b"services." in _read(pid, "cmdline")]


def _children(parent: int) -> list[int]:
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    return [pid for pid in pids if _read(pid, "stat").rpartition(b")")[2].split()[1:2] == [b"%d" % parent]]


def _read(pid: int, file: str) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/{file}").read_bytes()
    return b""


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


def linli(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    command = [sys.executable, "-m", "services.command", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=patience.seconds(120))


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
    command = [sys.executable, "-m", "services.command", "cluster", "--data", str(data), "--port-base", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.endswith("Ctrl-C stops it.\n"):
            break
    return Running(process, "".join(said))


def test_the_command_runs_all_services_and_leaves_none_behind(data: Path) -> None:
    first = start(data)
    try:
        children = first.pids()
        called = linli("call", "--data", str(data), "catalog.ListAffairs")
        feed = linli("call", "--data", str(data), "feed.ReadEvents", '{"source": "supervision"}')
        token = linli("token", "--data", str(data))

        first.process.kill()  # nobody can tell the others
        first.process.communicate(timeout=patience.seconds(10))
        eventually(lambda: not any(lives(pid) for pid in children))

        second = start(data)  # takes over the stores that outlived it
        second.process.send_signal(signal.SIGINT)
        out, err = second.process.communicate(timeout=patience.seconds(60))
    finally:
        for each in (first, locals().get("second")):
            if each is not None and each.process.poll() is None:
                os.kill(each.process.pid, signal.SIGKILL)

    assert len(children) == 9
    assert "The cluster is ready" in first.welcome
    assert str(data) in first.welcome
    assert (called.stdout, called.returncode) == ("{}\n", 0)
    assert '"source": "linli://demo/supervision"' in feed.stdout
    assert token.stdout.count(".") == 2
    assert "The cluster is ready" in second.welcome
    assert second.process.returncode == 0
    assert "Traceback" not in out + err
