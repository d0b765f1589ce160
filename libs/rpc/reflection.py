"""Reflection (v1 and v1alpha), for callers with a token, on threads of its own."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health
from grpc_reflection.v1alpha import reflection, reflection_pb2

from libs.rpc.access import Caller
from libs.rpc.errors import Rejected
from libs.rpc.interceptors import Authority, abort, token_missing, token_of
from libs.rpc.limits.limits import Limits
from libs.rpc.probes import Held
from libs.rpc.routes import Routes

_V1 = "grpc.reflection.v1.ServerReflection"


class Reflection:
    """Tells callers with a token which services there are. A conversation counts as one of their streams."""

    def __init__(self, services: Sequence[str], authority: Authority, limits: Limits) -> None:
        names = (*services, health.SERVICE_NAME, _V1, reflection.SERVICE_NAME)
        self._servicer = reflection.ReflectionServicer(names, pool=_Symbols())
        self._authority = authority
        self._limits = limits

    def add(self, routes: Routes, threads: ThreadPoolExecutor, held: Held) -> None:
        """Serve it; v1 and v1alpha are the same bytes under two names."""
        codec = (
            reflection_pb2.ServerReflectionRequest.FromString,
            reflection_pb2.ServerReflectionResponse.SerializeToString,
        )

        def info(requests: Any, context: Any) -> Iterator[Any]:
            held.hold(context, context.cancel)
            try:
                caller = self._caller(context)
                account = self._limits.stream(f"caller:{caller.subject}", caller.quota)
            except Rejected as no:
                abort(context, no.failure)
                return
            try:
                yield from self._servicer.ServerReflectionInfo(requests, context)
            finally:
                self._limits.end_stream(account)

        for name in (_V1, reflection.SERVICE_NAME):
            handler = grpc.stream_stream_rpc_method_handler(info, *codec)
            routes.add(f"/{name}/ServerReflectionInfo", handler, threads)

    def _caller(self, context: grpc.ServicerContext) -> Caller:
        metadata = context.invocation_metadata() or ()
        token = token_of({key: value for key, value in metadata if isinstance(value, str)})
        if token is None:
            raise token_missing()
        return self._authority.caller(token)


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
