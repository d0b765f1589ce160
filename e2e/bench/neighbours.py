"""Cases and supervision as neighbours over RabbitMQ: relay, worker and projector, each its own process."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from e2e.bench.appender import StoredRow
from e2e.bench.copies import record
from e2e.bench.ground import LOADED, Ground, until_ready
from e2e.journeys.cities import free_port
from libs.ledger.recorded import utc_now
from libs.ledger.store.recorder import EVENTS_TABLE, TRACKING_TABLE
from libs.messaging.schema import migrate
from libs.messaging.translate import source_name
from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import signed
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from services.command.registry import command_of
from services.supervision.wiring import SERVICE as SUPERVISION

CASES_DATABASE, SUPERVISION_DATABASE = "cases_exchanged", "supervision_exchanged"
SOURCE = source_name("demo", "cases")
VIEW = "case_facts"
RELAY_KEY = SigningKey.generate()
_LONGEST = 300.0
_RESOLUTION = 0.01


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What runs: the databases, and by role the processes to watch."""

    cases: str
    supervision: str
    pids: Mapping[str, Sequence[int]]

    def commit(self, rows: Sequence[StoredRow]) -> float:
        """Let cases record all rows in one transaction; answers when it was about to be committed."""
        with psycopg.connect(self.cases) as connection:
            sum(record(connection, iter(rows)))
            connection.execute(f"NOTIFY {EVENTS_TABLE}")
            return time.monotonic()

    def until_seen(self, position: int) -> float:
        """Wait until supervision's view shows all that cases recorded up to a position; answers when."""
        seen = (
            f"SELECT (SELECT max(notification_id) FROM {TRACKING_TABLE} WHERE application_name = %s) >= %s"
            f" AND (SELECT min(position) FROM view_position) >="
            f" (SELECT max(notification_id) FROM {EVENTS_TABLE})"
        )
        deadline = time.monotonic() + _LONGEST
        with psycopg.connect(self.supervision, autocommit=True) as connection:
            while time.monotonic() < deadline:
                row = connection.execute(seen, [SOURCE, position]).fetchone()
                if row is not None and row[0]:
                    return time.monotonic()
                time.sleep(_RESOLUTION)
        raise TimeoutError(f"supervision does not see what cases recorded up to {position}")

    def head(self) -> int:
        """The last position of cases."""
        return _number(self.cases, f"SELECT max(notification_id) FROM {EVENTS_TABLE}")

    def noted(self) -> int:
        """How many events supervision has recorded."""
        return _number(self.supervision, f"SELECT count(*) FROM {EVENTS_TABLE}")


def _number(dsn: str, query: LiteralString) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row is not None else 0


@contextmanager
def neighbours(ground: Ground, server: EmbeddedPostgres, broker: EmbeddedRabbitMQ) -> Iterator[Neighbours]:
    """Cases that knows the city but no case, supervision that knows nothing yet; all of them ready."""
    vhost = f"exchange{free_port()}"
    broker.add_vhost(vhost)
    _databases(ground, server)
    with ExitStack() as stack:
        url = broker.url_of(vhost)
        worker = stack.enter_context(_role(ground, "supervision", "worker", SUPERVISION_DATABASE, url))
        projector = stack.enter_context(_role(ground, "supervision", "projector", SUPERVISION_DATABASE, url))
        relay = stack.enter_context(_role(ground, "cases", "relay", CASES_DATABASE, url))
        pids = {
            "relay": [relay],
            "worker": [worker],
            "projector": [projector],
            "RabbitMQ": broker.pids(),
            "PostgreSQL": [ground.postgres_pid()],
        }
        yield Neighbours(server.dsn(CASES_DATABASE), server.dsn(SUPERVISION_DATABASE), pids)
    broker.drop_vhost(vhost)


def _databases(ground: Ground, server: EmbeddedPostgres) -> None:
    ground.copy_database(server, LOADED, CASES_DATABASE)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(SUPERVISION_DATABASE)))
    dsn = server.ensure_database(SUPERVISION_DATABASE)
    migrate(dsn, SUPERVISION.name, SUPERVISION.views, events=SUPERVISION.events)


def _keys(ground: Ground) -> Path:
    """The public keys of relays, as identity publishes them."""
    file = ground.folder / "sources.json"
    published = {"keys": [], "sources": {SOURCE: [RELAY_KEY.jwk]}}
    file.write_text(json.dumps(signed(published, SigningKey.generate(), utc_now())))
    return file


@contextmanager
def _role(ground: Ground, service: str, role: str, database: str, url: str) -> Iterator[int]:
    """A role of a service in its own process, ready; answers its process id."""
    http_port = free_port()
    environ = {
        **os.environ,
        **ground.environ(database),
        "LINLI_HTTP_ADDRESS": f"127.0.0.1:{http_port}",
        "LINLI_BROKER_URL": url,
        "LINLI_RELAY_KEY": RELAY_KEY.pem().decode(),
        "LINLI_KEYS_URL": _keys(ground).as_uri(),
        "LINLI_LOG_LEVEL": "warning",
    }
    told = ground.folder / f"{service}-{role}.log"
    with told.open("ab") as log:
        process = subprocess.Popen([*command_of(service), role], env=environ, stdout=log, stderr=log)
    try:
        until_ready(http_port, process, told)
        yield process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)
