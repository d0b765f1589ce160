"""What runs PostgreSQL and RabbitMQ in the chart's evaluation mode: `linli kubernetes postgresql`, ..."""

import dataclasses
import json
from pathlib import Path

import click

from libs.messaging import topology
from libs.runtime.bundled import postgres_offered
from libs.runtime.bundled.rabbitmq_node import User, admitted
from libs.runtime.config.files import put
from libs.runtime.config.guards import CannotStart
from services.command.options import Port
from services.command.registry import NAMES
from services.command.starting import in_a_sentence
from services.command.topology import subscriptions

_folder = click.Path(path_type=Path, exists=True, file_okay=False)
_passwords = click.option(
    "--passwords", type=_folder, required=True, metavar="DIR", help="a file for each user, named as the user"
)


_port = click.option(
    "--port", type=Port(), default=postgres_offered.PORT, metavar="N", help=f"[{postgres_offered.PORT}]"
)


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True, metavar="DIR", help="its folder")
@_passwords
@_port
def postgresql(data: Path, passwords: Path, port: int) -> int:
    """Run the bundled PostgreSQL for the services of an evaluation: a database and two roles for each.

    The roles get their passwords at every start. Connections are not encrypted, and nothing is backed up.
    """
    with in_a_sentence():
        postgres_offered.serve(data, NAMES, _read(passwords), port=port)


@click.command("postgresql-client", context_settings={"allow_interspersed_args": False})
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("/data/linli"),
    metavar="DIR",
    help="its folder [/data/linli]",
)
@_port
@click.argument("program", type=click.Choice(["psql", "pg_dump", "pg_restore"]))
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def postgresql_client(data: Path, port: int, program: str, words: tuple[str, ...]) -> int:
    """Run psql, pg_dump or pg_restore beside the PostgreSQL of an evaluation, as its administrator."""
    with in_a_sentence():
        postgres_offered.become_client(data, program, words, port=port)


@click.command("broker-definitions")
@click.option("--vhost", required=True, help="the virtual host of the cell")
@_passwords
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def broker_definitions(vhost: str, passwords: Path, file: Path) -> int:
    """Write FILE, from which RabbitMQ takes a user for each service, with the rights that it needs."""
    known, reads = _read(passwords), subscriptions()
    if missing := [name for name in NAMES if name not in known]:
        raise CannotStart(f"{passwords} has no file for {', '.join(missing)}")
    users = [
        User(
            name=name,
            password=known[name],
            vhost=vhost,
            **dataclasses.asdict(topology.rights(name, reads[name])),
        )
        for name in NAMES
    ]
    put(file, json.dumps(admitted(users)).encode())
    return 0


def _read(folder: Path) -> dict[str, str]:
    """By name of the file; hidden ones, of which Kubernetes makes some, are left out."""
    files = [file for file in folder.iterdir() if file.is_file() and not file.name.startswith(".")]
    return {file.name: file.read_text("utf-8").strip() for file in files}
