"""What field rules and normal forms cost per message: our compiled closures, and protovalidate beside them.

    pip install protovalidate        # not needed by the platform, only by this comparison
    python -m e2e.bench.validation

The request types are the platform's own. For protovalidate they are copied, field by field, with
our rules written as its own (`buf.validate.field`): required, lengths, patterns, bounds, list sizes,
defined enum values. Default bounds are checked by ours only; normal forms are brought about by ours only.
"""

import importlib
import timeit
from collections.abc import Callable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2
from linli.options.v1 import rules_pb2
from linli.types.v1 import types_pb2

from libs.rpc.normal import normal_of
from libs.rpc.validation import MOST_CHARACTERS, MOST_ITEMS, rules_of

ROUNDS, REPEATS = 20_000, 5
_FIELD_RULES = 1159  # the number of the extension buf.validate.field


def small() -> Message:
    """A request that most rpcs have: an id or two."""
    return cases.AcceptCaseRequest(request_id="r-4711", case_id="3f2a9c", if_revision="r17.4")


def large() -> Message:
    """The busiest request of the platform."""
    return cases.OpenCaseRequest(
        request_id="r-4711",
        affair_id="bulky-items",
        channel=cases_types_pb2.CHANNEL_WEB,
        description="Sofa and two mattresses on the pavement, blocking the ramp. 两张床垫挡住了坡道。",
        location=types_pb2.Point(latitude=34.0522, longitude=-118.2437),
        address="1200 W 7TH ST, 90017",
        reporter_id="5f0c11",
    )


def main() -> None:
    """Print microseconds per message."""
    try:
        protovalidate: Any = importlib.import_module("protovalidate")
    except ImportError:
        print("protovalidate is not installed: pip install protovalidate")
        return
    copies = Copies(protovalidate)
    print(f"{'request':<22}{'forms':>10}{'rules':>10}{'protovalidate':>16}   µs a message, best of {REPEATS}")
    for name, request in (("AcceptCase, good", small()), ("OpenCase, good", large())):
        _compare(name, request, copies, protovalidate)
    _compare("OpenCase, 3 wrong", _spoiled(large()), copies, protovalidate)


def _spoiled(request: Any) -> Message:
    request.request_id = ""
    request.affair_id = "x" * 65
    request.location.latitude = 91
    return request  # type: ignore[no-any-return] # a message all the same


def _compare(name: str, request: Message, copies: "Copies", protovalidate: Any) -> None:
    descriptor: Any = request.DESCRIPTOR
    check = rules_of(descriptor)
    copy = copies.of(request)
    collect = protovalidate.Validator().collect_violations
    assert len(check(request)) == len(collect(copy)), (check(request), collect(copy))
    normal = normal_of(descriptor, "CN")
    forms, rules = _micros(lambda: normal(request)), _micros(lambda: check(request))
    print(f"{name:<22}{forms:>10.2f}{rules:>10.2f}{_micros(lambda: collect(copy)):>16.2f}")


def _micros(call: Callable[[], object]) -> float:
    return min(timeit.repeat(call, number=ROUNDS, repeat=REPEATS)) / ROUNDS * 1e6


class Copies:
    """The same message types in a package of their own, with protovalidate's rules."""

    def __init__(self, protovalidate: Any) -> None:
        self._pool = descriptor_pool.Default()
        importlib.import_module("google.protobuf.field_mask_pb2")  # their options import it
        generated = importlib.import_module(f"{protovalidate.__name__}._gen.buf.validate.validate_pb")
        self._pool.AddSerializedFile(generated.desc().proto.to_binary())
        self._rules: Any = message_factory.GetMessageClass(
            self._pool.FindMessageTypeByName("buf.validate.FieldRules")
        )
        self._known: set[str] = set()

    def of(self, message: Message) -> Message:
        """The message as one of the copied type."""
        descriptor: Any = message.DESCRIPTOR
        self._add(descriptor)
        kind = message_factory.GetMessageClass(self._pool.FindMessageTypeByName(_copied(descriptor)))
        return kind.FromString(message.SerializeToString())

    def _add(self, descriptor: Descriptor) -> None:
        if descriptor.full_name in self._known or descriptor.full_name.startswith("google."):
            return
        self._known.add(descriptor.full_name)
        file = descriptor_pb2.FileDescriptorProto(
            name=f"bench/{descriptor.full_name}.proto",
            package=_copied(descriptor).rpartition(".")[0],
            syntax="proto3",
        )
        file.dependency.append("buf/validate/validate.proto")
        copy = file.message_type.add()
        descriptor.CopyToProto(copy)
        for field, source in zip(copy.field, descriptor.fields, strict=True):
            field.options.Clear()
            field.options.MergeFromString(self._options(source))
            self._point_at_copy(field, source, file)
        self._pool.AddSerializedFile(file.SerializeToString())

    def _point_at_copy(self, field: Any, source: FieldDescriptor, file: Any) -> None:
        if source.message_type is not None:
            self._add(source.message_type)
            ours = not source.message_type.full_name.startswith("google.")
            field.type_name = "." + (_copied(source.message_type) if ours else source.message_type.full_name)
            path = f"bench/{source.message_type.full_name}.proto" if ours else source.message_type.file.name
        elif source.enum_type is not None:
            path = source.enum_type.file.name
        else:
            return
        if path not in file.dependency:
            file.dependency.append(path)

    def _options(self, field: FieldDescriptor) -> bytes:
        """The FieldOptions, as bytes, with our rules in protovalidate's words."""
        ours = field.GetOptions().Extensions[rules_pb2.rules]
        theirs = self._rules(required=ours.required)
        if field.is_repeated:
            theirs.repeated.max_items = ours.max_items or MOST_ITEMS
        elif field.type == FieldDescriptor.TYPE_STRING:
            theirs.string.max_len = ours.max_length or MOST_CHARACTERS
            if ours.pattern:
                theirs.string.pattern = f"^(?:{ours.pattern})$"
        elif field.type == FieldDescriptor.TYPE_ENUM:
            theirs.enum.defined_only = True
        elif field.type == FieldDescriptor.TYPE_DOUBLE:
            theirs.double.finite = True
            if ours.bounded:
                theirs.double.gte, theirs.double.lte = ours.minimum, ours.maximum
        raw: bytes = theirs.SerializeToString()
        return _tag(_FIELD_RULES) + bytes([len(raw)]) + raw


def _tag(number: int) -> bytes:
    key = number << 3 | 2
    return bytes([key & 0x7F | 0x80, key >> 7])


def _copied(descriptor: Descriptor) -> str:
    return "bench." + descriptor.full_name


if __name__ == "__main__":
    main()
