"""Arbitrary requests for any rpc: as the field rules want them, with one thing wrong, or all at random."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st
from linli.options.v1 import rules_pb2

from libs.testkit.contracts import rules_of

Seeds = Mapping[str, Sequence[Any]]
"""Values that let requests reach deeper: field name -> values that exist (`{"case_id": ["3f2a"]}`)."""

HOSTILE = (
    *("", " ", "\x00", "a\x00b", "\n", "\t\r", "\u202e\u2066", "\ufeff", "\ufffe", "\U000e0001", "ﷺ" * 200),
    *(
        "'; DROP TABLE events; --",
        "' OR '1'='1",
        "%s%s%n",
        "%(x)s",
        "{0.__class__}",
        "${jndi:ldap://x}",
        "$1",
    ),
    *(
        "../../etc/passwd",
        "case-",
        "-",
        "/",
        "a/b",
        "la/%",
        "_",
        "\\",
        '"',
        "NaN",
        "null",
        "None",
        "-1",
        "1e999",
    ),
    *("r1.1", "r-1.0", "r99999999999999999999.1", "r1", "9" * 400, "x" * 257, "名" * 5000, "x" * 200_000),
    *("state = OPEN AND", "((((((((((((", "a=1 OR " * 300, 'x = "\\', "2020-02-30T25:61:00Z", "0000-00-00"),
)
_EDGES = (0, 1, -1, 2**31 - 1, -(2**31), 2**31, 2**32 - 1, 2**53, 2**63 - 1, -(2**63), 2**64 - 1)
_FLOATS = (0.0, -0.0, 1e308, -1e308, 5e-324, float("inf"), float("-inf"), float("nan"), 91.0, -181.0)
_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
}


_COIN = st.booleans()
_LEFT_OUT = {"page_token", "filter", "order_by", "at_least", "if_revision", "into_if_revision"}


def nearly_good(descriptor: Descriptor, seeds: Seeds) -> st.SearchStrategy[Message]:
    """Messages that keep their rules, half of them with one field that is anything at all.

    They get past the field rules and deep into the api, which `messages` seldom do.
    """
    kind = message_factory.GetMessageClass(descriptor)
    good: dict[str, st.SearchStrategy[Any]] = {
        field.name: _good(field, seeds, depth=3) for field in descriptor.fields
    }
    anything = {field.name: _field(field, seeds, depth=3) for field in descriptor.fields}
    required = {field.name for field in descriptor.fields if rules_of(field).required}

    @st.composite
    def built(draw: Any) -> Message:
        values: dict[str, Any] = {}
        for name in good:
            if name in required or draw(_COIN):
                values[name] = draw(good[name])
        if anything and draw(_COIN):
            name = draw(st.sampled_from(sorted(anything)))
            values[name] = draw(anything[name])
        return _made(kind, values)

    return built()


def messages(descriptor: Descriptor, seeds: Seeds, depth: int = 3) -> st.SearchStrategy[Message]:
    """Messages of the type with arbitrary and hostile values in arbitrary fields."""
    kind = message_factory.GetMessageClass(descriptor)
    fields = {field.name: _field(field, seeds, depth) for field in descriptor.fields}
    chosen = st.fixed_dictionaries({}, optional=fields)
    return chosen.map(lambda values: _made(kind, values))


def _made(kind: Callable[[], Message], values: Mapping[str, Any]) -> Message:
    message: Any = kind()
    for name, value in values.items():
        field = message.DESCRIPTOR.fields_by_name[name]
        if field.is_repeated and isinstance(value, dict):
            _fill_map(getattr(message, name), value)
        elif field.is_repeated:
            getattr(message, name).extend(value)
        elif isinstance(value, Message):
            getattr(message, name).CopyFrom(value)
        else:
            setattr(message, name, value)
    return message  # type: ignore[no-any-return] # made dynamically


def _fill_map(target: Any, values: Mapping[Any, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Message):
            target[key].CopyFrom(value)
        else:
            target[key] = value


def _field(field: FieldDescriptor, seeds: Seeds, depth: int) -> st.SearchStrategy[Any]:
    if not field.is_repeated:
        return _value(field, seeds, depth)
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        return st.dictionaries(_value(key, seeds, depth), _value(value, seeds, depth), max_size=4)
    item = _value(field, seeds, depth)
    # A list too long at the top only: lists of lists of lists would be hundreds of megabytes.
    too_many = [101, 2000] if field.message_type is None else [101] if depth == 3 else [4]
    many = st.builds(lambda one, times: [one] * times, item, st.sampled_from(too_many))
    return st.one_of(st.lists(item, max_size=4), many)


def _value(field: FieldDescriptor, seeds: Seeds, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        if depth == 0:
            return st.builds(message_factory.GetMessageClass(field.message_type))
        return messages(field.message_type, seeds, depth - 1)
    arbitrary = _arbitrary(field)
    known = seeds.get(field.name, ()) if field.cpp_type == FieldDescriptor.CPPTYPE_STRING else ()
    return st.one_of(st.sampled_from(list(known)), arbitrary) if known else arbitrary


def _arbitrary(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return st.one_of(st.binary(max_size=100), st.just(b"\x00" * 70_000))
        case FieldDescriptor.CPPTYPE_STRING:
            plausible = st.from_regex(r"[a-z0-9][a-z0-9-]{0,30}", fullmatch=True)
            return st.one_of(plausible, plausible, st.sampled_from(HOSTILE), st.text(max_size=300))
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.CPPTYPE_DOUBLE:
            return st.one_of(st.sampled_from(_FLOATS), st.floats(-180, 180), st.floats())
        case FieldDescriptor.CPPTYPE_FLOAT:
            return st.one_of(st.sampled_from([0.0, float("nan"), float("inf")]), st.floats(width=32))
        case FieldDescriptor.CPPTYPE_ENUM:
            assert field.enum_type is not None
            names = [value.number for value in field.enum_type.values]
            return st.one_of(st.sampled_from(names), st.sampled_from([-1, 99, 2**31 - 1]))
        case _:
            least, most = _RANGES[field.cpp_type]
            edges = [edge for edge in _EDGES if least <= edge <= most]
            return st.one_of(st.sampled_from(edges), st.integers(0, 100), st.integers(least, most))


def _good(field: FieldDescriptor, seeds: Seeds, depth: int) -> st.SearchStrategy[Any]:
    """Values that the field's rules allow."""
    entry = field.message_type
    if not field.is_repeated:
        return _good_value(field, seeds, depth)
    if entry is not None and entry.GetOptions().map_entry:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        return st.dictionaries(_good_value(key, seeds, depth), _good_value(value, seeds, depth), max_size=2)
    least = 1 if rules_of(field).required else 0
    return st.lists(
        _good_value(field, seeds, depth), min_size=least, max_size=min(2, rules_of(field).max_items or 2)
    )


