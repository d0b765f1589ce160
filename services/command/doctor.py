"""`linli doctor`: what an operator runs first when something is wrong."""

import json
import os
from collections.abc import Mapping, Sequence
from itertools import tee
from pathlib import Path

import click

from libs.runtime.bundled.held import is_held
from libs.runtime.bundled.kept import environ_of, place_of
from libs.runtime.bundled.place import Place
from libs.runtime.bundled.postgres import EmbeddedPostgres
from libs.runtime.config.guards import CannotStart
from libs.runtime.doctor.examine import Examination, Patient
from libs.runtime.doctor.finding import report, status
from libs.runtime.host.terminal import as_called, say, typed
from services.command.registry import NAMES, load

_EPILOG = """\
\b
  linli doctor --data .linli          what `linli up` or `linli cluster` runs, all services (not its broker)
  linli doctor cases                  the service cases, with the settings of its processes in the environment
  linli doctor cases --process https://127.0.0.1:7480     and the process beside, as in a pod of the chart
  linli doctor --env-files /etc/linli --every-process https://linli:7480    all services, and all processes

\b
It changes nothing. Exit status: 0 all is well, 1 something is broken, 2 a mistyped command,
3 nothing is broken and something is to be watched.
"""


@click.command(epilog=_EPILOG)
@click.argument("service", type=click.Choice(NAMES), required=False)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="data folder of `linli up` or `linli cluster`",
)
@click.option(
    "--env-files",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="folder with the settings of the services, `<service>.env` of each, as systemd reads such files",
)
@click.option(
    "--every-process",
    "names",
    multiple=True,
    metavar="URL",
    help="probes of the processes at all addresses of the name in the URL; may be given several times",
)
@click.option(
    "--process",
    "processes",
    multiple=True,
    metavar="URL",
    help="a running process of the service, by the address of its probes; may be given several times",
)
def doctor(
    service: str | None,
    data: Path | None,
    env_files: Path | None,
    names: Sequence[str],
    processes: Sequence[str],
) -> int:
    """Look at databases, broker, keys, clocks, lags, releases and certificates; say what to do."""
    if env_files is not None:
        patients = _in(env_files, [service] if service else NAMES, processes)
    elif data is not None:
        place = place_of(data)
        if _stopped(place):
            raise CannotStart(_start(place))
        patients = _beside(place, [service] if service else NAMES, processes)
    elif service is not None:
        patients = [Patient(service=load(service), environ=os.environ, processes=_plain(processes))]
    else:
        raise click.UsageError(
            "name the service whose settings are in the environment, or a folder by --data or --env-files"
        )
    shown, counted = tee(Examination(patients, everywhere=_plain(names)).findings())
    for line in report(shown):
        say(line)
    return status(counted)


def _plain(processes: Sequence[str]) -> list[str]:
    return [url.rstrip("/") for url in processes]


def _in(folder: Path, names: Sequence[str], processes: Sequence[str]) -> list[Patient]:
    """The services whose settings lie in a folder; what the environment says holds for all of them."""
    files = {name: folder / f"{name}.env" for name in names}
    found = {name: settings_of(file) for name, file in files.items() if file.exists()}
    if not found:
        raise click.UsageError(f"{folder} has none of {', '.join(file.name for file in files.values())}")
    return [
        Patient(
            service=load(name),
            environ={**os.environ, **settings},
            processes=_plain(processes) if name == next(iter(found)) else [],
        )
        for name, settings in found.items()
    ]


def settings_of(file: Path) -> Mapping[str, str]:
    """Lines `NAME=value`; a value may stand in quotation marks."""
    lines = (line.strip() for line in file.read_text("utf-8").splitlines())
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith(("#", ";"))]
    return {name.strip(): _unquoted(value.strip()) for name, value in pairs}


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _stopped(place: Place) -> bool:
    """Whether neither the platform of a folder nor its PostgreSQL is running."""
    if not place.postgres.exists() or EmbeddedPostgres(place.data).pid() is not None:
        return False
    return not is_held(place.data / "lock")


def _start(place: Place) -> str:
    kind = "cluster" if place.addresses.exists() else "up"
    return (
        f"the platform of {place.data} is not running: start it with"
        f" `{as_called()} {kind} --data {typed(place.data)}`; if it does not start, it says why"
    )


def _beside(place: Place, names: Sequence[str], processes: Sequence[str]) -> list[Patient]:
    """The services that ran last in a folder. Broker and key set of a cluster are not told there."""
    told = json.loads(place.addresses.read_text("utf-8")) if place.addresses.exists() else {}
    patients: list[Patient] = []
    for name in names:
        its = told.get(name, {})
        own = [
            f"{its.get('scheme', 'http')}://{its[role]}" for role in ("http", "worker_http") if role in its
        ]
        first = not patients  # what all have in common is looked at once
        patients.append(
            Patient(
                service=load(name),
                environ={**os.environ, **environ_of(place, name)},
                processes=[*own, *(_plain(processes) if first else [])],
                folders=[place.data] if first else [],
                broker=False,
            )
        )
    return patients
