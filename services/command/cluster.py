"""`linli cluster`: every service's server and worker as processes of their own, over RabbitMQ."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import psycopg

from libs.messaging import topology
from libs.runtime.bundled.kept import make_secrets
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import EmbeddedPostgres, ensure_database, runtime_role
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.cluster.ports import SPREAD
from libs.runtime.cluster.processes import Cluster, Member
from libs.runtime.config import addresses
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import read
from libs.runtime.host.process import Facts, Lifetime, run_until_told
from libs.runtime.host.terminal import say
from libs.runtime.host.threads import WatchedThread
from libs.telemetry import logs
from services.command import unknown
from services.command.cluster_settings import POSTGRES, ClusterSettings
from services.command.options import STDIN, Port, data_option, end_with_stdin_option
from services.command.registry import NAMES, command_of, load
from services.command.starting import in_a_sentence, suggest
from services.command.topology import subscriptions

_EPILOG = """\
\b
From the environment (secrets here only, or in the file that ..._FILE names):
  LINLI_POSTGRES_URL, LINLI_DATABASE_PASSWORD  as --postgres, and its password
  LINLI_BROKER_URL, LINLI_BROKER_PASSWORD      as --broker, and its password
  LINLI_LOG_LEVEL                              how much is logged: debug, info, warning, error [info]
  and the others that `linli cases settings` lists, for all processes

While it runs: `linli call`, `linli token`. SIGTERM or Ctrl-C stops it in order.
"""

_NOT_FOR_THEM = (
    *("LINLI_POSTGRES_URL", "LINLI_DATABASE_URL", "LINLI_DATABASE_PASSWORD", "LINLI_TOKEN"),
    *("LINLI_BROKER_URL", "LINLI_BROKER_PASSWORD"),
    *(
        "LINLI_MASTER_KEY",
        "LINLI_RELAY_KEY",
        "LINLI_IDENTITY_SIGNING_KEY",
        "LINLI_IDENTITY_DEVELOPER_PASSWORD",
    ),
)
"""Variables (and their `_FILE`s) that the processes do not inherit: theirs are the cluster's own."""

_READY_WITHIN = 120.0
_LOOK_EVERY = 2.0
_log = logs.get("cluster")


@click.command(epilog=_EPILOG)
@data_option
@click.option(
    "--postgres",
    "LINLI_POSTGRES_URL",
    metavar="URL",
    help="PostgreSQL server; creates databases linli_<service> [a bundled one, in the folder]",
)
@click.option(
    "--broker",
    "LINLI_BROKER_URL",
    metavar="URL",
    help="RabbitMQ, amqp://user@host:port/vhost [a private node, in the folder]",
)
@click.option(
    "--cell", "LINLI_CELL", metavar="NAME", help="name of this cell, part of every event's source [demo]"
)
@click.option(
    "--port-base",
    type=Port(len(NAMES) * SPREAD - 1),
    default=7400,
    metavar="N",
    help="first port: ten for each service (gRPC, HTTP of server and worker), 0: any free ones [7400]",
)
@end_with_stdin_option
def cluster(data: Path, port_base: int, end_with_stdin: bool, **said: str | None) -> int:
    """Run each service in its own processes over RabbitMQ, and restart them."""
    unknown.warn()
    given = {variable: value for variable, value in said.items() if value}
    with in_a_sentence():
        _refuse_typed_passwords(given)
        environ = {**os.environ, **given}
        settings = read(ClusterSettings, environ)
        logs.setup(level=settings.log_level, role="cluster", cell=settings.cell)
        life = Lifetime()
        if end_with_stdin:
            life.end_with(STDIN)
        return _run(data.expanduser().resolve(), port_base, settings, environ, life)


def members() -> list[Member]:
    """The services with what runs them; those that have something to do for a worker have one."""
    return [Member(name, command_of(name), worker=load(name).has_worker) for name in NAMES]


def _run(
    folder: Path, port_base: int, settings: ClusterSettings, environ: Mapping[str, str], life: Lifetime
) -> int:
    """Run the cluster until it is told to stop; answers the exit status."""
    began = time.monotonic()
    stack = ExitStack()

    def start() -> Facts:
        databases = stack.enter_context(_databases(folder, settings))
        broker = stack.enter_context(_broker(folder, settings))
        running = Cluster(
            folder,
            databases,
            broker,
            members(),
            _for_the_processes(environ),
            cell=settings.cell,
            port_base=port_base,
            roles={} if settings.postgres else {name: runtime_role(name) for name in NAMES},
        )
        stack.callback(running.stop)
        running.start()
        running.wait_until_ready(_READY_WITHIN, give_up=lambda: bool(life.why))
        if not life.why:
            _welcome(running, settings, time.monotonic() - began)
        return {"processes": len(running.processes)}

    return run_until_told(start, stack.close, lambda: "", life, folder=str(folder))


def _refuse_typed_passwords(said: Mapping[str, str]) -> None:
    """Everybody on the machine sees what stands on a command line."""
    for option, variable, secret in (
        ("--postgres", "LINLI_POSTGRES_URL", "LINLI_DATABASE_PASSWORD"),
        ("--broker", "LINLI_BROKER_URL", "LINLI_BROKER_PASSWORD"),
    ):
        if addresses.holds_password(said.get(variable, "")):
            raise CannotStart(
                f"{option} holds a password, which every user can read in the list of processes: leave it out"
                f" and give it in {secret} (or {secret}_FILE), or give the whole address in {variable}"
            )


@contextmanager
def _databases(folder: Path, settings: ClusterSettings) -> Iterator[Mapping[str, str]]:
    """A database for each service: on the server that was named, or on the bundled one."""
    if server := settings.postgres:
        yield _made_on(server)
        return
    postgres = EmbeddedPostgres(folder)
    postgres.start(before=lambda: make_secrets(Place(data=folder)))
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
        raise CannotStart(f"cannot reach {POSTGRES}: {' '.join(str(error).split())}") from None


@contextmanager
def _broker(folder: Path, settings: ClusterSettings) -> Iterator[str | Mapping[str, str]]:
    """The broker that was named, or a private node with a user of its own for each service."""
    if url := settings.broker:
        yield url
        return
    node = EmbeddedRabbitMQ(folder / "rabbitmq")
    node.start()
    try:
        with _kept("RabbitMQ", lambda: node.alive, node.restart):
            reads = subscriptions()
            yield node.admit({name: topology.rights(name, reads[name]) for name in NAMES})
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


def _welcome(running: Cluster, settings: ClusterSettings, seconds: float) -> None:
    say(f"The cluster is ready ({seconds:.1f} s). Its data: {running.place.data}")
    say(f"  {'service':<12} {'gRPC':<18} {'HTTP of server':<18} {'HTTP of worker'}")
    for name, address in running.addresses().items():
        worker = running.http(name, "worker") if (name, "worker") in running.processes else "-"
        say(f"  {name:<12} {address:<18} {running.http(name):<18} {worker}")
    say(f"  PostgreSQL   {_where(settings.postgres)}")
    say(f"  RabbitMQ     {_where(settings.broker)}")
    say(f"  logs   {running.logs}/<service>-<role>.log")
    suggest(running.place)
    say("A process that ends is restarted. Ctrl-C stops the cluster.")


def _where(given: str) -> str:
    return "as given" if given else "a private one, in the data folder"
