"""Answers as tables for people: names in both languages, moments, and nothing that a terminal would obey."""

import sys
import unicodedata
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 10_000  # columns: what goes into a file or a pipe is not cut
_NAMES = {"zh", "en"}


def print_rows(rows: Sequence[Message], of: Descriptor, columns: Sequence[str]) -> None:
    """A table with a row for each message; `columns` are fields of them [all that are plain]."""
    chosen = columns or [field.name for field in of.fields]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in chosen:
        table.add_column(name.removesuffix("_time"), overflow="fold")
    for row in rows:
        told = told_of(row)
        table.add_row(*(Text(_cell(told.get(name, ""))) for name in chosen))
    console().print(table)


def print_one(answer: Message) -> None:
    """An answer, a line for each of its values."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in _flat(told_of(answer), ""):
        table.add_row(Text(name), Text(_cell(value)))
    console().print(table)


def console() -> Console:
    """As wide as the terminal; elsewhere as wide as it takes, and without colours."""
    return Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False, soft_wrap=False)


def told_of(message: Message) -> dict[str, Any]:
    """An answer as JSON has it, under the names of the contract."""
    told: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return told


def _flat(told: dict[str, Any], before: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in told.items():
        if isinstance(value, dict) and not value.keys() <= _NAMES:
            found += _flat(value, f"{before}{name}.")
        else:
            found.append((before + name, value))
    return found


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and value.keys() <= _NAMES:
        return without_controls(" / ".join(str(each) for each in value.values()))
    if isinstance(value, dict):
        return without_controls(", ".join(f"{name} {_cell(each)}" for name, each in value.items()))
    if isinstance(value, list):
        return without_controls(", ".join(_cell(each) for each in value))
    return without_controls(str(value))


def without_controls(text: str) -> str:
    """The text, with the controls in it spelt out: whoever chose a name commands no terminal."""
    return "".join(
        each
        if each == "\n" or unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        else repr(each)[1:-1]
        for each in text
    )
