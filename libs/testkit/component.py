"""One service over its real wire: PostgreSQL, gRPC, projector, clocks; only its neighbours are faked.

with component(postgres_server, SERVICE) as running:
    running.hears("identity", AreaDefined(area_id="la", area_path="la"))
    client = running.client(running.mint.person("COORDINATOR"))
    client.service(DESCRIPTOR).raise_need(RaiseNeedRequest(...))
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from google.protobuf.message import Message
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.ids import new_id
from libs.ledger.privacy.master_key import MasterKey
from libs.messaging.inbox import Inbox
from libs.messaging.progress import Handled
from libs.messaging.schema import migrate
from libs.rpc.client import Client, connect
from libs.rpc.credentials import Credentials
from libs.rpc.methods import standing_in
from libs.runtime.bundled.postgres import ensure_role
from libs.runtime.config.settings import Secret, Settings
from libs.runtime.host.host import Host, Roles
from libs.runtime.host.opened import OpenService, open_service
from libs.runtime.host.parts import Service
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint, published_keys

MASTER_KEY = MasterKey.generate().text()
ROLE = "linli_component"
"""As whom a component uses its database: a role that may append events, and not alter them."""
_WITHOUT_NEIGHBOURS = Roles(clocks=True)


@dataclass(slots=True)
class Component:
    """A service that runs in the test's own process."""

    opened: OpenService
    host: Host
    mint: Mint
    _inbox: Inbox
    _clients: list[Client] = field(default_factory=list)
    _heard: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where it serves gRPC."""
        return f"127.0.0.1:{self.host.grpc_port}"

    def client(
        self, credentials: Credentials | None = None, consent: str = "", *, delegation: str = ""
    ) -> Client:
        """A client, closed with the component.

        With a `consent` it acts in the name of who gave it, with a `delegation` in the place of a body.
        """
        client = connect(self.address, credentials, metadata=standing_in(consent, delegation))
        self._clients.append(client)
        return client

    def hears(
        self,
        source: str,
        message: Message,
        *,
        at: datetime | None = None,
        subject: str = "",
        event_id: str = "",
        area_id: str = "",
    ) -> None:
        """A neighbour publishes `message`: it goes through the real inbox and has its effect at once.

        With the `event_id` of an earlier event it is that event once more, under the next sequence.
        """
        name, after = f"linli://test/{source}", self._heard.get(source, 0)
        event = feed.Event(
            id=event_id or new_id(),
            source=name,
            type=message.DESCRIPTOR.full_name,
            subject=subject or f"{source}-{after + 1}",
            sequence=after + 1,
            subject_version=1,
            actor="neighbour",
            area_id=area_id,
        )
        event.time.FromDatetime(at or datetime.now(UTC))
        event.recorded_time.FromDatetime(datetime.now(UTC))
        event.data.Pack(message)
        answer = self._inbox.handle(feed.Batch(source=name, after=after, until=after + 1, events=[event]))
        assert isinstance(answer, Handled), answer
        self._heard[source] = after + 1

    def parked(self) -> int:
        """How many of the neighbours' events could not be handled."""
        effects = self.opened.effects()
        return sum(effects.parked_count(f"linli://test/{source}") for source in self._heard)

    def areas_kept(self) -> set[str]:
        """The areas in the metadata of all that callers brought about (not neighbours, not clocks)."""
        events = self.opened.ledger.read(limit=100_000)
        kept = (each.metadata.area for each in events if each.metadata.request_digest)
        return {area for area in kept if area}

    def close(self) -> None:
        """Stop the service."""
        for client in self._clients:
            client.close()
        self.host.close()


@contextmanager
def component(
    server: TestServer,
    service: Service,
    environ: Mapping[str, str] | None = None,
    *,
    dsn: str | None = None,
    roles: Roles = _WITHOUT_NEIGHBOURS,
) -> Iterator[Component]:
    """`service` over a fresh database (or the migrated one at `dsn`), with `environ` as its own settings."""
    database = dsn or server.copy_of(f"component-{service.name}", lambda made: _migrate(made, service))
    as_service = server.give(database, ROLE) if dsn is None else database
    mint = Mint()
    with tempfile.TemporaryDirectory(prefix="linli-test-") as folder:
        keys = Path(folder) / "keys.json"
        keys.write_text(published_keys(mint.key), encoding="utf-8")
        settings = Settings(
            database_url=Secret(as_service),
            master_key=Secret(MASTER_KEY),
            cell="test",
            grpc_address="127.0.0.1:0",
            http_address="127.0.0.1:0",
            keys_url=keys.as_uri(),
            keys_stale_after=timedelta(days=1),
        )
        opened = open_service(service, settings, environ or {})
        host = Host([opened], roles)
        running = Component(opened, host, mint, opened.inbox())
        try:
            host.start()
            yield running
        finally:
            running.close()
            if dsn is None:
                server.drop(database)


def _migrate(dsn: str, service: Service) -> None:
    ensure_role(dsn, ROLE)
    migrate(dsn, service.name, service.views, events=service.events, role=ROLE)
