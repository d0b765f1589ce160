"""`linli cluster`: every service's server and worker as processes of their own, over RabbitMQ."""

import argparse
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from libs.runtime.bundled.ports import port_option
from libs.runtime.bundled.postgres import EmbeddedPostgres, ensure_database
from libs.runtime.cluster.processes import SPREAD, Cluster, Member
from libs.runtime.config import addresses
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Secret, read, setting
from libs.runtime.host.process import Facts, Lifetime, as_called, run_until_told, say
from libs.runtime.host.threads import WatchedThread
from libs.telemetry import logs
from services.up import NAMES, arguments_of

EPILOG = """\
from the environment (secrets here only, or in the file that ..._FILE names):
  LINLI_POSTGRES_URL, LINLI_DATABASE_PASSWORD  as --postgres, and its password
  LINLI_BROKER_URL, LINLI_BROKER_PASSWORD      as --broker, and its password
  LINLI_LOG_LEVEL                              how much is logged: debug, info, warning, error [info]
  and the others that `linli cases settings` lists, for all processes

While it runs: `linli call`, `linli token`. SIGTERM or Ctrl-C stops it in order.
"""

WITHOUT_WORKER = ("identity",)
"""Hears of no neighbour and has no clocks."""

_NOT_FOR_THEM = (
    *("LINLI_POSTGRES_URL", "LINLI_DATABASE_URL", "LINLI_DATABASE_PASSWORD", "LINLI_TOKEN"),
    *("LINLI_BROKER_URL", "LINLI_BROKER_PASSWORD"),
    *("LINLI_MASTER_KEY", "LINLI_IDENTITY_SIGNING_KEY", "LINLI_IDENTITY_OPERATOR_SECRET"),
)
"""Variables (and their `_FILE`s) that the processes do not inherit: theirs are the cluster's own."""

_READY_WITHIN = 120.0
_LOOK_EVERY = 2.0
_POSTGRES = "--postgres (LINLI_POSTGRES_URL)"
_log = logs.get("cluster")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """What the cluster itself is told."""

    postgres_url: Secret[str] = setting(
        Secret(""), doc="PostgreSQL server, with a user who may make databases"
    )
    database_password: Secret[str] = setting(Secret(""), doc="its password, if the address does not hold it")
    broker_url: Secret[str] = setting(Secret(""), doc="RabbitMQ: amqp://user:password@host:port/vhost")
    broker_password: Secret[str] = setting(Secret(""), doc="its password, if the address does not hold it")
    cell: str = setting("demo", doc="name of this cell")
    log_level: str = setting("info", doc="how much is logged")

    @property
    def postgres(self) -> str:
        """The server's whole address; "" for the bundled one."""
        url, password = self.postgres_url.reveal(), self.database_password.reveal()
        return url and addresses.database(url, password, named=_POSTGRES)

    @property
    def broker(self) -> str:
        """The broker's whole address; "" for a node of our own."""
        return addresses.broker(self.broker_url.reveal(), self.broker_password.reveal())

    def __post_init__(self) -> None:
        """Addresses that cannot be read are refused."""
        _ = self.postgres, self.broker


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `linli cluster`."""
    add = parser.add_argument
    add("--data", type=Path, default=Path(".linli"), help="folder for everything it keeps [.linli]")
    add(
        "--postgres", metavar="URL", dest="LINLI_POSTGRES_URL",
        help="PostgreSQL server; databases linli_<service> are made [a bundled one, in the folder]",
    )  # fmt: skip
    add(
        "--broker", metavar="URL", dest="LINLI_BROKER_URL",
        help="RabbitMQ, amqp://user@host:port/vhost [a private node, in the folder]",
    )  # fmt: skip
    add(
        "--cell",
        dest="LINLI_CELL",
        metavar="NAME",
        help="name of this cell, part of every event's source [demo]",
    )
    add(
        "--port-base", type=port_option(len(NAMES) * SPREAD - 1), default=7400, metavar="N",
        help="first port: ten for each service (gRPC, HTTP of server and worker), 0: any free ones [7400]",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the cluster until it is told to stop; answers the exit status."""
    began = time.monotonic()
    life = Lifetime()
    said = {name: value for name, value in vars(arguments).items() if name.startswith("LINLI_") and value}
    _refuse_typed_passwords(said)
    environ = {**os.environ, **said}
    settings = read(ClusterSettings, environ)
    logs.setup(level=settings.log_level, role="cluster", cell=settings.cell)
    stack = ExitStack()

    def start() -> Facts:
        folder: Path = arguments.data.expanduser().resolve()
        databases = stack.enter_context(_databases(folder, settings))
        broker = stack.enter_context(_broker(folder, settings))
        cluster = Cluster(
            folder,
            databases,
            broker,
            [Member(name, name not in WITHOUT_WORKER) for name in NAMES],
            _for_the_processes(environ),
            cell=settings.cell,
            port_base=arguments.port_base,
        )
        stack.callback(cluster.stop)
        cluster.start()
        cluster.wait_until_ready(_READY_WITHIN, give_up=lambda: bool(life.why))
        if not life.why:
            _welcome(cluster, settings, time.monotonic() - began)
        return {"processes": len(cluster.processes)}

    return run_until_told(start, stack.close, lambda: "", life, folder=str(arguments.data))


