"""Health v1 and reflection (v1 and v1alpha), on threads of their own: they answer when workers are busy."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from libs.rpc.routes import Routes

_REFLECTION_V1 = "grpc.reflection.v1.ServerReflection"


def add_health(routes: Routes, servicer: Any, threads: ThreadPoolExecutor) -> None:
    """Serve `grpc.health.v1.Health`."""
    check, watch = _function(servicer.Check), _function(servicer.Watch)
    watch.experimental_non_blocking = True  # type: ignore[attr-defined] # grpc asks the function for it
    codec = (health_pb2.HealthCheckRequest.FromString, health_pb2.HealthCheckResponse.SerializeToString)
    routes.add(f"/{health.SERVICE_NAME}/Check", grpc.unary_unary_rpc_method_handler(check, *codec), threads)
    routes.add(f"/{health.SERVICE_NAME}/Watch", grpc.unary_stream_rpc_method_handler(watch, *codec), threads)


def add_reflection(routes: Routes, services: Sequence[str], threads: ThreadPoolExecutor) -> None:
    """Serve reflection; v1 and v1alpha are the same bytes under two names."""
    names = (*services, health.SERVICE_NAME, _REFLECTION_V1, reflection.SERVICE_NAME)
    servicer = reflection.ReflectionServicer(names)
    codec = (
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    for name in (_REFLECTION_V1, reflection.SERVICE_NAME):
        info = _function(servicer.ServerReflectionInfo)
        handler = grpc.stream_stream_rpc_method_handler(info, *codec)
        routes.add(f"/{name}/ServerReflectionInfo", handler, threads)


def _function(method: Callable[..., Any]) -> Callable[..., Any]:
    """A plain function around a bound method: only functions take the attributes that grpc looks for."""

    def call(*args: Any) -> Any:
        return method(*args)

    return call
