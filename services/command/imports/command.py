"""`linli import requests`: checks a file against a platform, loads it, and reports."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from libs.rpc.client import Client, Patience
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import INTERRUPTED, complain, say
from services.command.call import answered
from services.command.connection import Connection, connection, connection_options
from services.command.imports import account, checking
from services.command.imports.ground import Ground, survey
from services.command.imports.loading import NotLoaded, board_of, load, period_of
from services.command.imports.map_file import MapWrong, read_map
from services.command.imports.mapping import Map
from services.command.imports.platform import Services, services_of
from services.command.imports.readers.row import FileWrong
from services.command.imports.report import page
from services.command.imports.telling import Interrupted

SHIPPED = Path(__file__).parent / "maps"
_OUTLASTING = Patience(tries=1000, first=0.1, most=1.0)
_DEADLINE = 120.0
ALL, NONE, SOME = 0, 1, 3
"""Exit statuses: every row is loaded, or skipped as the map wants; nothing is; some rows are not."""

_GOES_ON = "Nothing is lost: once that is mended, the same command goes on where it stopped."
_HELP = """\
\b
Exit status: 0 all is loaded (with --dry-run: can be), 3 some rows are not, 1 nothing is, 130 interrupted.
For instance:
  linli import map requests.csv > city.yaml
  linli import requests requests.csv --map city.yaml --dry-run
  linli import requests requests.csv --map city.yaml

Interrupted or killed, the same command goes on where it stopped. A later file of the same system brings
what is new or has changed. --map boston and --map los-angeles are maps that come with Linli.
"""


@click.command("requests", epilog=_HELP)
@connection_options
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "by", required=True, metavar="MAP", help="how FILE is read: a YAML file")
@click.option("--dry-run", is_flag=True, help="check the whole file against the platform; load nothing")
@click.option("--finish", is_flag=True, help="the history is complete: hand the cases to the running clocks")
def import_requests(file: Path, by: str, dry_run: bool, finish: bool, **options: Any) -> int:
    """Import the service requests in FILE: CSV, Excel, JSON, JSON lines or Open311, also compressed."""
    how = _map(by)
    if not file.is_file():
        raise CannotStart(f"{file} cannot be read: there is no such file")
    status, begun = ALL, False

    def send(to: Connection) -> None:
        nonlocal status, begun
        with to.anonymous() as anonymous, to.client(anonymous) as client:
            ground = survey(services_of(client))
            checked, status = _check(file, how, ground, dry_run=dry_run)
        if dry_run or status == NONE:
            return
        begun = True
        with to.anonymous() as anonymous, _patient(to, anonymous) as client:
            status = _load(services_of(client), file, how, ground, checked, finish=finish)

    try:
        failed = answered(connection(**options), send)
    except (FileWrong, NotLoaded) as wrong:
        raise CannotStart(str(wrong)) from None
    except CannotStart as stopped:
        raise CannotStart(f"{stopped}\n{_GOES_ON}" if begun else str(stopped)) from None
    except Interrupted:
        complain("Interrupted. Nothing is lost: the same command goes on where it stopped.")
        return INTERRUPTED
    if failed and begun:
        complain(_GOES_ON)
    return failed or status


def _map(named: str) -> Map:
    """The map in a file, or one that comes with Linli. Raises `CannotStart`."""
    shipped = SHIPPED / f"{named}.yaml"
    path = shipped if not Path(named).exists() and shipped.is_file() else Path(named)
    try:
        return read_map(path)
    except MapWrong as wrong:
        raise CannotStart(str(wrong)) from None


def _patient(to: Connection, anonymous: Client) -> Client:
    """A client that outlasts restarts: every command has a request_id, so it is safe to send it again."""
    return to.client(anonymous, patience=_OUTLASTING, deadline=_DEADLINE)


def _check(file: Path, by: Map, ground: Ground, *, dry_run: bool) -> tuple[checking.Checked, int]:
    """What the file comes to, and the exit status if nothing more is done."""
    checked = checking.check(file, by, ground, lambda rows: say(f"  {rows:,} rows checked ..."))
    _say(account.of_check(checked, by, ground))
    if why := checking.verdict(checked, by):
        complain(f"Nothing {'could be' if dry_run else 'was'} loaded: {why}.")
        return checked, NONE
    if dry_run:
        say("Nothing was loaded (--dry-run).")
    return checked, SOME if checked.refused else ALL


def _load(
    services: Services, file: Path, by: Map, ground: Ground, checked: checking.Checked, *, finish: bool
) -> int:
    say(f"Loading {checked.requests:,} requests ...")
    loaded = load(services, file, by, ground, checked, live=sys.stdout.isatty(), finish=finish)
    board = board_of(services, by, checked, loaded, finish=finish)
    say("")
    _say(page.lines(board, period_of(checked), by.report.notes))
    _say(("", page.RULE))
    _say(account.of_load(loaded, checked, finish=finish))
    return SOME if checked.refused or loaded.told.failed or loaded.told.past else ALL


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
