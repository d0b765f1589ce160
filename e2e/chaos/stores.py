"""Where the ledgers lie: cases on a pair of PostgreSQL servers, the others on one; the harness reads them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import ensure_database, ensure_role, runtime_role
from libs.runtime.config.settings import Secret, Settings
from libs.testkit.postgres import KillablePostgres, killable_server
from libs.testkit.proxy import Proxy
from libs.testkit.replicas import Pair, running_pair
from services.command.registry import NAMES

PAIRED = "cases"
"""The service whose database may be restored, and promoted."""


@dataclass(frozen=True, slots=True)
class Databases:
    """The databases of the services by name, as the harness reaches them and as the services do."""

    shared: KillablePostgres
    pair: Pair
    door: Proxy

    def dsn(self, name: str) -> str:
        """Past the proxies, as the owner."""
        return self.pair.dsn(name) if name == PAIRED else self.shared.dsn(name)

    def through(self, name: str) -> str:
        """Through the proxies, as the owner."""
        if name == PAIRED:
            return self.pair.through(name)
        return make_conninfo(self.shared.dsn(name), host="127.0.0.1", port=self.door.port)

    @property
    def doors(self) -> list[Proxy]:
        """All proxies."""
        return [self.door, *self.pair.doors]

    def kill(self) -> None:
        """SIGKILL to all servers that take writes."""
        self.shared.kill()
        self.pair.active.kill()

    def restart(self) -> None:
        """Start them again."""
        self.shared.restart()
        self.pair.active.restart()


@contextmanager
def databases() -> Iterator[Databases]:
    """Running servers with an empty database, and a role, for each service."""
    with ExitStack() as stack:
        shared = stack.enter_context(killable_server())
        pair = stack.enter_context(running_pair())
        socket = Path(str(conninfo_to_dict(shared.dsn())["host"])) / ".s.PGSQL.5432"
        made = Databases(shared, pair, stack.enter_context(Proxy(socket)))
        for name in NAMES:
            server = pair.dsn() if name == PAIRED else shared.dsn()
            ensure_role(server, runtime_role(name))
            ensure_database(server, name)
        yield made


def settings(databases: Databases, place: Place, name: str) -> Settings:
    """How the harness opens a service: past the proxies, with the cluster's own keys."""
    return Settings(
        database_url=Secret(databases.dsn(name)),
        master_key=Secret(place.master_key.read_text("utf-8").strip()),
        key_store=Secret(place.key_store.as_uri()),
        cell=place.cell,
        pool_size=3,
    )
