"""A request typed as JSON becomes a message, or a sentence for each thing in it that does not fit."""

import difflib
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from libs.runtime.config.guards import CannotStart
from services.command.geojson import with_boundaries

_WELL_KNOWN = "google.protobuf."
_FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}
_MOST_DIGITS = 400
_LONGEST_SHOWN = 80
_WHOLE_NUMBERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_EXAMPLES = {
    "google.protobuf.Timestamp": "a moment such as 2020-01-03T09:00:00Z",
    "google.protobuf.Duration": "a duration such as 90s",
}


def read(word: str) -> str:
    """The text that a word stands for: of `@FILE` the file's, of `-` what standard input holds, else itself.

    Raises `CannotStart` if it cannot be read.
    """
    if word != "-" and not word.startswith("@"):
        return word
    named = "standard input" if word == "-" else word[1:]
    try:
        content = sys.stdin.buffer.read() if word == "-" else Path(named).expanduser().read_bytes()
        return content.decode("utf-8-sig")
    except OSError as error:
        raise CannotStart(f"the request cannot be read from {named}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CannotStart(f"the request in {named} is not UTF-8: byte {error.start}") from error


def parse(descriptor: Descriptor, text: str) -> Message:
    """The request that a text of JSON is; a boundary may be GeoJSON itself, or `@FILE`.

    Raises `CannotStart` naming every field at fault.
    """
    name = descriptor.name
    try:
        given = json.loads(text, parse_constant=_no_number, parse_int=_whole, object_pairs_hook=_once)
        if not isinstance(given, dict):
            raise CannotStart(
                f'the request is not a valid {name}: it must be a JSON object, such as {{"page_size": 3}}'
            )
        given = with_boundaries(given)
        if problems := list(_problems(descriptor, given, "")):
            raise CannotStart(
                "\n".join([f"the request is not a valid {name}:", *(f"  {each}" for each in problems)])
            )
        return json_format.ParseDict(given, message_factory.GetMessageClass(descriptor)())
    except json_format.ParseError as error:
        raise CannotStart(f"the request is not a valid {name}: {error}") from error
    except RecursionError:
        raise CannotStart(f"the request is not a valid {name}: it is nested too deeply") from None
    except ValueError as error:
        raise CannotStart(f"the request is not a valid {name}: it is not JSON: {error}") from error


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a name that is given twice, one value would be dropped in silence."""
    names = Counter(name for name, _ in pairs)
    if twice := [name for name, count in names.items() if count > 1]:
        raise ValueError(f"{', '.join(twice)} is given twice")
    return dict(pairs)


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _problems(descriptor: Descriptor, given: Mapping[str, Any], path: str) -> Iterator[str]:
    """What protobuf's parser would trip over: of all fields at once, by their names in the proto files."""
    fields = {
        **{field.json_name: field for field in descriptor.fields},
        **descriptor.fields_by_name,
    }
    for name, value in given.items():
        field = fields.get(name)
        if field is None:
            yield f"{path}{name}: there is no such field{_offered(name, descriptor)}"
        elif value is not None:
            yield from _wrong(field, value, path + field.name)


def _offered(name: str, descriptor: Descriptor) -> str:
    names = [field.name for field in descriptor.fields]
    close = difflib.get_close_matches(name, names, n=1)
    meant = f"; did you mean {close[0]}?" if close else "."
    return f"{meant} Its fields are {', '.join(names)}" if names else ". The message has no fields"


def _wrong(field: FieldDescriptor, value: Any, path: str) -> Iterator[str]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        yield from () if isinstance(value, dict) else (f"{path}: must be an object of names and values",)
    elif not field.is_repeated:
        yield from _wrong_one(field, value, path)
    elif not isinstance(value, list):
        yield f"{path}: must be a list: [...]"
    else:
        for index, item in enumerate(value):
            yield from _wrong_one(field, item, f"{path}[{index}]")


def _wrong_one(field: FieldDescriptor, value: Any, path: str) -> Iterator[str]:
    of = field.message_type
    if of is None:
        wanted = _wanted(field, value)
        if wanted:
            yield f"{path}: must be {wanted}, not {_shown(value)}"
    elif not of.full_name.startswith(_WELL_KNOWN):
        if isinstance(value, dict):
            yield from _problems(of, value, f"{path}.")
        else:
            yield f"{path}: must be an object: {{...}}"
    elif of.full_name in _EXAMPLES:
        try:
            json_format.ParseDict(value, message_factory.GetMessageClass(of)())
        except (json_format.ParseError, ValueError, AttributeError, TypeError):
            yield f"{path}: must be {_EXAMPLES[of.full_name]}, not {_shown(value)}"


def _shown(value: Any) -> str:
    """A value as it was typed, cut if it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _wanted(field: FieldDescriptor, value: Any) -> str:
    """What a plain field wants instead of the value; "" if it takes it."""
    kind = field.cpp_type
    if field.enum_type is not None:
        known = value in field.enum_type.values_by_name if isinstance(value, str) else _is_whole(value)
        return (
            ""
            if known
            else "one of " + ", ".join(each.name for each in field.enum_type.values if each.number)
        )
    if kind == FieldDescriptor.CPPTYPE_STRING:
        return "" if isinstance(value, str) else "a string in quotes"
    if kind == FieldDescriptor.CPPTYPE_BOOL:
        return "" if isinstance(value, bool) else "true or false"
    if kind in _FLOATS:
        return "" if _is_finite(value) else "a number"
    lowest, highest = _WHOLE_NUMBERS[kind]
    return "" if _is_whole(value, lowest, highest) else f"a whole number from {lowest} to {highest}"


def _is_finite(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and math.isfinite(float(value))
    except (ValueError, TypeError, OverflowError):
        return False


def _is_whole(value: Any, lowest: int = -(2**31), highest: int = 2**31 - 1) -> bool:
    try:
        whole = int(value)
    except (ValueError, TypeError, OverflowError):
        return False
    return (
        not isinstance(value, bool)
        and lowest <= whole <= highest
        and (isinstance(value, str) or whole == value)
    )
