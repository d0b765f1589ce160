"""Services as a cluster of processes: they come back alone, stop in order, and end with their supervisor."""

import json
import os
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.client import Patience, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.keys import SigningKey
from libs.runtime.bundled.ports import free_ports, taken
from libs.runtime.cluster import processes as clusters
from libs.runtime.cluster import schemas
from libs.runtime.cluster.processes import Cluster, Member
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import SettingsInvalid
from libs.testkit import patience
from libs.testkit.certificates import Authority
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from libs.testkit.processes import children, lives, read
from libs.testkit.rabbit import RabbitServer
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
[CATALOG] = catalog.DESCRIPTOR.services_by_name.values()

MakeCluster = Callable[..., Cluster]


@contextmanager
def making(server: TestServer, broker: str, folder: Path) -> Iterator[MakeCluster]:
    """Makes clusters of identity and catalog in one folder, stopped at the end."""
    made: list[Cluster] = []
    databases = {member.name: server.create() for member in TWO}

    def cluster(broker_url: str = broker, **about: object) -> Cluster:
        given = {**databases, **about.pop("databases", {})}  # type: ignore[dict-item]
        members = about.pop("members", TWO)
        made.append(Cluster(folder / "data", given, broker_url, members, **about))  # type: ignore[arg-type]
        return made[-1]

    yield cluster
    for each in made:
        each.stop()
    for dsn in databases.values():
        server.drop(dsn)


