"""Protos of tests, compiled when they are first needed: no stubs to keep."""

import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import ServiceDescriptor
from linli.options.v1 import access_pb2, rules_pb2  # noqa: F401 # the pool must know the options

PROTO = Path(__file__).parents[2] / "proto"
_COMPILED = "LINLI_TEST_COMPILED"


def descriptors(
    files: Sequence[str], *options: str, within: Path = PROTO
) -> descriptor_pb2.FileDescriptorSet:
    """What protoc makes of proto files, by their paths in a folder. Raises RuntimeError with what it said.

    In a process of its own: protoc brings a protobuf library along that does not share a process with
    the one in OR-Tools.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "compiled.bin")
        includes = [f"-I{each}" for each in dict.fromkeys((within, PROTO))]
        command = [sys.executable, "-m", "grpc_tools.protoc", *includes, *options]
        command += [f"--descriptor_set_out={target}", *files]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise RuntimeError(f"{', '.join(files)} does not compile: {made.stderr}")
        return descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())


def compiled(path: Path) -> None:
    """Add a proto file to the pool of descriptors. Raises RuntimeError with what protoc said.

    Processes that this one starts inherit what protoc made: dozens of them need the same file.
    """
    kept = f"{_COMPILED}_{path.stem.upper()}"
    if kept not in os.environ:
        made = descriptors([path.name], within=path.parent)
        os.environ[kept] = base64.b64encode(made.SerializeToString()).decode("ascii")
    inherited = base64.b64decode(os.environ[kept])
    for file in descriptor_pb2.FileDescriptorSet.FromString(inherited).file:
        descriptor_pool.Default().AddSerializedFile(file.SerializeToString())


def message_class(full_name: str) -> Any:
    """The class of a message in the pool."""
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(full_name))


def service(full_name: str) -> ServiceDescriptor:
    """A service in the pool."""
    return descriptor_pool.Default().FindServiceByName(full_name)
