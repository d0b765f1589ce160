"""What a request takes, as options and words of a command line; and the request that they make."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from linli.options.v1 import rules_pb2

from libs.runtime.config.guards import CannotStart
from services.command.admin.words import NAMES

REQUEST_ID, PASSWORD = "request_id", "password"
OF_THE_MECHANISM = {REQUEST_ID, "page_size", "page_token", "filter"}
_ENDINGS = ("_id", "_time")
_WELL_KNOWN = "google.protobuf."
_FILE = "boundary"


@dataclass(frozen=True, slots=True)
class Input:
    """One value of a request: its way there (`name.zh`), and whether the request needs it."""

    path: str
    field: FieldDescriptor
    required: bool

    @property
    def param(self) -> str:
        """The name that the command's function gets it by."""
        return self.path.replace(".", "__")

    @property
    def option(self) -> str:
        """Its option, without the dashes."""
        if self.path in NAMES:
            return NAMES[self.path]
        name = self.path
        for ending in _ENDINGS:
            name = name.removesuffix(ending)
        return name.replace(".", "-").replace("_", "-")

    @property
    def choices(self) -> list[str]:
        """The names of its values, if it is one of a few."""
        values = self.field.enum_type.values if self.field.enum_type is not None else ()
        return [value.name for value in values if value.number]

    @property
    def is_file(self) -> bool:
        """Whether the command line names a file that holds it."""
        return self.path.rpartition(".")[2] == _FILE

    @property
    def is_flag(self) -> bool:
        """Whether it is there or not, without a value."""
        return self.field.cpp_type == FieldDescriptor.CPPTYPE_BOOL


def inputs_of(request: Descriptor) -> list[Input]:
    """What a request takes. Lists of messages, and messages within messages, are left to `--fields`."""
    return list(_inputs(request, "", needed=True))


def _inputs(message: Descriptor, before: str, *, needed: bool) -> Iterator[Input]:
    for field in message.fields:
        of, path = field.message_type, before + field.name
        required = needed and field.GetOptions().Extensions[rules_pb2.rules].required
        if path in OF_THE_MECHANISM:
            continue
        if of is None or of.full_name.startswith(_WELL_KNOWN):
            yield Input(path, field, required)
        elif not field.is_repeated and not before:
            yield from _inputs(of, f"{path}.", needed=required)


def request_of(inputs: list[Input], values: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """The request that the values of a command line make; those in `fields` (JSON) where it gives none.

    Raises `CannotStart`.
    """
    request = _object(fields)
    for one in inputs:
        value = values.get(one.param)
        if value is None or value is False or value == ():
            continue
        *way, last = one.path.split(".")
        here = request
        for step in way:
            here = here.setdefault(step, {})
            if not isinstance(here, dict):
                raise CannotStart(f"--fields: {step} must be an object: {{...}}")
        here[last] = _text_of(value) if one.is_file else list(value) if isinstance(value, tuple) else value
    return request


def has(request: Mapping[str, Any], path: str) -> bool:
    """Whether a request has a value there."""
    here: Any = request
    for step in path.split("."):
        if not isinstance(here, Mapping) or step not in here:
            return False
        here = here[step]
    return True


def put(request: dict[str, Any], path: str, value: str) -> None:
    """Give a request a value."""
    *way, last = path.split(".")
    for step in way:
        request = request.setdefault(step, {})
    request[last] = value


def _object(fields: str) -> dict[str, Any]:
    try:
        found = json.loads(fields)
    except ValueError as error:
        raise CannotStart(f"--fields is not JSON: {error}") from None
    except RecursionError:
        raise CannotStart("--fields is nested too deeply") from None
    if not isinstance(found, dict):
        raise CannotStart('--fields must be a JSON object, such as {"reason": "..."}')
    return found


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise CannotStart(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CannotStart(f"{file} is not UTF-8") from None


def filter_param(option: str) -> str:
    """The name of the parameter of an option by which a list is filtered."""
    return f"by_{option.replace('-', '_')}"
