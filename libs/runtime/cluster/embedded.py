"""The embedded platform: services in one process over a bundled PostgreSQL, all in one data folder.

No broker, no container, no root: events are delivered in process, by the same inbox, reactions and
clocks as everywhere else.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from libs.messaging.schema import migrate
from libs.runtime.bundled.kept import WITHOUT, make_secrets
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.ports import refuse_taken
from libs.runtime.bundled.postgres import EmbeddedPostgres, runtime_role
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.host import Host, Roles
from libs.runtime.host.opened import OpenService, open_service
from libs.runtime.host.parts import Service
from libs.runtime.host.process import noting
from libs.runtime.host.threads import WatchedThread

_LOOK_AT_POSTGRES = 0.2  # seconds: so that the cause is told before what it leads to
_READY_WITHIN = 120.0


class EmbeddedPlatform:
    """Runs services over a bundled PostgreSQL; `start`, then `close`."""

    def __init__(
        self,
        place: Place,
        services: Sequence[Service],
        environ: Mapping[str, str],
        *,
        died: Callable[[], None] = lambda: None,
    ) -> None:
        """`died` is called when the platform can go on no longer; `failed` then says why."""
        self.place = place
        self._services = services
        self._environ = environ
        self._told_died = died
        self._stack = ExitStack()
        self._postgres = EmbeddedPostgres(place.data)
        self.host: Host | None = None

    @property
    def failed(self) -> str:
        """What died, or nothing."""
        return self.host.failed if self.host is not None else ""

    def refuse_taken_ports(self) -> None:
        """Raise `CannotStart` if somebody listens on one of the ports; ask before anything is made."""
        place = self.place
        if place.grpc_port == place.http_port != 0:
            raise CannotStart(f"--port and --http-port are both {place.grpc_port}: give them different ports")
        for port in (place.grpc_port, place.http_port):
            refuse_taken(port, "Choose others with --port and --http-port")

    def start(self) -> None:
        """Start everything; returns when the platform is ready.

        Raises `PostgresFailed` if the folder is in use.
        """
        self._postgres.start(before=lambda: make_secrets(self.place))
        self._stack.callback(self._stop_postgres)
        environ = self._environ_of_all()
        opened = [self._open(service, environ) for service in self._services]
        self.host = Host(opened, Roles(deliver=True, clocks=True), died=self._told_died)
        self._stack.callback(self.host.close)
        self.host.start()
        self.host.wait_until_ready(_READY_WITHIN)
        self._watch_postgres(self.host)
        self.place.address.write_text(f"127.0.0.1:{self.host.grpc_port}\n", "utf-8")
        self.place.addresses.unlink(missing_ok=True)  # of a cluster that was here before

    def close(self) -> None:
        """Stop everything in order."""
        self._stack.close()

    def _stop_postgres(self) -> None:
        with noting("PostgreSQL to flush its data"):
            self._postgres.stop()

    def _open(self, service: Service, environ: Mapping[str, str]) -> OpenService:
        role = runtime_role(service.name)
        dsn = self._postgres.ensure_database(service.name)
        migrate(dsn, service.name, service.views, events=service.events, role=role)
        settings = read(Settings, {**environ, "LINLI_DATABASE_URL": self._postgres.dsn(service.name, role)})
        opened = open_service(service, settings, environ, listen=False)
        self._stack.callback(opened.close)
        return opened

    def _environ_of_all(self) -> dict[str, str]:
        """The environment, with what this platform keeps in its folder."""
        place = self.place
        return {
            "LINLI_IDENTITY_SIGN_UP": "yes",
            "LINLI_IDENTITY_MESSAGES": str(place.messages.expanduser().resolve()),
            **self._environ,
            **WITHOUT,
            "LINLI_CELL": place.cell,
            "LINLI_GRPC_ADDRESS": f"127.0.0.1:{place.grpc_port}",
            "LINLI_HTTP_ADDRESS": f"127.0.0.1:{place.http_port}",
            "LINLI_MASTER_KEY_FILE": str(place.master_key),
            "LINLI_KEY_STORE": place.key_store.resolve().as_uri(),
            "LINLI_IDENTITY_SIGNING_KEY_FILE": str(place.signing_key),
            "LINLI_IDENTITY_DEVELOPER_PASSWORD_FILE": str(place.operator_secret),
        }

    def _watch_postgres(self, host: Host) -> None:
        reason = (
            "the bundled PostgreSQL ended unexpectedly; everything acknowledged is on disk, so start"
            f" again (its own log: {self._postgres.log})"
        )

        def watch(stop: threading.Event) -> None:
            while not stop.wait(_LOOK_AT_POSTGRES):
                if self._postgres.pid() is None:
                    host.fail(reason)
                    stop.wait()

        thread = WatchedThread("postgres", watch, died=host.fail)
        thread.start()
        self._stack.callback(thread.close)
