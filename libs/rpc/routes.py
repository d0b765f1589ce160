"""From the path of an rpc to what serves it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import grpc

from libs.rpc.admission import Served, Ticket
from libs.rpc.errors import Failure, Rejected
from libs.rpc.interceptors import Handler, abort
from libs.rpc.streams import Send

UNKNOWN = Failure(
    code=grpc.StatusCode.UNIMPLEMENTED,
    reason="METHOD_UNKNOWN",
    message="no such rpc is served here; the reflection service lists those that are",
)


class Routes(grpc.GenericRpcHandler):
    """Every rpc of the server."""

    def __init__(self) -> None:
        self._rpcs: dict[str, Served] = {}
        self._handlers: dict[str, Handler] = {}

    def serve(self, path: str, rpc: Served) -> None:
        """Serve `path` by an rpc, once admission lets a call in."""
        self._rpcs[path] = rpc

    def add(self, path: str, handler: Handler, threads: ThreadPoolExecutor) -> None:
        """Serve `path` by a handler of grpc's kind, on threads of its own."""
        self._handlers[path] = on_threads(handler, threads)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler:
        """Grpc asks it for every rpc."""
        handler = self._handlers.get(handler_call_details.method)
        if handler is not None:
            return handler
        return cast("Handler", self._ticket(handler_call_details))  # it has all that grpc looks at

    def _ticket(self, details: grpc.HandlerCallDetails) -> Ticket:
        rpc = self._rpcs.get(details.method)
        if rpc is None:
            return Ticket(_Nothing(), {}, Rejected(UNKNOWN))
        metadata = details.invocation_metadata or ()
        return Ticket(rpc, {key: value for key, value in metadata if value.__class__ is str})


class _Nothing:
    """Serves what is not there."""

    streams = False

    def admit(self, actor: object, metadata: object) -> None:
        """Nobody gets that far."""

    def answer(self, raw: bytes, wire: grpc.ServicerContext, ticket: Ticket) -> Any:
        """Say so."""
        abort(wire, UNKNOWN)

    def follow(self, raw: bytes, wire: grpc.ServicerContext, ticket: Ticket, send: Send) -> None:
        """Nobody asks for it: it does not stream."""


def on_threads(handler: Handler, threads: ThreadPoolExecutor) -> Handler:
    """The same handler, run on other threads than the server's own (grpc asks its function for them)."""
    kinds = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
    for kind in kinds:
        behavior = getattr(handler, kind)
        if behavior is not None:
            behavior.experimental_thread_pool = threads
    return handler
