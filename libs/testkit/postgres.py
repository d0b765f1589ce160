"""PostgreSQL for tests: one server a session with a fresh database per test, and servers to kill."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from libs.runtime.bundled.postgres import EmbeddedPostgres, program
from libs.runtime.bundled.unprivileged import PostgresFailed
from libs.testkit.eventually import eventually
from libs.testkit.leftovers import sweep
from libs.testkit.processes import children, lives
from libs.testkit.shared_memory import of_dead_servers, remove, segments_of

_PREFIX = "linli-test-"


class TestServer:
    """The session's server. Databases are cheap: a copy of a template each."""

    __test__ = False

    def __init__(self, server: EmbeddedPostgres) -> None:
        self.server = server
        self._templates: dict[str, str] = {}
        self._connection: psycopg.Connection | None = None

    def create(self, template: str = "template0") -> str:
        """A fresh database (empty, or a copy of `template`); answers its dsn."""
        name = f"test_{uuid4().hex[:12]}"
        # a server that forgets copies files in a quarter of the time that it takes to log each page
        self._admin("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, template)
        return self.server.dsn(name)

    def copy_of(self, key: str, build: Callable[[str], None]) -> str:
        """A fresh database like the one that `build(dsn)` makes; built once a session per `key`.

        `build` must close its connections.
        """
        if key not in self._templates:
            name = f"template_{uuid4().hex[:12]}"
            self._admin("CREATE DATABASE {} TEMPLATE template0", name)
            build(self.server.dsn(name))
            self._templates[key] = name
        return self.create(self._templates[key])

    def give(self, dsn: str, role: str) -> str:
        """Let a role make schemas in a database, which no copy takes over; answers its dsn there."""
        name = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
        self._admin("GRANT CREATE ON DATABASE {} TO {}", name, role)
        return self.server.dsn(name, role)

    def drop(self, dsn: str) -> None:
        """Drop the database, with whoever is still connected to it."""
        name = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
        self._admin("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(name))

    def close(self) -> None:
        """Let go of the server."""
        if self._connection is not None:
            self._connection.close()

    def _admin(self, statement: str, *names: str) -> None:
        if self._connection is None:  # one for all: each costs the server a process
            self._connection = psycopg.connect(self.server.dsn(), autocommit=True)
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class KillablePostgres(EmbeddedPostgres):
    """A private server with its own data folder, durable, that can be killed without warning."""

    def kill(self) -> None:
        """SIGKILL to the server and all its processes, as at a power cut; the data stays, and stays ours."""
        pid = self.pid()
        if pid is None:
            return
        family = [pid, *children(pid)]
        segments = segments_of(family)
        for member in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        eventually(lambda: not any(lives(member) for member in family), "the killed server is gone")
        remove(segments)

    def restart(self) -> None:
        """Start again over the same data."""
        self.start()

    def run(self, name: str, folder: Path, *options: str) -> None:
        """Have a program of PostgreSQL write into an empty folder (`-D`), as the server's own user."""
        self._account.own(folder)
        ended = self._account.run(program(name), "-D", str(folder), *options)
        if ended.returncode != 0:
            raise PostgresFailed(f"{name}: {ended.stdout.strip()}")


def make_read_only(dsn: str) -> None:
    """As after a failover to a standby: those connected are thrown out, and then may only read."""
    name = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def make_writable(dsn: str) -> None:
    """Those who connect from now on may write again."""
    name = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    with psycopg.connect(dsn, autocommit=True, options="-c default_transaction_read_only=off") as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))


@contextlib.contextmanager
def running_server() -> Iterator[TestServer]:
    """A server of this process, gone with all its data at the end."""
    sweep(_PREFIX, lambda folder: KillablePostgres(folder).kill())
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder, durable=False)
    try:
        server.start()
        remove(of_dead_servers(server.cluster.stat().st_uid))
        with contextlib.closing(TestServer(server)) as made:
            yield made
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def killable_server(*, start: bool = True) -> Iterator[KillablePostgres]:
    """A private server, running unless `start` says no; killed or not, it is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o755)
    server = KillablePostgres(folder)
    try:
        if start:
            server.start()
        yield server
    finally:
        server.kill()
        server._release()  # noqa: SLF001 - of our own class, killed or never started
        shutil.rmtree(folder, ignore_errors=True)
