"""Every service's server and worker as processes of their own, kept running: a cluster on one machine."""

import itertools
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from psycopg.conninfo import make_conninfo

from libs.rpc.keys import SigningKey
from libs.rpc.signed_keys import root_of
from libs.runtime.bundled.held import InUse, Unusable, hold
from libs.runtime.bundled.kept import WITHOUT, make_relay_keys, make_secrets
from libs.runtime.bundled.place import Place
from libs.runtime.cluster.ports import Ports
from libs.runtime.cluster.schemas import make_schemas
from libs.runtime.cluster.supervised import Supervised
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings, read
from libs.telemetry import logs

_TOLD_EVERY = 3.0  # seconds, of what a start waits for
_DESPAIR = 3
"""Starts without one answer after which the reason is told instead of waited for."""
_KEEPER_OF_KEYS = "identity"
_log = logs.get("cluster")


@dataclass(frozen=True, slots=True)
class Member:
    """A service of the cluster: its command, to which a role is added, and whether it has a worker.

    `environ` is for all its processes, beside what they get anyway.
    """

    name: str
    run: tuple[str, ...]
    worker: bool = True
    environ: Mapping[str, str] = field(default_factory=dict)

    def command(self, role: str) -> list[str]:
        """What runs it in a role."""
        return [*self.run, role]


