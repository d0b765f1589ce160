"""Messages as rows: the columns that a message type has, and the cells of a message.

The fields of messages within the message become columns of their own (`location.latitude`); lists and maps
are JSON in one cell. Before the deadlines of a case stand columns to sort by, `due_time` and `overdue`, as
the filters call them. A text that a spreadsheet would take for a formula gets a `'` before it: whoever
reports a case chooses such texts, and whoever opens the sheet would run them.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from linli.cases.v1 import cases_types_pb2 as types

_WELL_KNOWN = "google.protobuf."
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the way to its field from the message, and how a value is written."""

    path: tuple[str, ...]
    written: Callable[[Message, str], str]

    @property
    def name(self) -> str:
        """As the first row has it."""
        return ".".join(self.path)

    def cell(self, message: Message) -> str:
        """The cell of a message; empty where a message on the way is not set."""
        *way, last = self.path
        for step in way:
            if not message.HasField(step):
                return ""
            message = getattr(message, step)
        return self.written(message, last)


def columns(descriptor: Descriptor) -> list[Column]:
    """The columns of a message type, in the order of its fields."""
    return list(_columns(descriptor, (), (descriptor.full_name,)))


def _columns(descriptor: Descriptor, path: tuple[str, ...], within: tuple[str, ...]) -> Iterator[Column]:
    for field in descriptor.fields:
        here, of = (*path, field.name), field.message_type
        if of is types.Deadline.DESCRIPTOR and field.is_repeated:
            yield Column((*path, "due_time"), partial(_of_resolution, field.name, "due_time"))
            yield Column((*path, "overdue"), partial(_of_resolution, field.name, "breached"))
        if of is None or field.is_repeated:
            yield Column(here, _many if field.is_repeated else _one)
        elif of.full_name.startswith(_WELL_KNOWN) or of.full_name in within:
            yield Column(here, _whole)
        else:
            yield from _columns(of, here, (*within, of.full_name))


def _one(message: Message, name: str) -> str:
    value, field = getattr(message, name), message.DESCRIPTOR.fields_by_name[name]
    if field.has_presence and not message.HasField(name):
        return ""
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known is not None else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless(value) if isinstance(value, str) else str(value)


def _whole(message: Message, name: str) -> str:
    """A moment or a duration, as its JSON has it; any other message as JSON."""
    if not message.HasField(name):
        return ""
    value: Any = json_format.MessageToDict(getattr(message, name), preserving_proto_field_name=True)
    return harmless(value) if isinstance(value, str) else _json(value)


def _of_resolution(deadlines: str, name: str, message: Message, _column: str) -> str:
    """A field of the deadline of the resolution; empty where there is none."""
    for deadline in getattr(message, deadlines):
        if deadline.clock == types.CLOCK_KIND_RESOLUTION:
            return _whole(deadline, name) if name.endswith("_time") else _one(deadline, name)
    return ""


def _many(message: Message, name: str) -> str:
    written = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return _json(written[name]) if name in written else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def harmless(text: str) -> str:
    """The text, with a `'` before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
