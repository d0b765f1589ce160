"""`linli import map` and `linli import schema`: what whoever writes a map begins with."""

import json
from pathlib import Path

import click

from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import say
from services.command.imports.draft import draft
from services.command.imports.mapping import schema
from services.command.imports.readers.row import FileWrong


@click.command("schema")
def print_schema() -> int:
    """Print the JSON schema of a map, for an editor that checks as one types."""
    say(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


@click.command("map")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--heading", type=click.IntRange(1, 100), default=1, metavar="N", help="the heading's line [1]")
def draft_map(file: Path, heading: int) -> int:
    """Draft a map by looking at FILE: print it as YAML, with what is guessed marked."""
    if not file.is_file():
        raise CannotStart(f"{file} cannot be read: there is no such file")
    try:
        for line in draft(file, heading):
            say(line)
    except FileWrong as wrong:
        raise CannotStart(str(wrong)) from None
    return 0
