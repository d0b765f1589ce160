"""Two PostgreSQL servers of which one takes writes: restored from a backup, or followed by the other."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from libs.runtime.bundled.postgres import USER
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres, killable_server
from libs.testkit.proxy import Proxy

_LOOPBACK = "127.0.0.1"
_TARGET = ("restore_command", "recovery_target_time", "recovery_target_action")


class Pair:
    """`active` takes writes; `spare` is not there yet, or a standby, or dead.

    The same address names both, whichever takes writes: `dsn` for a test, `through` for a service,
    whose connections go through `doors`, one for each server.
    """

    def __init__(self, servers: Sequence[KillablePostgres], stack: ExitStack) -> None:
        self.active, self.spare = servers
        self.doors = [stack.enter_context(Proxy(_socket_of(server))) for server in servers]
        self._hosts = ",".join(str(_socket_of(server).parent) for server in servers)
        self._wires = {server.data: stack.enter_context(Proxy(_socket_of(server))) for server in servers}

    def dsn(self, database: str = "postgres") -> str:
        """The address of a database past the doors, as its owner."""
        return make_conninfo(host=self._hosts, user=USER, dbname=database, target_session_attrs="read-write")

    def through(self, database: str) -> str:
        """The address of a database through the doors, as its owner."""
        ports = ",".join(str(door.port) for door in self.doors)
        hosts = ",".join(_LOOPBACK for _ in self.doors)
        return make_conninfo(host=hosts, port=ports, user=USER, dbname=database)

    def asked(self, question: str, database: str = "postgres") -> Any:
        """What the active server answers to a query of one value."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            row = connection.execute(SQL(question)).fetchone()
        return None if row is None else row[0]

    # Restoring

    def back_up(self) -> None:
        """Copy the data of the running server."""
        self._copy(self._backup, self.active.dsn())

    def restore(self, until: datetime | None = None) -> None:
        """Put the backup in the place of all data, under a killed server; with `until`, replay up to then.

        The log that was written since the backup must still lie beside the data.
        """
        self.active.kill()
        lost = self.active.data / "lost"
        shutil.rmtree(lost, ignore_errors=True)
        self.active.cluster.rename(lost)
        self._backup.rename(self.active.cluster)
        if until is not None:
            self._replay(lost / "pg_wal", until)
        self.active.restart()
        if until is not None:
            self._wait_until_it_leads(self.active)

    # Following

    def follow(self) -> None:
        """Make the spare server a standby that streams from the active one, over the loopback interface."""
        self.spare.kill()
        wire = self._wire
        wire.restore()
        self._copy(self.spare.cluster, make_conninfo(host=_LOOPBACK, port=wire.port, user=USER), "-R")
        self.spare.start()
        streams = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
        eventually(lambda: self.asked(streams) == 1, "the standby streams", seconds=60)

    def catch_up(self) -> None:
        """Wait until the standby has all that is there now."""
        now = self.asked("SELECT pg_current_wal_lsn()::text")
        replayed = f"SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= '{now}'"
        eventually(lambda: self.asked(replayed) == 1, "the standby has caught up", seconds=60)

    def fall_behind(self) -> None:
        """Cut the standby off: from now on it hears of nothing."""
        self._wire.cut()

    def promote(self) -> None:
        """Kill the active server, and let the standby take over with what it has."""
        self.active.kill()
        self.active, self.spare = self.spare, self.active
        with psycopg.connect(self.active.dsn(), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")
        self._wait_until_it_leads(self.active)

    # How

    @property
    def _wire(self) -> Proxy:
        return self._wires[self.active.data]

    @property
    def _backup(self) -> Path:
        return self.active.data / "backup"

    def _copy(self, folder: Path, dsn: str, *options: str) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.active.run("pg_basebackup", folder, "-d", dsn, "-c", "fast", "--no-sync", *options)

    def _replay(self, log: Path, until: datetime) -> None:
        target = dict(zip(_TARGET, (f'cp "{log}/%f" "%p"', str(until), "promote"), strict=True))
        with (self.active.cluster / "postgresql.auto.conf").open("a") as settings:
            settings.writelines(f"{name} = '{value}'\n" for name, value in target.items())
        (self.active.cluster / "recovery.signal").touch()

    def _wait_until_it_leads(self, server: KillablePostgres) -> None:
        def leads() -> bool:
            with psycopg.connect(server.dsn(), autocommit=True) as connection:
                row = connection.execute("SELECT NOT pg_is_in_recovery()").fetchone()
                if row is None or not row[0]:
                    return False
                for name in _TARGET:  # of a standby of this server they would be the end
                    connection.execute(SQL("ALTER SYSTEM RESET {}").format(Identifier(name)))
            return True

        eventually(leads, "the server takes writes", seconds=60)


@contextmanager
def running_pair() -> Iterator[Pair]:
    """A running server, and an empty place for another; both are gone at the end."""
    with ExitStack() as stack:
        servers = [stack.enter_context(killable_server(start=start)) for start in (True, False)]
        yield Pair(servers, stack)


def _socket_of(server: KillablePostgres) -> Path:
    return Path(str(conninfo_to_dict(server.dsn())["host"])) / ".s.PGSQL.5432"
