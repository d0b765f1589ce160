"""Health v1 and reflection (v1 and v1alpha), on threads of their own: they answer when workers are busy."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health, health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from libs.rpc.routes import Routes

_REFLECTION_V1 = "grpc.reflection.v1.ServerReflection"


class Held:
    """Calls that their callers hold open for as long as the server lives: `end` lets it stop without them."""

    def __init__(self) -> None:
        self._ends: dict[object, Callable[[], object]] = {}

    def hold(self, context: grpc.ServicerContext, end: Callable[[], object]) -> None:
        """`end` ends the call of `context`, unless its caller does."""

        def over() -> None:
            self._ends.pop(context, None)

        self._ends[context] = end
        if not context.add_callback(over):  # it is over already
            over()

    def end(self) -> None:
        """End them all."""
        for end in list(self._ends.values()):
            end()


def add_health(
    routes: Routes, servicer: Any, threads: ThreadPoolExecutor, held: Held, look: Callable[[], object]
) -> None:
    """Serve `grpc.health.v1.Health`; `look` is called before each check, so that it tells how things are."""

    def watch(request: Any, context: grpc.ServicerContext, send: Callable[[Any], None]) -> None:
        servicer.Watch(request, context, send)
        held.hold(context, lambda: send(None))  # no more answers: the end of the stream

    def check(request: Any, context: grpc.ServicerContext) -> Any:
        look()
        return servicer.Check(request, context)

    watch.experimental_non_blocking = True  # type: ignore[attr-defined] # grpc asks the function for it
    codec = (health_pb2.HealthCheckRequest.FromString, health_pb2.HealthCheckResponse.SerializeToString)
    routes.add(f"/{health.SERVICE_NAME}/Check", grpc.unary_unary_rpc_method_handler(check, *codec), threads)
    routes.add(f"/{health.SERVICE_NAME}/Watch", grpc.unary_stream_rpc_method_handler(watch, *codec), threads)


def add_reflection(routes: Routes, services: Sequence[str], threads: ThreadPoolExecutor, held: Held) -> None:
    """Serve reflection; v1 and v1alpha are the same bytes under two names."""
    names = (*services, health.SERVICE_NAME, _REFLECTION_V1, reflection.SERVICE_NAME)
    servicer = reflection.ReflectionServicer(names, pool=_Symbols())
    codec = (
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )

    def info(requests: Any, context: Any) -> Iterator[Any]:
        held.hold(context, context.cancel)
        yield from servicer.ServerReflectionInfo(requests, context)

    for name in (_REFLECTION_V1, reflection.SERVICE_NAME):
        handler = grpc.stream_stream_rpc_method_handler(info, *codec)
        routes.add(f"/{name}/ServerReflectionInfo", handler, threads)


class _Symbols:
    """The pool of all descriptors, in which the file of a method or field is found, too.

    Protobuf's own finds that of services and messages only; `grpcurl describe` asks for any symbol.
    """

    def __getattr__(self, name: str) -> Any:
        return getattr(descriptor_pool.Default(), name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802  # as the pool names it
        pool: Any = descriptor_pool.Default()
        with suppress(KeyError):
            return pool.FindFileContainingSymbol(symbol)
        with suppress(KeyError):
            return pool.FindMethodByName(symbol).containing_service.file
        return pool.FindFieldByName(symbol).file
