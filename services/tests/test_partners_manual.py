"""The partners' manual says of scopes and public rpcs what the protos say."""

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import MethodDescriptor
from linli.options.v1 import access_pb2

from services.tests.test_readmes import NAMES

MANUAL = (Path(__file__).parents[2] / "proto" / "README.md").read_text("utf-8")


def test_the_manual_names_every_scope_with_its_rpcs() -> None:
    needed = defaultdict(set)
    for name, rpc in _rpcs():
        for scope in _access(rpc).scopes:
            needed[scope].add(f"{name}.{rpc.name}")

    told = {}
    for scope, rpcs in re.findall(r"^\| `([a-z.]+)` \| (\w+: .*?) \|", MANUAL, re.MULTILINE):
        parts = (part.partition(": ") for part in rpcs.split("; "))
        told[scope] = {f"{name}.{rpc}" for name, _, listed in parts for rpc in re.findall(r"`(\w+)`", listed)}

    assert told == needed


def test_the_manual_names_every_public_rpc() -> None:
    public = {f"{name}.{rpc.name}" for name, rpc in _rpcs() if _access(rpc).public}

    [paragraph] = re.findall(r"\*\*Public rpcs\*\*(.*?)Health", MANUAL, re.DOTALL)

    assert set(re.findall(r"`([\w.]+)`", paragraph)) == public


def _rpcs() -> Iterator[tuple[str, MethodDescriptor]]:
    for name in (*NAMES, "feed", "operations"):
        stubs = importlib.import_module(f"linli.{name}.v1.{name}_service_pb2")
        for service in stubs.DESCRIPTOR.services_by_name.values():
            yield from ((name, rpc) for rpc in service.methods)


def _access(rpc: MethodDescriptor) -> access_pb2.Access:
    return rpc.GetOptions().Extensions[access_pb2.access]