@pytest.fixture
def make(postgres_server: TestServer, broker: str, tmp_path: Path) -> Iterator[MakeCluster]:
    """Makes clusters for one test."""
    with making(postgres_server, broker, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def make_beside(
    postgres_server: TestServer, rabbit_server: RabbitServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MakeCluster]:
    """Makes clusters in the folder of `cluster`."""
    broker = rabbit_server.create()
    with making(postgres_server, broker, tmp_path_factory.mktemp("shared")) as make:
        yield make
    rabbit_server.drop(broker)


@pytest.fixture(scope="module")
def cluster(make_beside: MakeCluster) -> Cluster:
    """One that is ready, for all tests that leave it running."""
    cluster = make_beside()
    cluster.start()
    cluster.wait_until_ready(patience.seconds(READY_WITHIN))
    return cluster


@pytest.fixture(scope="module")
def without_broker(
    postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """One that runs, and whose broker does not."""
    [port] = free_ports(1)
    broker = f"amqp://linli:secret@127.0.0.1:{port}/demo"
    with making(postgres_server, broker, tmp_path_factory.mktemp("without-broker")) as make:
        cluster = make()
        cluster.start()
        yield cluster


def told(log: Path, event: str) -> list[str]:
    """When a process said it."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [line["time"] for line in lines if line["event"] == event]


def over_tls(folder: Path) -> dict[str, str]:
    """Certificates for a cluster's processes."""
    authority = Authority(folder)
    pair = authority.sign("server", "127.0.0.1")
    return {
        "LINLI_TLS_CERT": str(pair.certificate),
        "LINLI_TLS_KEY": str(pair.key),
        "LINLI_KEYS_CA": str(authority.file),
    }


def test_processes_with_certificates_are_probed_over_tls_and_read_the_keys_over_tls(
    make: MakeCluster, tmp_path: Path
) -> None:
    certificates = over_tls(tmp_path)
    cluster = make(environ=certificates)
    cluster.start()

    cluster.wait_until_ready(patience.seconds(READY_WITHIN))

    trusted = ssl.create_default_context(cafile=certificates["LINLI_KEYS_CA"])
    where = f"https://{cluster.http('catalog')}/readyz"

    def keys() -> str:
        with urllib.request.urlopen(where, timeout=patience.seconds(5), context=trusted) as answer:
            return str(json.load(answer)["keys"])

    eventually(lambda: keys() == "ok", "it has read the keys")


def test_a_revocation_reaches_the_process_of_another_service(cluster: Cluster) -> None:
    operator = Mint(SigningKey.from_pem(cluster.place.signing_key.read_bytes())).person("OPERATOR")
    with connect(cluster.addresses(), operator) as client:
        registering = identity.RegisterClientRequest(
            request_id="sensors", name="sensors", scopes=["catalog.read"]
        )
        registered = client.service(IDENTITY).register_client(registering)
        sensors = registered.client.client_id
        asking = identity.IssueClientTokenRequest(client_id=sensors, client_secret=registered.client_secret)
        token = client.service(IDENTITY).issue_client_token(asking).token.access_token
        with connect(cluster.addresses(), Token(token), patience=Patience(tries=1)) as partner:
            affairs = partner.service(CATALOG)
            affairs.list_affairs(catalog.ListAffairsRequest())

            retiring = identity.RetireClientRequest(request_id="retired", client_id=sensors)
            client.service(IDENTITY).retire_client(retiring)

            def reason() -> str:
                try:
                    affairs.list_affairs(catalog.ListAffairsRequest())
                except RpcFailed as failed:
                    return failed.reason
                return ""

            eventually(lambda: reason() == "TOKEN_REVOKED", "catalog refuses the token", seconds=5)


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


def test_it_says_where_everything_is(cluster: Cluster) -> None:
    said = json.loads(cluster.place.addresses.read_text())
    key = SigningKey.from_pem(cluster.place.signing_key.read_bytes())
    with connect(cluster.addresses(), Mint(key).person("OPERATOR")) as client:
        area = identity.DefineAreaRequest(
            request_id="1", area_id="elm", level=kinds.AREA_LEVEL_COMMUNITY, name=LocalizedText(zh="榆树街")
        )
        defined = client.service(IDENTITY).define_area(area).area

    assert defined.area_id == "elm"
    assert said["identity"].keys() == {"scheme", "grpc", "http"}
    assert said["catalog"] == {
        "grpc": cluster.addresses()["catalog"],
        "http": cluster.http("catalog"),
        "worker_http": cluster.http("catalog", "worker"),
        "scheme": "http",
    }


def test_a_second_worker_can_be_added(cluster: Cluster) -> None:
    second = cluster.extra("catalog", environ={"LINLI_POOL_SIZE": "3"})  # noqa: S610  # no Django here

    cluster.wait_until_ready(patience.seconds(READY_WITHIN))
    assert second is cluster.processes["catalog", "worker-2"]
    assert second.http != cluster.http("catalog", "worker")
    assert second.environ["LINLI_POOL_SIZE"] == "3"
    assert cluster.log("catalog", "worker-2").exists()


def test_a_taken_port_is_named_and_nothing_is_started(make: MakeCluster) -> None:
    base = next(each - 10 for each in free_ports(50) if not any(map(taken, range(each - 10, each))))
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", base + 10))
        server.listen()
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
    monkeypatch.setattr(schemas, "_MIGRATED_WITHIN", 5.0)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        dsn = f"postgresql://linli@127.0.0.1:{silent.getsockname()[1]}/catalog?connect_timeout=60"

        with pytest.raises(CannotStart, match=r"catalog: its schema was not made within 5 s"):
            make(members=TWO[1:], databases={"catalog": dsn}).start()

    assert [pid for pid in children(os.getpid()) if b"migrate" in read(pid, "cmdline")] == []


def test_a_start_says_what_it_waits_for_and_gives_up_when_told_to(
    without_broker: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_TOLD_EVERY", 0.5)
    said: list[str] = []
    monkeypatch.setattr(clusters._log, "info", lambda event, **about: said.append(about["waits_for"]))

    without_broker.wait_until_ready(
        patience.seconds(READY_WITHIN),
        give_up=lambda: any("catalog worker: catalog.from." in line for line in said),
    )

    assert not any("secret" in line for line in said)


def test_a_broker_that_does_not_answer_is_told(without_broker: Cluster) -> None:
    servers = [process for (_, role), process in without_broker.processes.items() if role == "server"]
    eventually(
        lambda: not any(server.lacks() for server in servers), "the servers wait for no broker", seconds=60
    )
    worker = without_broker.processes["catalog", "worker"]
    eventually(lambda: "catalog.from." in worker.lacks(), "the worker answers", seconds=60)

    with pytest.raises(CannotStart, match=r"catalog worker is not ready: catalog\.from\.identity: ") as told:
        without_broker.wait_until_ready(0.0)

    assert "secret" not in str(told.value)


@pytest.mark.usefixtures("cluster")
def test_a_folder_is_for_one_cluster_at_a_time(make_beside: MakeCluster) -> None:
    with pytest.raises(CannotStart, match=rf"in use by another cluster \(process {os.getpid()}\)"):
        make_beside().start()
