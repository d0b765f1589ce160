"""Field rules from the proto option, compiled once per message type into plain closures.

A compiled check walks a request and answers with all violations: dotted paths and what is
wanted. Nothing is unbounded: fields without rules get the default bounds below. Texts have their
normal form by then (`normal.py`).
"""

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from linli.options.v1 import rules_pb2

from libs.rpc import bounds
from libs.rpc.errors import Violation

MOST_CHARACTERS = 256
MOST_ITEMS = 100
MOST_BYTES = 64 * 1024

_LEAST_LENGTH = re.compile(r"\(\?s\)\.\{(\d+),\}")
"""Any characters, but so many of them."""

Check = Callable[[Message], tuple[Violation, ...]]
_Found = list[Violation]
_OfMessage = Callable[[Message, str, _Found], None]
_OfValue = Callable[[object, str, _Found], None]

_INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32,
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT32,
    FieldDescriptor.CPPTYPE_UINT64,
}
_FLOATS = {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}


@cache
def rules_of(descriptor: Descriptor) -> Check:
    """The check of a request type. Raises ValueError at start-up for a rule that cannot be."""
    check = _message_check(descriptor, {})

    def violations(message: Message) -> tuple[Violation, ...]:
        found: _Found = []
        check(message, "", found)
        return tuple(found)

    return violations


def _message_check(descriptor: Descriptor, known: dict[str, list[_OfMessage]]) -> _OfMessage:
    """The check of one message type; `known` ties the knot for types that contain themselves."""
    special = bounds.WELL_KNOWN.get(descriptor.full_name)
    if special is not None:
        return special
    checks = known.get(descriptor.full_name)
    if checks is None:
        checks = known[descriptor.full_name] = []
        checks.extend(_field_check(field, known) for field in descriptor.fields)

    def check(message: Message, path: str, found: _Found) -> None:
        for each in checks:
            each(message, path, found)

    return check


def _field_check(field: FieldDescriptor, known: dict[str, list[_OfMessage]]) -> _OfMessage:
    rules = field.GetOptions().Extensions[rules_pb2.rules]
    if field.is_repeated:
        return _list_check(field, rules, known)
    if field.message_type is not None:
        return _submessage_check(field, field.message_type, rules, known)
    name, required, present = field.name, rules.required, field.has_presence
    of_value = _value_check(field, rules)

    def check(message: Message, path: str, found: _Found) -> None:
        value = getattr(message, name)
        if value or (present and message.HasField(name)):
            of_value(value, path + name, found)
        elif required:
            found.append(Violation(path + name, "must be set"))
        else:
            of_value(value, path + name, found)

    return check


def _submessage_check(
    field: FieldDescriptor, of: Descriptor, rules: rules_pb2.Rules, known: dict[str, list[_OfMessage]]
) -> _OfMessage:
    name, required = field.name, rules.required
    inner = _message_check(of, known)
    in_time = bounds.gap_check(name, rules) if rules.follows else _anything

    def check(message: Message, path: str, found: _Found) -> None:
        if message.HasField(name):
            inner(getattr(message, name), f"{path}{name}.", found)
            in_time(message, path, found)
        elif required:
            found.append(Violation(path + name, "must be set"))

    return check


def _list_check(
    field: FieldDescriptor, rules: rules_pb2.Rules, known: dict[str, list[_OfMessage]]
) -> _OfMessage:
    name, required, most = field.name, rules.required, rules.max_items or MOST_ITEMS
    entry = field.message_type if field.message_type and field.message_type.GetOptions().map_entry else None
    is_map = entry is not None
    of_item = _map_item_check(entry, rules, known) if entry else _item_check(field, rules, known)

    def check(message: Message, path: str, found: _Found) -> None:
        items = getattr(message, name)
        if not items:
            if required:
                found.append(Violation(path + name, "must have at least one entry"))
            return
        if len(items) > most:
            found.append(Violation(path + name, f"may have at most {most} entries"))
            return
        for index, item in enumerate(items.items() if is_map else items):
            of_item(item, f"{path}{name}[{index}]", found)

    return check


