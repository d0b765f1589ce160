"""`linli export`: all pages of a list, as CSV or JSON, into a file."""

import csv
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, MethodDescriptor
from google.protobuf.message import Message
from linli.options.v1 import rules_pb2

from libs.rpc.naming import snake_case
from libs.rpc.pages import rows_of_pages
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import complain
from services.command import requests, rpcs
from services.command.call import answered
from services.command.connection import Connection, connection, connection_options
from services.command.sheets import columns

_HELP = """\
\b
REQUEST is JSON [{}], @FILE or -, as for `linli call`; for instance:
  linli export cases.ListCases '{"filter": "state = ROUTED"}' --to routed.csv
  linli export cases.ListCases '{"as_of_time": "2026-01-01T00:00:00Z"}' --to new-year.json

A list that can be asked as of a moment is asked as of the start, so that pages fit together while things
change. A text that a spreadsheet would take for a formula begins with '. LINLI_TOKEN exports in another name
than the operator's.
"""
_SAY_EVERY = 2.0  # seconds

Write = Callable[[Descriptor, Iterator[Message], TextIO], None]


@click.command(epilog=_HELP)
@connection_options
@click.argument("rpc", metavar="SERVICE.RPC")
@click.argument("request", default="{}")
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE", help="a new file [standard output]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "jsonl"]),
    help="csv, one array of JSON, or JSON line by line [by the ending of FILE; else csv]",
)
def export(rpc: str, request: str, to: Path | None, form: str | None, **options: Any) -> int:
    """Write all rows of a list of a running platform, as CSV or JSON."""
    where = connection(**options)
    method = rpcs.find(rpc)
    rows, kind = _rows_of(method)
    message = _asked(method, requests.parse(method.input_type, requests.read(request)))
    form = form or _form_of(to)

    def send(where: Connection) -> None:
        with where.anonymous() as anonymous, where.client(anonymous) as client:
            ask = getattr(client.service(method.containing_service), snake_case(method.name))
            counted = _counted(rows_of_pages(ask, message, rows), rpc)
            with _opened(to, form) as file:
                _FORMS[form](kind, counted, file)

    return answered(where, send)


def _rows_of(method: MethodDescriptor) -> tuple[str, Descriptor]:
    """The field of an answer that holds the rows, and their type.

    Raises `CannotStart` for an rpc that is no list.
    """
    answer = method.output_type
    lists = [(field.name, field.message_type) for field in answer.fields if field.is_repeated]
    (name, kind) = lists[0] if len(lists) == 1 else ("", None)
    if "next_page_token" not in answer.fields_by_name or kind is None:
        raise CannotStart(
            f"{method.name} does not answer in pages: export takes lists, such as cases.ListCases;"
            " use `linli call` for others"
        )
    return name, kind


def _asked(method: MethodDescriptor, message: Any) -> Any:
    """The request with the largest pages, as of now if it can be asked so; not to go on in the middle."""
    if message.page_token:
        raise CannotStart("page_token: leave it out: an export begins with the first page")
    if not message.page_size:
        rules = method.input_type.fields_by_name["page_size"].GetOptions().Extensions[rules_pb2.rules]
        message.page_size = int(rules.maximum)
    if "as_of_time" in method.input_type.fields_by_name and not message.HasField("as_of_time"):
        message.as_of_time.FromDatetime(datetime.now(UTC))
    return message


def _counted(rows: Iterator[Message], rpc: str) -> Iterator[Message]:
    """The rows, with a word now and then on how many there were."""
    said, number = time.monotonic(), 0
    for number, row in enumerate(rows, start=1):
        yield row
        if time.monotonic() - said > _SAY_EVERY:
            said = time.monotonic()
            complain(f"{rpc}: {number:,} rows so far")
    complain(f"{rpc}: {number:,} rows")


def _form_of(to: Path | None) -> str:
    """By the ending of the file's name. Raises `CannotStart` for one that says something else."""
    if to is None:
        return "csv"
    ending = to.suffix.removeprefix(".").lower()
    if ending not in _FORMS:
        raise CannotStart(f"{to}: end the name in .{', .'.join(_FORMS)}, or say which it is with --format")
    return ending


@contextmanager
def _opened(to: Path | None, form: str) -> Iterator[TextIO]:
    """Standard output, or a file that is whole in the end or not there. Raises `CannotStart`."""
    if to is None:
        yield sys.stdout
        return
    if to.exists():
        raise CannotStart(f"{to} exists: remove it, or give another name")
    if not to.parent.is_dir():
        raise CannotStart(f"{to.parent} is no folder: make it, or give another name")
    draft = to.with_name(f"{to.name}.part")
    encoding = "utf-8-sig" if form == "csv" else "utf-8"  # spreadsheets know UTF-8 by its mark
    try:
        with draft.open("w", encoding=encoding, newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(to)
    except OSError as error:
        raise CannotStart(f"{to} cannot be written: {error.strerror}") from None


def _csv(of: Descriptor, rows: Iterator[Message], file: TextIO) -> None:
    writer, known = csv.writer(file), columns(of)
    writer.writerow([column.name for column in known])
    writer.writerows([column.cell(row) for column in known] for row in rows)


def _json_lines(_of: Descriptor, rows: Iterator[Message], file: TextIO) -> None:
    file.writelines(f"{_json(row)}\n" for row in rows)


def _json_array(_of: Descriptor, rows: Iterator[Message], file: TextIO) -> None:
    file.write("[")
    file.writelines(f"{',' if number else ''}\n{_json(row)}" for number, row in enumerate(rows))
    file.write("\n]\n")


def _json(row: Message) -> str:
    return json.dumps(json_format.MessageToDict(row, preserving_proto_field_name=True), ensure_ascii=False)


_FORMS: dict[str, Write] = {"csv": _csv, "json": _json_array, "jsonl": _json_lines}
