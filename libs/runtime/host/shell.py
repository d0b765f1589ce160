"""The shell around a service: its roles and the operator's commands, the same for all services."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import psycopg

from libs.ledger.errors import LedgerUnavailable, SchemaUnknown, SettingsRefused
from libs.ledger.views.rebuild import RebuildRefused
from libs.messaging.desk import NotFirst, NotParked, RetryFailed
from libs.messaging.schema import migrate
from libs.runtime.bundled.place import Place, environ_of
from libs.runtime.config.guards import CannotStart
from libs.runtime.config.settings import Settings, SettingsInvalid, describe, flags, read
from libs.runtime.host.cores import keep_to_one_core
from libs.runtime.host.exposed import heed
from libs.runtime.host.host import Host, Roles
from libs.runtime.host.opened import OpenService, broker_of, open_service
from libs.runtime.host.operate import discard, list_parked, rebuild_view, retry, show_parked
from libs.runtime.host.parts import Service
from libs.runtime.host.process import Facts, Lifetime, complain, in_their_words, run_until_told, say
from libs.telemetry import logs

_log = logs.get("shell")

ROLES: Mapping[str, Roles] = {
    "server": Roles(relay=True),
    "api": Roles(projector=False),
    "projector": Roles(api=False),
    "relay": Roles(api=False, projector=False, relay=True),
}
"""The long-running roles of a plain process; `worker` is another kind of process."""

EXPECTED = (
    SettingsInvalid,
    SettingsRefused,
    SchemaUnknown,
    CannotStart,
    LedgerUnavailable,
    NotParked,
    NotFirst,
    RetryFailed,
    RebuildRefused,
    psycopg.OperationalError,
)
"""What an operator can mend: told in a sentence, without a traceback."""

_READY_WITHIN = 5.0  # seconds; a process that is not ready by then says what it lacks, and goes on

Command = Callable[[Service, argparse.Namespace, Mapping[str, str]], int]


class Runs(Protocol):
    """What runs a role in this process: `Host`, or the worker's own."""

    @property
    def failed(self) -> str:
        """What died, or nothing."""

    def start(self) -> None:
        """Start everything."""

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until it is ready, not longer than `seconds`."""

    def facts(self) -> Facts:
        """What an operator wants to know of it."""

    def close(self) -> None:
        """Stop everything in order."""


Died = Callable[[], None]
MakeWorker = Callable[[OpenService, Died], Runs]
"""(the service, what to call when a part of the process has died) -> what runs the worker."""


def run_service(
    service: Service,
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    *,
    worker: MakeWorker | None = None,
) -> int:
    """Run one role or command of a service; answers the exit status of the process.

    `worker` makes what runs the role `worker`: only a process that began as one can give it.
    """
    arguments = parser_of(service).parse_args(argv)
    arguments.make_worker = worker
    command: Command = arguments.command
    said = {name: value for name, value in vars(arguments).items() if name.startswith("LINLI_") and value}
    data: Path | None = getattr(arguments, "data", None)
    try:
        beside = _beside(data, service) if data is not None else {}
        return command(service, arguments, {**environ, **beside, **said})
    except EXPECTED as error:
        complain(in_their_words(f"linli {service.name}: {_why(error, service, data)}"))
        return 1


def _beside(data: Path, service: Service) -> dict[str, str]:
    """How a command reaches the database of what runs on a folder. Raises `CannotStart`."""
    place = Place(data=data.expanduser().resolve())
    if not place.master_key.exists():
        raise CannotStart(
            f"no platform has run with {place.data}: say with --data which folder `linli up` or"
            " `linli cluster` keeps its data in"
        )
    return environ_of(place, service.name)


def _why(error: Exception, service: Service, data: Path | None) -> str:
    """What went wrong, for the person at the terminal; libpq's own words in one line."""
    if not isinstance(error, psycopg.OperationalError) or error.sqlstate is not None:
        return str(error).strip()
    where = "LINLI_DATABASE_URL" if data is None else f"does a Linli with its own PostgreSQL run on {data}?"
    return f"cannot reach the database of {service.name} ({where}): {' '.join(str(error).split())}"