def _item_check(
    field: FieldDescriptor, rules: rules_pb2.Rules, known: dict[str, list[_OfMessage]]
) -> _OfValue:
    if field.message_type is None:
        return _value_check(field, rules)
    inner = _message_check(field.message_type, known)
    return lambda item, path, found: inner(item, path + ".", found)  # type: ignore[arg-type] # a list of messages


def _map_item_check(
    entry: Descriptor, rules: rules_pb2.Rules, known: dict[str, list[_OfMessage]]
) -> _OfValue:
    of_key = _value_check(entry.fields_by_name["key"], rules_pb2.Rules())
    of_value = _item_check(entry.fields_by_name["value"], rules, known)

    def check(item: object, path: str, found: _Found) -> None:
        key, value = cast("tuple[object, object]", item)
        of_key(key, path + ".key", found)
        of_value(value, path + ".value", found)

    return check


def _value_check(field: FieldDescriptor, rules: rules_pb2.Rules) -> _OfValue:
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return _bytes_check(rules)
        return _string_check(rules, field.full_name)
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return _enum_check(field, rules)
    if field.cpp_type in _FLOATS or (rules.bounded and field.cpp_type in _INTEGERS):
        return _number_check(field, rules)
    return _anything


def _anything(_value: Any, _path: str, _found: _Found) -> None:
    """No rule."""


def _string_check(rules: rules_pb2.Rules, full_name: str) -> _OfValue:
    most = rules.max_length or MOST_CHARACTERS
    try:
        matches = re.compile(rules.pattern).fullmatch if rules.pattern else None
    except re.error as error:
        raise ValueError(f"the pattern of {full_name} is no regular expression: {error}") from error
    wanted = _in_words(rules.pattern)

    def check(value: object, path: str, found: _Found) -> None:
        text: str = value  # type: ignore[assignment] # a string field
        if not text:
            return
        if len(text) > most:
            found.append(Violation(path, f"may have at most {most} characters"))
        elif matches is not None and matches(text) is None:
            found.append(Violation(path, wanted))

    return check


def _in_words(pattern: str) -> str:
    """What a pattern wants; one that only sets a least length is told as such."""
    least = _LEAST_LENGTH.fullmatch(pattern)
    return f"must have at least {least[1]} characters" if least else f"must match {pattern}"


def _bytes_check(rules: rules_pb2.Rules) -> _OfValue:
    most = rules.max_length or MOST_BYTES

    def check(value: object, path: str, found: _Found) -> None:
        if len(value) > most:  # type: ignore[arg-type] # a bytes field
            found.append(Violation(path, f"may have at most {most} bytes"))

    return check


def _enum_check(field: FieldDescriptor, rules: rules_pb2.Rules) -> _OfValue:
    values = field.enum_type.values if field.enum_type else ()
    numbers = frozenset(value.number for value in values)
    names = ", ".join(value.name for value in values if value.number)[:200]
    zero_refused = rules.required or field.is_repeated

    def check(value: object, path: str, found: _Found) -> None:
        if value not in numbers or (zero_refused and value == 0):
            found.append(Violation(path, f"must be one of {names}"))

    return check


def _number_check(field: FieldDescriptor, rules: rules_pb2.Rules) -> _OfValue:
    if not rules.bounded:

        def finite(value: object, path: str, found: _Found) -> None:
            if not math.isfinite(value):  # type: ignore[arg-type] # a float field
                found.append(Violation(path, "must be a finite number"))

        return finite
    least, most = rules.minimum, rules.maximum
    if least > most:
        raise ValueError(f"the bounds of {field.full_name} leave no number")
    wanted = f"must be from {_number(least)} to {_number(most)}"

    def check(value: object, path: str, found: _Found) -> None:
        if not least <= value <= most:  # type: ignore[operator] # a number field; false for NaN
            found.append(Violation(path, wanted))

    return check


def _number(bound: float) -> str:
    """A bound as one writes it: whole ones whole."""
    return str(int(bound)) if bound == int(bound) else f"{bound:.15g}"
