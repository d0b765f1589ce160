"""The cases service with one rpc more, which does nothing: what answering costs by itself.

It runs as `python -m e2e.bench.no_op`, just like `linli cases server`. The rpc goes
the way of all others (threads, deadline, token, scope, parsing, checking the fields, span, figures).
"""

import os
from dataclasses import replace
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2
from google.protobuf.descriptor import ServiceDescriptor
from linli.options.v1 import access_pb2

from libs.rpc.call import Call
from libs.runtime.host.parts import Api, Ground, Service, ServiceParts
from libs.runtime.host.shell import in_a_sentence, run_role
from services.cases.wiring import SERVICE, build


class NoOpApi:
    """linli.bench.NoOpService."""

    def do_nothing(self, _request: empty_pb2.Empty, _call: Call) -> empty_pb2.Empty:
        """Answer."""
        return empty_pb2.Empty()


def _build(ground: Ground, settings: Any) -> ServiceParts:
    parts = build(ground, settings)
    return replace(parts, apis=(*parts.apis, Api(descriptor=_descriptor(), implementation=NoOpApi())))


def _descriptor() -> ServiceDescriptor:
    file = descriptor_pb2.FileDescriptorProto(
        name="linli/bench/no_op.proto",
        package="linli.bench",
        syntax="proto3",
        dependency=["google/protobuf/empty.proto", "linli/options/v1/access.proto"],
    )
    method = file.service.add(name="NoOpService").method.add(
        name="DoNothing", input_type=".google.protobuf.Empty", output_type=".google.protobuf.Empty"
    )
    access = method.options.Extensions[access_pb2.access]
    access.scopes.append("cases.open")
    access.data_scope = access_pb2.DATA_SCOPE_ALL
    pool: Any = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    found: ServiceDescriptor = pool.FindServiceByName("linli.bench.NoOpService")
    return found


WITH_NO_OP: Service = replace(SERVICE, build=_build)

if __name__ == "__main__":
    raise SystemExit(in_a_sentence(WITH_NO_OP, lambda: run_role(WITH_NO_OP, "server", os.environ)))
