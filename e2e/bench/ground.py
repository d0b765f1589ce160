"""What the measurements stand on: one data folder, one PostgreSQL cluster, and the processes over it.

Everything is made when the first measurement asks for it: a loaded city, then its replay.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from e2e.city import los_angeles as la
from e2e.city import source as requests_file
from e2e.city.history import Story, story
from e2e.city.load import load
from e2e.city.platform import City, Platform, sign_in
from e2e.city.replay import Replayed, finish, replay
from e2e.city.rows import Request
from e2e.journeys.cities import free_port
from libs.ledger.store.ledger import Ledger
from libs.rpc.keys import SigningKey
from libs.runtime.bundled.kept import environ_of, make_secrets
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.runtime.config.settings import Settings, read
from libs.runtime.host.opened import open_ledger
from libs.runtime.host.parts import Service
from libs.testkit.rpc import Mint, published_keys
from services.command.registry import NAMES

LOADED = "cases_loaded"
"""A copy of the database of cases that knows the city, and no case."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers: where, with which token, and the processes to watch."""

    address: str
    token: str
    pid: int
    postgres: int


class Ground:
    """One folder for a whole run of the bench. `quick` makes everything smaller, and less exact.

    `events`: how far `growth` fills a ledger; `cases`: how many there are for `at-size`; `made_up`: a
    folder that outlives the run, for databases of made-up cases.
    """

    def __init__(
        self,
        folder: Path,
        *,
        quick: bool,
        events: int = 1_000_000,
        cases: int = 100_000,
        made_up: Path | None = None,
    ) -> None:
        self.quick = quick
        self.cases = cases
        self.events = events
        self.folder = folder
        self.place = Place(data=folder / "data")
        self.made_up = made_up or folder / "made-up"
        self.replayed_in = Replayed()
        self._loaded = self._replayed = False

    @contextmanager
    def postgres(self) -> Iterator[EmbeddedPostgres]:
        """The PostgreSQL of `linli up`, without `linli up`: the folder gets its secrets before its data."""
        with _running(self.place) as server:
            yield server

    @contextmanager
    def postgres_of_made_up(self) -> Iterator[EmbeddedPostgres]:
        """Another one, for databases of made-up cases, which may be there from a run before."""
        with _running(Place(data=self.made_up)) as server:
            yield server

    @contextmanager
    def platform(self) -> Iterator[Platform]:
        """`linli up`: all five services in one process, with delivery and clocks."""
        platform = Platform(
            data=self.place.data, port=free_port(), http_port=free_port(), log=self.folder / "linli.log"
        )
        try:
            platform.start()
            yield platform
        finally:
            platform.stop()

    def served(self, platform: Platform) -> Served:
        """A running `linli up`, as callers see it."""
        assert platform.process is not None
        return Served(platform.address, self.token(), platform.process.pid, self.postgres_pid())

    @contextmanager
    def cases_server(self, database: str, *, one_core: bool = False) -> Iterator[Served]:
        """The `server` role of cases (api and projector) over one of the databases; PostgreSQL must run.

        It has one rpc more, which does nothing (`no_op.py`).
        """
        port, http_port = free_port(), free_port()
        keys = self.folder / "keys.json"
        keys.write_text(published_keys(self._signing_key()), "utf-8")
        environ: Mapping[str, str] = {
            **os.environ,
            **self.environ(database),
            "LINLI_GRPC_ADDRESS": f"127.0.0.1:{port}",
            "LINLI_HTTP_ADDRESS": f"127.0.0.1:{http_port}",
            "LINLI_KEYS_URL": keys.as_uri(),
            "LINLI_KEYS_STALE_AFTER": "1d",
            "LINLI_LOG_LEVEL": "warning",
            "LINLI_ONE_CORE": str(one_core).lower(),
        }
        with (self.folder / "cases.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "e2e.bench.no_op"], env=environ, stdout=log, stderr=log
            )
        try:
            until_ready(http_port, process, self.folder / "cases.log")
            yield Served(f"127.0.0.1:{port}", self.token(), process.pid, self.postgres_pid())
        finally:
            process.terminate()
            process.wait(timeout=60)

    def environ(self, database: str) -> dict[str, str]:
        """How a process reaches one of the databases; a copy, on which no role has rights, as its owner."""
        own = environ_of(self.place, database)
        if database in NAMES:
            return own
        return {**own, "LINLI_DATABASE_URL": EmbeddedPostgres(self.place.data).dsn(database)}

    @contextmanager
    def ledger(self, service: Service, database: str) -> Iterator[Ledger]:
        """The ledger of a service, in one of the databases; PostgreSQL must run."""
        environ = {**os.environ, **self.environ(database)}
        ledger = open_ledger(service, read(Settings, environ))
        try:
            yield ledger
        finally:
            ledger.close()

    def token(self, role: str = "OPERATOR", subject: str = "bench") -> str:
        """A person's token, good for every server of this folder."""
        return Mint(self._signing_key()).person(role, subject=subject).token()

    def city(self, platform: Platform) -> City:
        """The programs of the city, in the operator's name."""
        return sign_in(platform.address, platform.secret)

    def loaded(self) -> None:
        """Los Angeles is known to all services, and a copy of the database of cases is kept as `LOADED`."""
        if self._loaded:
            return
        with self.platform() as platform:
            self._bodies = load(self.city(platform), lambda _line: None)
        with self.postgres() as server:
            self.copy_database(server, "cases", LOADED)
        self._loaded = True

    def replayed(self) -> None:
        """The city's requests are replayed, through the gRPC API of `linli up`."""
        self.loaded()
        if self._replayed:
            return
        with self.platform() as platform:
            self.replay(platform)

    def replay(self, platform: Platform) -> None:
        """The same, on a platform that runs."""
        if self._replayed:
            return
        city, stories = self.city(platform), self.stories()
        self.replayed_in = replay(city, stories, lambda _replayed, _total: None)
        finish(city, stories, self.replayed_in.revision)
        self._replayed = True

    def stories(self) -> list[Story]:
        """The city's requests, once it is loaded."""
        rows = [row for row in requests_file.read(la.REQUESTS) if isinstance(row, Request)]
        return [story(row, self._bodies) for row in rows[: 1000 if self.quick else len(rows)]]

    def copy_database(self, server: EmbeddedPostgres, source: str, target: str) -> None:
        """A copy of a database that nobody is connected to."""
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(target)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(target), sql.Identifier(source)
                )
            )

    def _signing_key(self) -> SigningKey:
        return SigningKey.from_pem(self.place.signing_key.read_bytes())

    def postgres_pid(self) -> int:
        """Of the server, which must run."""
        pid = EmbeddedPostgres(self.place.data).pid()
        assert pid is not None
        return pid


@contextmanager
def _running(place: Place) -> Iterator[EmbeddedPostgres]:
    place.data.mkdir(parents=True, exist_ok=True)
    make_secrets(place)
    server = EmbeddedPostgres(place.data)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def until_ready(http_port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a process says by HTTP that it is ready; fail with its log if it ends, or never is."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text("utf-8")[-2000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{http_port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"{log.stem} was not ready in time: {log.read_text('utf-8')[-2000:]}")
