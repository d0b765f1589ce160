"""Malformed and hostile requests for any rpc: whatever is sent, the answer is never INTERNAL or UNKNOWN."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.rpc.client import Client
from libs.rpc.methods import Method
from libs.testkit.rpc import answer_to

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


def assert_never_broken(
    client: Client, methods: Iterable[Method], *, seeds: Seeds | None = None, examples: int = 40
) -> None:
    """Send every rpc `examples` hostile requests and malformed bytes; raises AssertionError on harm.

    Every answer is a success or a clear error: a status other than INTERNAL and UNKNOWN, with an
    ErrorInfo. Call it with a token that reaches everything, so that nothing stops at the door.
    """
    for method in methods:
        descriptor: Any = method.request.DESCRIPTOR
        _check(client, method, wire_bytes(descriptor, seeds or {}), examples)


def _check(client: Client, method: Method, raws: st.SearchStrategy[bytes], examples: int) -> None:
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(raws)
    def every_answer_is_clear(raw: bytes) -> None:
        failed = answer_to(client, method, raw)
        if failed is None:
            return
        told = (
            f"{method.path} answered {failed.code.name} ({failed.reason}: {failed.message}) to {raw[:500]!r}"
        )
        assert failed.code not in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN), told
        assert failed.reason, f"no ErrorInfo: {told}"
        assert failed.domain == "linli", told

    every_answer_is_clear()


def wire_bytes(descriptor: Descriptor, seeds: Seeds) -> st.SearchStrategy[bytes]:
    """Requests of the type as bytes: well-formed but hostile, cut off, of wrong types, or garbage."""
    good = messages(descriptor, seeds).map(lambda message: message.SerializeToString())
    return st.one_of(
        good,
        good,
        st.binary(max_size=200),
        st.builds(lambda raw, cut: raw[: max(0, len(raw) - cut)], good, st.integers(1, 20)),
        st.builds(_with_bad_text, good, st.integers(1, 20)),
        st.builds(_nested, st.integers(1, 20), st.integers(1, 300)),
        st.builds(lambda raw, tag: raw + bytes([tag]) + b"\xff" * 10, good, st.integers(1, 127)),
    )


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
    many = item.flatmap(lambda one: st.sampled_from([[one] * 101, [one] * 2000]))
    return st.one_of(st.lists(item, max_size=4), many)


def _value(field: FieldDescriptor, seeds: Seeds, depth: int) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        if depth == 0:
            return st.builds(message_factory.GetMessageClass(field.message_type))
        return messages(field.message_type, seeds, depth - 1)
    arbitrary = _arbitrary(field)
    known = seeds.get(field.name, ())
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


def _with_bad_text(raw: bytes, number: int) -> bytes:
    """The request with bytes that are no UTF-8 where field `number` may be a string."""
    return raw + bytes([number << 3 & 0x7F | 2, 3]) + b"\xff\xfe\xc0"


def _nested(number: int, deep: int) -> bytes:
    """Messages within messages, deeper than any parser likes."""
    raw = b""
    for _ in range(deep):
        size = len(raw)
        length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7 & 0x7F])
        raw = bytes([number << 3 & 0x7F | 2]) + length + raw
        if len(raw) > 16_000:
            break
    return raw