def parser_of(service: Service) -> argparse.ArgumentParser:
    """The command line of a service."""
    parser = argparse.ArgumentParser(
        prog=f"linli {service.name}", description=f"Runs the {service.name} service."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, words in {
        "server": "api, projector and relay together, the default",
        "api": "gRPC and probes only",
        "projector": "folds the ledger into the views",
        "relay": "publishes the ledger's events to RabbitMQ",
        "worker": "takes in neighbours' events from RabbitMQ, and fires what is due",
    }.items():
        role = commands.add_parser(
            name,
            help=words,
            description=f"The {name} of {service.name}: {words}.",
            epilog=_must_be_set(service),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        _add_flags(role, service)
        role.set_defaults(command=_run_role, role=name)
    commands.add_parser("migrate", help="create or upgrade the schema").set_defaults(command=_migrate)
    commands.add_parser("settings", help="list the settings").set_defaults(command=_settings)
    rebuild = commands.add_parser("rebuild", help="build a view anew beside the live one, then switch")
    rebuild.add_argument("view", choices=sorted(view.name for view in service.views))
    rebuild.add_argument("--compare", action="store_true", help="only say in which rows it would differ")
    _add_data(rebuild)
    rebuild.set_defaults(command=rebuild_view)
    _add_parked(commands)
    return parser


def _must_be_set(service: Service) -> str:
    rows = [*describe(Settings), *describe(service.settings, f"LINLI_{service.name.upper()}_")]
    needed = [(variable, meaning) for variable, default, meaning in rows if default == "must be set"]
    return "\n".join(
        [
            "must be set in the environment (secrets there only, or in the file that ..._FILE names):",
            *(f"  {variable}  {meaning}" for variable, meaning in needed),
            f"All settings: `linli {service.name} settings`.",
        ]
    )


def _add_parked(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parked = commands.add_parser(
        "parked", help="events that could not be handled: list, show, retry, discard"
    )
    verbs = parked.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="all of them, subject by subject")
    _add_data(listing)
    listing.set_defaults(command=list_parked)
    for verb, words, command in (
        ("show", "one of them, whole", show_parked),
        ("retry", "handle it now, then all that wait behind it", retry),
        ("discard", "give it up for good", discard),
    ):
        one = verbs.add_parser(verb, help=words)
        one.add_argument("id", type=int, help="as `parked list` shows it")
        if verb == "discard":
            one.add_argument("--reason", default="", help="why, for the log; no personal data")
        _add_data(one)
        one.set_defaults(command=command)


def _add_flags(role: argparse.ArgumentParser, service: Service) -> None:
    """Every setting that is no secret may be given as a flag, too; a flag wins over its variable."""
    known = [*flags(Settings), *flags(service.settings, f"LINLI_{service.name.upper()}_")]
    for flag, variable, meaning in known:
        role.add_argument(flag, dest=variable, metavar="VALUE", help=meaning.replace("%", "%%"))


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        type=Path,
        help="folder of `linli up` or `linli cluster`, running [as LINLI_DATABASE_URL and"
        " LINLI_MASTER_KEY say]",
    )


def _run_role(service: Service, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = read(Settings, environ)
    logs.setup(level=settings.log_level, service=service.name, role=arguments.role, cell=settings.cell)
    heed(settings, serves=arguments.role in {"server", "api"})
    life = Lifetime()
    host = _host(service, settings, environ, arguments, life)

    def start() -> Facts:
        host.start()
        if settings.one_core:
            keep_to_one_core()
        host.wait_until_ready(_READY_WITHIN)
        return host.facts()

    return run_until_told(start, host.close, lambda: host.failed, life)


def _host(
    service: Service,
    settings: Settings,
    environ: Mapping[str, str],
    arguments: argparse.Namespace,
    life: Lifetime,
) -> Runs:
    """What runs the role that was asked for."""
    if arguments.role == "worker":
        make: MakeWorker | None = arguments.make_worker
        if make is None:
            raise CannotStart(f"run the worker by `python -m services.{service.name} worker`")
        broker_of(settings)
        return make(open_service(service, settings, environ), life.end)
    roles = ROLES[arguments.role]
    if arguments.role == "server" and not settings.broker_url.reveal():
        _log.warning("LINLI_BROKER_URL is not set: no neighbour hears of anything until a relay runs")
        roles = replace(roles, relay=False)
    if roles.relay:
        broker_of(settings)
    return Host([open_service(service, settings, environ)], roles, died=life.end)


def _migrate(service: Service, _arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = read(Settings, environ)
    heed(settings, serves=False)
    taken = migrate(settings.database_url.reveal(), service.name, service.views)
    say(f"{service.name}: " + (f"made {', '.join(taken)}" if taken else "nothing to do"))
    return 0


def _settings(service: Service, _arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    rows = [*describe(Settings), *describe(service.settings, f"LINLI_{service.name.upper()}_")]
    width = max(len(variable) for variable, _, _ in rows)
    for variable, default, meaning in rows:
        say(f"{variable:<{width}}  {meaning} [{default}]")
    return 0
