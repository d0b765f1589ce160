"""A service's README beside its code: the tables must say what is there, no more and no less."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType

from google.protobuf.descriptor import Descriptor, FileDescriptor

_CODE = re.compile(r"`([^`]+)`")


def tables(readme: Path) -> dict[str, list[str]]:
    """The first column of each table, by its heading: `{"rpc": ["OpenCase", …], "view": […]}`."""
    found: dict[str, list[str]] = {}
    column: list[str] | None = None
    for line in readme.read_text(encoding="utf-8").splitlines():
        if not line.lstrip().startswith("|"):
            column = None
            continue
        first = line.strip().strip("|").split("|")[0].strip()
        if column is None:
            column = found.setdefault(first.lower(), [])
        elif not set(first) <= set("-: "):
            column.append(_named(first))
    return found


def _named(cell: str) -> str:
    """The name in a cell: what is marked as code, or all of it."""
    marked = _CODE.search(cell)
    return marked.group(1) if marked else cell


def differences(readme: Path, expected: Mapping[str, Iterable[str]]) -> list[str]:
    """What the README's tables lack or invent, one sentence each."""
    written = tables(readme)
    told: list[str] = []
    for heading, names in expected.items():
        there = written.get(heading, [])
        told += [f"{readme}: the table `{heading}` lacks {name}" for name in sorted(set(names) - set(there))]
        told += [
            f"{readme}: the table `{heading}` has {name}, the code has not"
            for name in there
            if name not in names
        ]
        told += [
            f"{readme}: {name} stands twice in `{heading}`" for name in set(there) if there.count(name) > 1
        ]
    return told


def rpcs(stubs: ModuleType) -> set[str]:
    """The rpcs of a `<svc>_service_pb2`."""
    services = stubs.DESCRIPTOR.services_by_name.values()
    return {method.name for service in services for method in service.methods}


def published_events(stubs: ModuleType) -> set[str]:
    """The messages of a `<svc>_events_pb2` that are events: those that are no part of another."""
    file: FileDescriptor = stubs.DESCRIPTOR
    messages: list[Descriptor] = list(file.message_types_by_name.values())
    parts = {
        field.message_type.full_name
        for message in messages
        for field in message.fields
        if field.message_type is not None
    }
    return {message.name for message in messages if message.full_name not in parts}
