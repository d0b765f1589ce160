"""What is broken: a cluster of real processes, its own RabbitMQ and PostgreSQL, and the network between."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from e2e.chaos.load import enter
from e2e.city.platform import City
from e2e.journeys.town import found
from libs.rpc.keys import SigningKey
from libs.runtime.bundled.postgres import runtime_role
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.bundled.rabbitmq_install import find_or_install
from libs.runtime.cluster.processes import Cluster, Member
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.opened import OpenService, open_service
from libs.testkit.postgres import KillablePostgres, killable_server
from libs.testkit.proxy import Proxy
from libs.testkit.rabbit import running_rabbit
from libs.testkit.rpc import Mint
from services.command.cluster import members
from services.command.registry import NAMES, load

HEARTBEAT = 2.0
"""Seconds of silence after which broker and clients take each other for dead."""
CELL = "chaos"
_READY_WITHIN = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A running cluster that knows the town, and everything on which it stands.

    `services` are the ledgers as the harness reads them: past the proxies.
    """

    cluster: Cluster
    rabbit: EmbeddedRabbitMQ
    postgres: KillablePostgres
    to_broker: Proxy
    to_database: Proxy
    services: Mapping[str, OpenService]
    mint: Mint

    def person(self, name: str) -> City:
        """The services in the name of somebody who may do everything."""
        return enter(self.cluster.addresses(), self.mint.person("OPERATOR", subject=name))

    def ready(self) -> bool:
        """Whether every process runs and says that it is ready."""
        return all(each.alive and each.answers("/readyz") for each in self.cluster.processes.values())


@contextmanager
def ground(
    folder: Path, services: Sequence[Member] = (), *, prepare: Callable[[Cluster], None] = lambda _: None
) -> Iterator[Ground]:
    """Start everything, with one relay of cases more than is needed; at the end only the logs are left.

    `services`: what runs them, if not this working tree; `prepare` sees the cluster before it starts.
    """
    with ExitStack() as stack:
        rabbit = stack.enter_context(running_rabbit(find_or_install()))
        postgres = stack.enter_context(killable_server())
        databases = {name: postgres.ensure_database(name) for name in NAMES}
        to_broker = stack.enter_context(Proxy(("127.0.0.1", rabbit.port)))
        to_database = stack.enter_context(Proxy(_socket_of(databases["cases"])))
        cluster = Cluster(
            folder / "cluster",
            {name: _through(to_database, dsn) for name, dsn in databases.items()},
            rabbit.url.replace(f":{rabbit.port}/", f":{to_broker.port}/"),
            services or members(),
            {"LINLI_BROKER_HEARTBEAT": f"{HEARTBEAT:g}s", "LINLI_POOL_SIZE": "6"},
            cell=CELL,
            roles={name: runtime_role(name) for name in NAMES},
        )
        stack.callback(cluster.stop)
        prepare(cluster)
        cluster.start()
        cluster.extra("cases", "relay")  # noqa: S610  # no Django here
        cluster.wait_until_ready(_READY_WITHIN)
        made = Ground(
            cluster=cluster,
            rabbit=rabbit,
            postgres=postgres,
            to_broker=to_broker,
            to_database=to_database,
            services={name: _open(stack, cluster, name, dsn) for name, dsn in databases.items()},
            mint=Mint(SigningKey.from_pem(cluster.place.signing_key.read_bytes())),
        )
        founder = made.person("founder")
        found(founder)
        founder.client.close()
        yield made


def _socket_of(dsn: str) -> Path:
    """The unix socket of the server that a dsn names."""
    given = conninfo_to_dict(dsn)
    return Path(str(given["host"])) / f".s.PGSQL.{given.get('port', 5432)}"


def _through(proxy: Proxy, dsn: str) -> str:
    return make_conninfo(dsn, host="127.0.0.1", port=proxy.port)


def _open(stack: ExitStack, cluster: Cluster, name: str, dsn: str) -> OpenService:
    """A service as the harness reads it, with the cluster's own keys."""
    place = cluster.place
    settings = Settings(
        database_url=Secret(dsn),
        master_key=Secret(place.master_key.read_text("utf-8").strip()),
        key_store=Secret(place.key_store.as_uri()),
        cell=CELL,
        pool_size=3,
    )
    environ = {"LINLI_IDENTITY_SIGNING_KEY_FILE": str(place.signing_key)}
    opened = open_service(load(name), settings, environ, listen=False)
    stack.callback(opened.close)
    return opened
