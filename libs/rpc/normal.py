"""The normal forms of a request's texts, compiled once per message type from the proto option.

A compiled walk changes the request: each text takes the form that its field declares, blank text
becomes absent, blank entries leave their list. It answers with what has no such form.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from linli.options.v1 import rules_pb2

from libs.rpc.errors import Violation
from libs.rpc.text import Form, Unfit, forms, line
from libs.rpc.validation import MOST_CHARACTERS

Normal = Callable[[Message], tuple[Violation, ...]]
_Found = list[Violation]
_OfMessage = Callable[[Any, str, _Found], None]
_FormFor = Callable[[Any], Form]

_SHRINKS = 4
"""An honest text is at most so many times longer than its normal form, or short; others are not looked at."""


@cache
def normal_of(descriptor: Descriptor, region: str) -> Normal:
    """The walk over requests of a type; `region` is where phone numbers without country code are dialled."""
    walk = _Compiler(region).message(descriptor, rules_pb2.PROFILE_UNSPECIFIED)

    def normal(message: Message) -> tuple[Violation, ...]:
        found: _Found = []
        walk(message, "", found)
        return tuple(found)

    return normal


def each_field_once(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """Of several violations of one field the first."""
    by_field: dict[str, Violation] = {}
    for violation in violations:
        by_field.setdefault(violation.field, violation)
    return tuple(by_field.values())


class _Compiler:
    """Compiles message types; knows those it has begun, for types that contain themselves."""

    def __init__(self, region: str) -> None:
        self._forms = forms(region)
        self._known: dict[tuple[str, int], list[_OfMessage]] = {}

    def message(self, descriptor: Descriptor, inherited: int) -> _OfMessage:
        """`inherited` is the profile of texts that declare none."""
        known = (descriptor.full_name, inherited)
        walks = self._known.get(known)
        if walks is None:
            walks = self._known[known] = []
            for field in () if descriptor.full_name.startswith("google.") else descriptor.fields:
                if (walk := self._field(field, inherited)) is not None:
                    walks.append(walk)

        def walk_all(message: Any, path: str, found: _Found) -> None:
            for walk in walks:
                walk(message, path, found)

        return walk_all

    def _field(self, field: FieldDescriptor, inherited: int) -> _OfMessage | None:
        rules = field.GetOptions().Extensions[rules_pb2.rules]
        profile = rules.profile or inherited
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return self._map(field, field.message_type, rules, profile)
        if field.message_type is not None:
            return self._submessages(field, self.message(field.message_type, profile))
        if field.type != FieldDescriptor.TYPE_STRING:
            return None
        most = _most(rules)
        if field.is_repeated:
            return _texts(field.name, self._forms[profile], most)
        if rules.profile_by:
            return _text_by(field.name, self._by(field, rules.profile_by), most)
        return _text(field.name, self._forms[profile], most)

    def _submessages(self, field: FieldDescriptor, inner: _OfMessage) -> _OfMessage:
        name = field.name

        def one(message: Any, path: str, found: _Found) -> None:
            if message.HasField(name):
                inner(getattr(message, name), f"{path}{name}.", found)

        def each(message: Any, path: str, found: _Found) -> None:
            for index, item in enumerate(getattr(message, name)):
                inner(item, f"{path}{name}[{index}].", found)

        return each if field.is_repeated else one

    def _by(self, field: FieldDescriptor, sibling: str) -> _FormFor:
        """The form that the value of an enum beside the field declares."""
        message = field.containing_type
        enum = message.fields_by_name[sibling].enum_type if message else None
        if enum is None:
            raise ValueError(f"{field.full_name} takes its form by {sibling}, which is no enum")
        by_number = {
            value.number: self._forms[value.GetOptions().Extensions[rules_pb2.profile_of]]
            for value in enum.values
        }
        otherwise = self._forms[rules_pb2.PROFILE_UNSPECIFIED]
        return lambda message: by_number.get(getattr(message, sibling), otherwise)

    def _map(
        self, field: FieldDescriptor, entry: Descriptor, rules: rules_pb2.Rules, profile: int
    ) -> _OfMessage | None:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        of_key = line if key.type == FieldDescriptor.TYPE_STRING else None
        most = _most(rules)
        if value.message_type is not None:
            return _map_walk(field.name, of_key, None, self.message(value.message_type, profile), most)
        of_value = self._forms[profile] if value.type == FieldDescriptor.TYPE_STRING else None
        return _map_walk(field.name, of_key, of_value, None, most) if of_key or of_value else None


def _most(rules: rules_pb2.Rules) -> int:
    """The longest text that is looked at: what is longer cannot keep the rule of its length."""
    return _SHRINKS * max(rules.max_length or MOST_CHARACTERS, MOST_CHARACTERS)


def _text(name: str, form: Form, most: int) -> _OfMessage:
    def walk(message: Any, path: str, found: _Found) -> None:
        given = getattr(message, name)
        if given and len(given) <= most:  # spelt out as in `_normal`: nearly all texts come by here
            try:
                normal = form(given)
            except Unfit as wanted:
                found.append(Violation(path + name, str(wanted)))
            else:
                if normal is not given:
                    _put(message, name, normal)

    return walk


def _text_by(name: str, form_for: _FormFor, most: int) -> _OfMessage:
    def walk(message: Any, path: str, found: _Found) -> None:
        given = getattr(message, name)
        if given:
            normal = _normal(given, form_for(message), most, path + name, found)
            if normal is not given:
                _put(message, name, normal)

    return walk


def _texts(name: str, form: Form, most: int) -> _OfMessage:
    def walk(message: Any, path: str, found: _Found) -> None:
        items = getattr(message, name)
        if items:
            given = list(items)
            normal = [
                _normal(item, form, most, f"{path}{name}[{index}]", found) for index, item in enumerate(given)
            ]
            if normal != given or "" in normal:
                items[:] = filter(None, normal)

    return walk


def _map_walk(
    name: str, of_key: Form | None, of_value: Form | None, inner: _OfMessage | None, most: int
) -> _OfMessage:
    def walk(message: Any, path: str, found: _Found) -> None:
        entries = getattr(message, name)
        for index, key in enumerate(list(entries)):
            at = f"{path}{name}[{index}]"
            if of_value is not None:
                entries[key] = _normal(entries[key], of_value, most, f"{at}.value", found)
            elif inner is not None:
                inner(entries[key], f"{at}.value.", found)
            if of_key is not None:
                _rename(entries, key, _normal(key, of_key, most, f"{at}.key", found), f"{at}.key", found)

    return walk


def _rename(entries: Any, key: str, normal: str, path: str, found: _Found) -> None:
    if not normal:
        found.append(Violation(path, "must be set"))
    elif normal != key and normal in entries:
        found.append(Violation(path, "is there twice"))
    elif normal != key:
        value = entries[key]
        if isinstance(value, Message):
            entries[normal].CopyFrom(value)
        else:
            entries[normal] = value
        del entries[key]


def _put(message: Any, name: str, normal: str) -> None:
    if normal:
        setattr(message, name, normal)
    else:
        message.ClearField(name)


def _normal(given: str, form: Form, most: int, path: str, found: _Found) -> str:
    """The text in its form; as it is, with a violation, if it has none."""
    if len(given) > most:
        return given  # the rule of its length says so
    try:
        return form(given)
    except Unfit as wanted:
        found.append(Violation(path, str(wanted)))
        return given
