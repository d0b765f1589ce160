"""Every rpc of the platform, every field that its requests can hold, and what the protos say of each."""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from linli.options.v1 import rules_pb2

from libs.rpc.methods import Method
from libs.testkit.protos import PROTO, descriptors
from libs.testkit.rpc import every_rpc

_CONTRACTS = Path(__file__).parents[1] / "contracts"
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A field of a request, and the way to it: `details.places[0].address`."""

    method: Method
    way: tuple[FieldDescriptor, ...]

    @property
    def field(self) -> FieldDescriptor:
        """The field itself."""
        return self.way[-1]

    @property
    def rules(self) -> rules_pb2.Rules:
        """What it declares."""
        return rules_of(self.field)

    @property
    def profile(self) -> int:
        """The normal form it declares, or inherits from the messages around it."""
        declared = (rules_of(field).profile for field in reversed(self.way))
        return next((profile for profile in declared if profile), rules_pb2.PROFILE_FREE_TEXT)

    @property
    def path(self) -> str:
        """As a violation names it, in a request that `put` has filled."""
        return ".".join(field.name + ("[0]" if field.is_repeated else "") for field in self.way)

    def put(self, value: Any, request: Message | None = None) -> Message:
        """A request with the value in this place, and nothing else that is not around it."""
        request = request or self.method.request()
        inner: Any = request
        for field in self.way[:-1]:
            held = getattr(inner, field.name)
            inner = (held[0] if held else held.add()) if field.is_repeated else held
        if self.field.is_repeated:
            getattr(inner, self.field.name).append(value)
        elif isinstance(value, Message):
            getattr(inner, self.field.name).CopyFrom(value)
        else:
            setattr(inner, self.field.name, value)
        return request

    def take(self, request: Message) -> Any:
        """What the place holds: the first entry of a list; "" for none."""
        around = self.around(request)
        held = "" if around is None else getattr(around, self.field.name)
        return next(iter(held), "") if self.field.is_repeated else held

    def around(self, request: Message) -> Any:
        """The message that has the field, in the first entries of the lists on the way; None without any."""
        inner: Any = request
        for field in self.way[:-1]:
            held = getattr(inner, field.name)
            if field.is_repeated and not held:
                return None
            inner = held[0] if field.is_repeated else held
        return inner

    def __str__(self) -> str:
        return f"{self.method.path.rpartition('.')[2]}:{self.path}"


def rules_of(field: FieldDescriptor) -> rules_pb2.Rules:
    """The rules that a field declares."""
    declared: rules_pb2.Rules = field.GetOptions().Extensions[rules_pb2.rules]
    return declared


@cache
def every_service() -> tuple[ServiceDescriptor, ...]:
    """All services of the contracts."""
    paths = sorted(_CONTRACTS.glob("linli/*/v1/*_service_pb2.py"))
    names = [".".join(path.relative_to(_CONTRACTS).with_suffix("").parts) for path in paths]
    modules = map(importlib.import_module, names)
    return tuple(one for module in modules for one in module.DESCRIPTOR.services_by_name.values())


@cache
def every_place() -> tuple[Place, ...]:
    """All fields of all requests, those of messages within them, too."""
    methods = every_rpc(*every_service())
    return tuple(Place(method, way) for method in methods for way in _ways(method.request.DESCRIPTOR))


def _ways(descriptor: Any, depth: int = _DEEPEST) -> Iterator[tuple[FieldDescriptor, ...]]:
    for field in descriptor.fields:
        yield (field,)
        inner = field.message_type
        if inner is not None and depth and not inner.full_name.startswith("google."):
            yield from ((field, *way) for way in _ways(inner, depth - 1))


@cache
def comments() -> Mapping[str, str]:
    """What the protos say before each message, field, rpc and value, by full name."""
    protos = [str(path.relative_to(PROTO)) for path in sorted(PROTO.glob("linli/**/*.proto"))]
    files = descriptors(protos, "--include_source_info").file
    return {name: text for file in files for name, text in _comments(file)}


def _comments(file: Any) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        text = " ".join(location.leading_comments.split())
        if not text or len(location.path) % 2:
            continue
        at: Any = file
        names = [file.package]
        for kind, index in zip(location.path[::2], location.path[1::2], strict=True):
            at = getattr(at, at.DESCRIPTOR.fields_by_number[kind].name)[index]
            names.append(at.name)
        yield ".".join(names), text


def syntax_comment(path: str) -> str:
    """What a proto file says at its top, before `syntax`; `path` as it is imported."""
    lines = Path(PROTO, path).read_text(encoding="utf-8").partition("\nsyntax")[0].splitlines()
    return "\n".join(line.removeprefix("//") for line in lines)