def _good_value(field: FieldDescriptor, seeds: Seeds, depth: int) -> st.SearchStrategy[Any]:
    if field.name in seeds and field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return st.sampled_from(list(seeds[field.name]))
    if field.message_type is not None:
        return _good_message(field.message_type, seeds, depth)
    rules = rules_of(field)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return st.binary(max_size=min(64, rules.max_length or 64))
        case FieldDescriptor.CPPTYPE_STRING:
            return _good_text(field.name, rules)
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.CPPTYPE_ENUM:
            assert field.enum_type is not None
            return st.sampled_from([value.number for value in field.enum_type.values if value.number])
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            least, most = (rules.minimum, rules.maximum) if rules.bounded else (-1000.0, 1000.0)
            return st.floats(least, most, width=32)
        case _:
            least, most = (rules.minimum, rules.maximum) if rules.bounded else (0, 1000)
            return st.integers(int(least), int(most))


def _good_text(name: str, rules: rules_pb2.Rules) -> st.SearchStrategy[str]:
    if name in _LEFT_OUT:
        return st.just("")
    most = rules.max_length or 256
    if rules.pattern:
        return st.from_regex(rules.pattern, fullmatch=True).filter(lambda text: len(text) <= most)
    return st.from_regex(r"[a-z0-9]{4,12}", fullmatch=True).map(lambda text: text[:most])


def _good_message(descriptor: Descriptor, seeds: Seeds, depth: int) -> st.SearchStrategy[Message]:
    kind: Any = message_factory.GetMessageClass(descriptor)
    if descriptor.full_name == "google.protobuf.Timestamp":
        return st.integers(1_500_000_000, 1_600_000_000).map(lambda seconds: kind(seconds=seconds))
    if descriptor.full_name == "google.protobuf.Duration":
        return st.integers(1, 86_400).map(lambda seconds: kind(seconds=seconds))
    if depth == 0:
        return st.builds(kind)
    fields = {field.name: _good(field, seeds, depth - 1) for field in descriptor.fields}
    required = {
        name: value for name, value in fields.items() if rules_of(descriptor.fields_by_name[name]).required
    }
    rest = {name: value for name, value in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=rest).map(lambda values: _made(kind, values))
