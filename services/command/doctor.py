"""`linli doctor`: what an operator runs first when something is wrong."""

import json
import os
from collections.abc import Sequence
from itertools import tee
from pathlib import Path

import click

from libs.runtime.bundled.kept import environ_of, place_of
from libs.runtime.bundled.place import Place
from libs.runtime.doctor.examine import Examination, Patient
from libs.runtime.doctor.finding import report, status
from libs.runtime.host.terminal import say
from services.command.registry import NAMES, load

_EPILOG = """\
\b
  linli doctor --data .linli          what `linli up` or `linli cluster` runs, all services (not its broker)
  linli doctor cases                  the service cases, with the settings of its processes in the environment
  linli doctor cases --process https://127.0.0.1:7480     and the process beside, as in a pod of the chart

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
    "--process",
    "processes",
    multiple=True,
    metavar="URL",
    help="a running process of the service, by the address of its probes; may be given several times",
)
def doctor(service: str | None, data: Path | None, processes: Sequence[str]) -> int:
    """Look at databases, broker, keys, clocks, lags, releases and certificates; say what to do."""
    if data is not None:
        patients = _beside(place_of(data), [service] if service else NAMES, processes)
    elif service is not None:
        patients = [Patient(service=load(service), environ=os.environ, processes=_plain(processes))]
    else:
        raise click.UsageError(
            "name the service whose settings are in the environment, or a folder by --data"
        )
    shown, counted = tee(Examination(patients).findings())
    for line in report(shown):
        say(line)
    return status(counted)


def _plain(processes: Sequence[str]) -> list[str]:
    return [url.rstrip("/") for url in processes]


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