def _refuse_typed_passwords(said: Mapping[str, str]) -> None:
    """Everybody on the machine sees what stands on a command line."""
    for option, variable, secret in (
        ("--postgres", "LINLI_POSTGRES_URL", "LINLI_DATABASE_PASSWORD"),
        ("--broker", "LINLI_BROKER_URL", "LINLI_BROKER_PASSWORD"),
    ):
        if addresses.holds_password(said.get(variable, "")):
            raise CannotStart(
                f"{option} holds a password, which everybody sees in the list of processes: leave it out"
                f" and give it in {secret} (or {secret}_FILE), or give the whole address in {variable}"
            )


@contextmanager
def _databases(folder: Path, settings: ClusterSettings) -> Iterator[Mapping[str, str]]:
    """A database for each service: on the server that was named, or on the bundled one."""
    if server := settings.postgres:
        yield _made_on(server)
        return
    postgres = EmbeddedPostgres(folder)
    postgres.start()
    try:
        databases = {name: postgres.ensure_database(name) for name in NAMES}
        with _kept("PostgreSQL", lambda: postgres.pid() is not None, postgres.start):
            yield databases
    finally:
        postgres.stop()


def _made_on(server: str) -> Mapping[str, str]:
    try:
        return {name: ensure_database(server, f"linli_{name}") for name in NAMES}
    except psycopg.OperationalError as error:
        raise CannotStart(f"cannot reach {_POSTGRES}: {' '.join(str(error).split())}") from None


@contextmanager
def _broker(folder: Path, settings: ClusterSettings) -> Iterator[str]:
    """The broker that was named, or a private node."""
    if url := settings.broker:
        yield url
        return
    from libs.runtime.bundled.rabbitmq import (
        EmbeddedRabbitMQ,  # loads an AMQP client: `linli call` needs none
    )

    node = EmbeddedRabbitMQ(folder / "rabbitmq")
    node.start()
    try:
        with _kept("RabbitMQ", lambda: node.alive, node.restart):
            yield node.url
    finally:
        node.stop()


@contextmanager
def _kept(what: str, runs: Callable[[], bool], start: Callable[[], None]) -> Iterator[None]:
    """Start it again whenever it has ended."""

    def watch(stop: threading.Event) -> None:
        while not stop.wait(_LOOK_EVERY):
            if not runs():
                _log.warning("restarting", process=what)
                try:
                    start()
                except Exception as error:  # noqa: BLE001  # the next look tries again
                    _log.error("cannot be started", process=what, reason=str(error))

    thread = WatchedThread(f"keeps-{what}", watch)
    thread.start()
    try:
        yield
    finally:
        thread.close()


def _for_the_processes(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings of this environment that are for all processes."""
    ours = {name: value for name, value in environ.items() if name.startswith("LINLI_")}
    return {name: value for name, value in ours.items() if not name.startswith(_NOT_FOR_THEM)}


def _welcome(cluster: Cluster, settings: ClusterSettings, seconds: float) -> None:
    at = arguments_of(cluster.place)
    say(f"The cluster is ready ({seconds:.1f} s). Its data: {cluster.place.data}")
    say(f"  {'service':<12} {'gRPC':<18} {'HTTP of server':<18} {'HTTP of worker'}")
    for name, address in cluster.addresses().items():
        worker = cluster.http(name, "worker") if (name, "worker") in cluster.processes else "-"
        say(f"  {name:<12} {address:<18} {cluster.http(name):<18} {worker}")
    say(f"  PostgreSQL   {_where(settings.postgres)}")
    say(f"  RabbitMQ     {_where(settings.broker)}")
    say(f"  logs   {cluster.logs}/<service>-<role>.log")
    say(f"  token  {as_called()} token{at}")
    say(f"  try    {as_called()} call{at} catalog.ListAffairs")
    say("Whatever of it ends is started again. Ctrl-C stops it.")


def _where(given: str) -> str:
    return "as given" if given else "of its own, in the data folder"
