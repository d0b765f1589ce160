"""What is broken: a cluster of real processes, its own RabbitMQ and PostgreSQL, and the network between."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from e2e.chaos import process
from e2e.chaos.evidence import Loss
from e2e.chaos.gate import Gate
from e2e.chaos.load import enter
from e2e.chaos.services import Services
from e2e.chaos.stores import Databases, databases, settings
from e2e.city.platform import City
from e2e.journeys.town import found
from libs.messaging import topology
from libs.rpc.access import PERSON, Grant
from libs.rpc.call import wall_clock
from libs.rpc.credentials import Token
from libs.rpc.keys import SigningKey
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import runtime_role
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.bundled.rabbitmq_install import find_or_install
from libs.runtime.cluster.processes import Cluster, Member
from libs.testkit.proxy import Proxy
from libs.testkit.rabbit import running_rabbit
from libs.testkit.rpc import PLENTY, Mint
from services.command.cluster import members
from services.command.registry import NAMES
from services.command.topology import subscriptions

HEARTBEAT = 2.0
"""Seconds of silence after which broker and clients take each other for dead."""
KEYS_STALE_AFTER = 12.0
"""Seconds without identity after which nobody's privileges are believed; ten minutes by default."""
CELL = "chaos"
_A_CLOCKS_ERROR = timedelta(days=20)
_READY_WITHIN = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A running cluster that knows the town, and everything on which it stands.

    `services` are the ledgers as the harness reads them, `brokers` the addresses of the services' users of
    RabbitMQ: both past the proxies. `gate` is where the load waits between stories; `silent` is what a
    fault waited in vain to be told of, `losses` what was lost by nature.
    """

    cluster: Cluster
    rabbit: EmbeddedRabbitMQ
    databases: Databases
    to_broker: Proxy
    services: Services
    brokers: Mapping[str, str]
    mint: Mint
    gate: Gate = field(default_factory=Gate)
    silent: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    @property
    def clocks(self) -> Path:
        """The folder of what sets the processes' clocks wrong."""
        return self.cluster.place.data.parent / "clocks"

    def person(self, name: str) -> City:
        """The services in the name of somebody who may do everything."""
        return enter(self.cluster.addresses(), self.token(name))

    def token(self, name: str) -> Token:
        """Says that somebody may do everything, by any clock that goes wrong here."""
        issued = self.mint.issuer.issue(
            name, kind=PERSON, grants=[Grant("OPERATOR")], quota=PLENTY, lifetime=2 * _A_CLOCKS_ERROR
        )
        return Token(issued.token)

    def ready(self) -> bool:
        """Whether every process runs and says that it is ready."""
        return all(each.alive and each.answers("/readyz") for each in self.cluster.processes.values())

    def unready(self) -> list[str]:
        """Which processes are not, with the last that they said."""
        return [
            f"{each.name} is not ready: {each.last_words()[:300]}"
            for each in self.cluster.processes.values()
            if not each.alive or not each.answers("/readyz")
        ]


@contextmanager
def ground(
    folder: Path, services: Sequence[Member] = (), *, prepare: Callable[[Cluster], None] = lambda _: None
) -> Iterator[Ground]:
    """Start everything, with one relay of cases more than is needed; at the end only the logs are left.

    `services`: what runs them, if not this working tree; `prepare` sees the cluster before it starts.
    """
    with ExitStack() as stack:
        rabbit = stack.enter_context(running_rabbit(find_or_install()))
        stores = stack.enter_context(databases())
        reads = subscriptions()
        brokers = rabbit.admit({name: topology.rights(name, reads[name]) for name in NAMES})
        to_broker = stack.enter_context(Proxy(("127.0.0.1", rabbit.port)))
        cluster = Cluster(
            folder / "cluster",
            {name: stores.through(name) for name in NAMES},
            {name: url.replace(f":{rabbit.port}/", f":{to_broker.port}/") for name, url in brokers.items()},
            services or _by_wrong_clocks(members()),
            _settings(folder),
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
            databases=stores,
            to_broker=to_broker,
            services=stack.enter_context(closing(_services(stores, cluster.place))),
            brokers=brokers,
            mint=Mint(
                SigningKey.from_pem(cluster.place.signing_key.read_bytes()),
                clock=lambda: wall_clock() - _A_CLOCKS_ERROR,
            ),
        )
        founder = made.person("founder")
        found(founder)
        founder.client.close()
        yield made


def _services(stores: Databases, place: Place) -> Services:
    return Services(lambda name: settings(stores, place, name), place.signing_key)


def _by_wrong_clocks(services: Sequence[Member]) -> list[Member]:
    """The services in processes whose clocks may be set wrong."""
    return [replace(each, run=(sys.executable, "-m", process.__name__, each.name)) for each in services]


def _settings(folder: Path) -> dict[str, str]:
    """What all processes are told besides."""
    clocks = folder.resolve() / "clocks"
    clocks.mkdir(parents=True)
    return {
        "LINLI_BROKER_HEARTBEAT": f"{HEARTBEAT:g}s",
        "LINLI_POOL_SIZE": "6",
        "LINLI_KEYS_STALE_AFTER": f"{KEYS_STALE_AFTER:g}s",
        process.FOLDER: str(clocks),
    }
