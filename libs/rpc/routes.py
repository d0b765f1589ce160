"""From the path of an rpc to its handler and its threads, with a quick "no" when too many wait."""

from concurrent.futures import ThreadPoolExecutor

import grpc

from libs.rpc.errors import Failure
from libs.rpc.interceptors import TOO_MANY, Handler, refusing
from libs.rpc.workers import Workers

UNKNOWN = Failure(
    code=grpc.StatusCode.UNIMPLEMENTED,
    reason="METHOD_UNKNOWN",
    message="no such rpc is served here; ask the reflection service what is",
)


class Routes(grpc.GenericRpcHandler):
    """Every rpc of the server. Refusals run on threads of their own, so that a full server can refuse."""

    def __init__(self, workers: Workers, most_waiting: int, refusers: ThreadPoolExecutor) -> None:
        self._handlers: dict[str, Handler] = {}
        self._shed: set[str] = set()
        self._workers = workers
        self._most = most_waiting
        self._full = on_threads(refusing(TOO_MANY), refusers)
        self._unknown = on_threads(refusing(UNKNOWN), refusers)

    def add(
        self,
        path: str,
        handler: Handler,
        threads: ThreadPoolExecutor | None = None,
    ) -> None:
        """Serve `path` by `handler`: on `threads`, or on the workers and only while few enough wait."""
        if threads is None:
            self._shed.add(path)
        self._handlers[path] = handler if threads is None else on_threads(handler, threads)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler:
        """Grpc asks it for every rpc."""
        path = handler_call_details.method
        if self._workers.waiting >= self._most and path in self._shed:
            return self._full
        return self._handlers.get(path, self._unknown)


def on_threads(handler: Handler, threads: ThreadPoolExecutor) -> Handler:
    """The same handler, run on other threads than the server's own (grpc asks its function for them)."""
    kinds = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
    for kind in kinds:
        behavior = getattr(handler, kind)
        if behavior is not None:
            behavior.experimental_thread_pool = threads
    return handler