class Cluster:
    """Runs the members' processes from `start` to `stop`; whatever of them ends is started again.

    `processes` has each by (service, role): `.pid`, `.alive`, `.starts`, `.kill(signal)`, `.stop()`,
    `.start()`, `.restart()`. Everything it keeps lies in one folder: secrets, logs, addresses.
    """

    def __init__(
        self,
        data: Path,
        databases: Mapping[str, str],
        broker_url: str | Mapping[str, str],
        services: Sequence[Member],
        environ: Mapping[str, str] | None = None,
        *,
        cell: str = "demo",
        port_base: int = 0,
        overrides: Mapping[tuple[str, str], Mapping[str, str]] | None = None,
        migrate: bool = True,
        roles: Mapping[str, str] | None = None,
        hung_after: float = 10.0,
        stopped_is_hung: bool = False,
        grace: float = 30.0,
    ) -> None:
        """`databases` are the services' dsns, as their owners.

        `roles`: as whom the services use them, if not as the owner; `environ` is for all processes,
        beside what they get anyway.

        `broker_url` is one for all services, or by service, with a user of its own for each.
        `overrides[(service, role)]` is for one of them and wins (another LINLI_DATABASE_URL, say).
        `port_base`: service by service ten ports from there on, 0: any free ones. `migrate=False`: the
        schemas are there. `grace`: seconds that a stop waits for the workers, and again for the rest.
        """
        self.place = Place(data=data.expanduser().resolve(), cell=cell)
        self.members = {member.name: member for member in services}
        self.processes: dict[tuple[str, str], Supervised] = {}
        self._databases = dict(databases)
        self._roles = dict(roles or {})
        self._brokers = dict.fromkeys(databases, broker_url) if isinstance(broker_url, str) else broker_url
        self._environ = dict(environ or {})
        self._tls = bool(self._environ.get("LINLI_TLS_CERT"))
        self._overrides = {key: dict(values) for key, values in (overrides or {}).items()}
        self._migrate = migrate
        self._minding = {"hung_after": hung_after, "stopped_is_hung": stopped_is_hung}
        self._grace = grace
        self._ports = Ports(port_base)
        self._stack = ExitStack()

    @property
    def logs(self) -> Path:
        """The folder of the processes' logs."""
        return self.place.data / "log"

    def start(self) -> None:
        """Start everything; returns when the processes are started, ready or not.

        Raises `SettingsInvalid`, or `CannotStart`: the folder is in use, a port is taken, a schema
        cannot be made.
        """
        try:
            self._hold()
            self._ports.take(self.members)
            make_secrets(self.place)
            make_relay_keys(self.place, self.members)
            self.logs.mkdir(exist_ok=True)
            for member in self.members.values():
                self._prepare(member.name, "server")
                if member.worker:
                    self._prepare(member.name, "worker")
            for process in self.processes.values():
                read(Settings, process.environ)  # what is wrong for one of them is told at once
            if self._migrate:
                self.migrate()
            self._write_addresses()
            for process in self.processes.values():
                process.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all in order, workers first; who does not end in its grace is killed. Twice is fine."""
        servers = [process for (_, role), process in self.processes.items() if role == "server"]
        others = [process for process in self.processes.values() if process not in servers]
        for group in (others, servers):
            deadline = time.monotonic() + self._grace
            for process in group:
                process.ask()
            for process in group:
                process.stop(max(0.0, deadline - time.monotonic()))
        self._stack.close()

    def wait_until_ready(self, seconds: float = 60.0, give_up: Callable[[], bool] = lambda: False) -> None:
        """Wait until every process is ready, or `give_up()`.

        Says on the log, every few seconds, what it waits for. Raises `CannotStart`, with what keeps
        the first that is not.
        """
        deadline = time.monotonic() + seconds
        tell_at = time.monotonic() + _TOLD_EVERY
        for process in self.processes.values():
            while (lacks := process.lacks()) and not give_up():
                hopeless = process.starts >= _DESPAIR and not process.answers()
                if hopeless or time.monotonic() > deadline:
                    raise CannotStart(f"{process.name} is not ready: {lacks} (its log: {process.log})")
                if time.monotonic() > tell_at:
                    _log.info("waiting", waits_for=f"{process.name}: {lacks}")
                    tell_at = time.monotonic() + _TOLD_EVERY
                time.sleep(0.05)

    def addresses(self) -> dict[str, str]:
        """Where each service serves gRPC (host:port)."""
        return {name: self._ports.address(name, "grpc") for name in self.members}

    def door(self, service: str, number: int = 1) -> str:
        """Where a service's server of that number serves gRPC, once it runs (host:port)."""
        return self._ports.address(service, "grpc" if number == 1 else f"grpc-{number}")

    def http(self, service: str, role: str = "server") -> str:
        """Where a process answers /metrics, /livez and /readyz (host:port)."""
        return self.processes[service, role].http

    def log(self, service: str, role: str = "server") -> Path:
        """The file that a process logs to."""
        return self.logs / f"{service}-{role}.log"

    def kill(self, service: str, role: str = "server") -> None:
        """SIGKILL to a process, which is then started again."""
        self.processes[service, role].kill()

    def migrate(self, *options: str) -> None:
        """Bring every service's schema to what its member needs, side by side. Raises `CannotStart`."""
        make_schemas(
            {
                name: (
                    [*member.command("migrate"), *options],
                    {**self._environ_of(name, "server"), **self._as_owner(name)},
                )
                for name, member in self.members.items()
            }
        )

    def extra(
        self, service: str, role: str = "worker", environ: Mapping[str, str] | None = None
    ) -> Supervised:
        """Start one more process of a running cluster's service; its role is then `worker-2`, and so on.

        It runs what `members` says now; a server of those serves gRPC at a port of its own.
        """
        taken = {other for name, other in self.processes if name == service}
        number = next(n for n in itertools.count(1) if (f"{role}-{n}" if n > 1 else role) not in taken)
        named = f"{role}-{number}" if number > 1 else role
        if environ:
            self._overrides[service, named] = dict(environ)
        process = self._prepare(service, named)
        process.start()
        return process

    # -- making it ---------------------------------------------------------------------------------

    def _hold(self) -> None:
        """Keep others out of the folder; the system lets go for us if we are killed."""
        try:
            self._stack.enter_context(hold(self.place.data / "cluster.lock"))
        except InUse as holder:
            raise CannotStart(
                f"{self.place.data} is in use by another cluster (process {holder}): stop that"
                " one, or choose another --data"
            ) from None
        except Unusable as why:
            raise CannotStart(f"cannot use {self.place.data} as data folder: {why}") from why

    def _prepare(self, service: str, role: str) -> Supervised:
        process = Supervised(
            f"{service} {role}",
            self.members[service].command(role.split("-")[0]),
            self._environ_of(service, role),
            log=self.log(service, role),
            http=self._ports.address(service, role),
            tls=self._tls,
            **self._minding,  # type: ignore[arg-type]  # as its parameters are
        )
        self.processes[service, role] = process
        return process

    def _environ_of(self, service: str, role: str) -> dict[str, str]:
        """What a process is told. Secrets go by environment and files, never on a command line."""
        place = self.place
        told = {
            "LINLI_CELL": place.cell,
            "LINLI_DATABASE_URL": self._database(service),
            "LINLI_BROKER_URL": self._brokers[service],
            "LINLI_MASTER_KEY_FILE": str(place.master_key),
            "LINLI_RELAY_KEY_FILE": str(place.relay_key(service)),
            "LINLI_KEY_STORE": place.key_store.as_uri(),
            "LINLI_GRPC_ADDRESS": self.door(service, _number(role) if role.startswith("server") else 1),
            "LINLI_HTTP_ADDRESS": self._ports.address(service, role),
        }
        if service == _KEEPER_OF_KEYS:
            told["LINLI_IDENTITY_SIGNING_KEY_FILE"] = str(place.signing_key)
            told["LINLI_IDENTITY_DEVELOPER_PASSWORD_FILE"] = str(place.operator_secret)
            told["LINLI_IDENTITY_SOURCE_KEYS"] = str(place.source_keys)
        if _KEEPER_OF_KEYS in self.members and (service != _KEEPER_OF_KEYS or role.startswith("worker")):
            told["LINLI_KEYS_ROOT"] = root_of(SigningKey.from_pem(place.signing_key.read_bytes())).jwk["x"]
            scheme, keeper = "https" if self._tls else "http", self._ports.address(_KEEPER_OF_KEYS, "server")
            told["LINLI_KEYS_URL"] = f"{scheme}://{keeper}/keys.json"
        ours = {name: value for name, value in os.environ.items() if not name.startswith("LINLI_")}
        particular = {**self.members[service].environ, **self._overrides.get((service, role), {})}
        return {**ours, **self._environ, **WITHOUT, **told, **particular}

    def _database(self, service: str) -> str:
        """How a running service reaches its database."""
        owners, role = self._databases[service], self._roles.get(service)
        return make_conninfo(owners, user=role) if role else owners

    def _as_owner(self, service: str) -> dict[str, str]:
        """What `migrate` is told besides: it makes the schema, and lets the service use it."""
        return {
            "LINLI_DATABASE_URL": self._databases[service],
            "LINLI_RUNTIME_ROLE": self._roles.get(service, ""),
        }

    def _write_addresses(self) -> None:
        """Tell others where everything is: `linli call`, tests, scripts."""
        told = {
            name: {
                "scheme": "https" if self._tls else "http",
                "grpc": self._ports.address(name, "grpc"),
                "http": self._ports.address(name, "server"),
                **({"worker_http": self._ports.address(name, "worker")} if member.worker else {}),
            }
            for name, member in self.members.items()
        }
        new = self.place.addresses.with_suffix(".new")
        new.write_text(json.dumps(told, indent=2) + "\n")
        new.replace(self.place.addresses)
        self.place.address.unlink(missing_ok=True)  # of an embedded platform that was here before


def _number(role: str) -> int:
    """Which of a service's processes in a role: `server` is the first, `server-2` the second."""
    return int(role.partition("-")[2] or 1)
