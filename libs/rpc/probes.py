"""Health v1, on threads of its own: it answers when all workers are busy."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2

from libs.rpc.errors import Failure
from libs.rpc.interceptors import TOO_MANY, abort
from libs.rpc.routes import Routes

_MOST_WATCHERS = 1000
_NOT_SERVED = Failure(
    code=grpc.StatusCode.NOT_FOUND, reason="HEALTH_UNKNOWN", message="no such service is served here"
)
_TOO_MANY_WATCHERS = replace(TOO_MANY, message="too many callers watch health; ask with Check instead")


class Held:
    """Calls that their callers hold open for as long as the server lives: `end` lets it stop without them."""

    def __init__(self) -> None:
        self._ends: dict[object, Callable[[], object]] = {}

    def __len__(self) -> int:
        """How many they are."""
        return len(self._ends)

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
    routes: Routes,
    servicer: Any,
    threads: ThreadPoolExecutor,
    teller: ThreadPoolExecutor,
    held: Held,
    look: Callable[[], object],
    names: Collection[str],
) -> None:
    """Serve `grpc.health.v1.Health` of the services `names`.

    `look` is called before each check, so that it tells how things are. Watchers are told by the one thread
    of `teller`: the servicer tells them under its lock and would wait there for the network, while grpc's
    own thread waits for that lock to say that another watcher has gone.
    """

    def watch(request: Any, context: grpc.ServicerContext, send: Callable[[Any], None]) -> None:
        if request.service not in names:
            abort(context, _NOT_SERVED)
        if len(held) >= _MOST_WATCHERS:
            abort(context, _TOO_MANY_WATCHERS)

        def tell(answer: Any) -> None:
            with suppress(RuntimeError):  # the server has stopped
                teller.submit(send, answer)

        servicer.Watch(request, context, tell)
        held.hold(context, lambda: tell(None))  # no more answers: the end of the stream

    def check(request: Any, context: grpc.ServicerContext) -> Any:
        look()
        return servicer.Check(request, context)

    watch.experimental_non_blocking = True  # type: ignore[attr-defined] # grpc asks the function for it
    codec = (health_pb2.HealthCheckRequest.FromString, health_pb2.HealthCheckResponse.SerializeToString)
    routes.add(f"/{health.SERVICE_NAME}/Check", grpc.unary_unary_rpc_method_handler(check, *codec), threads)
    routes.add(f"/{health.SERVICE_NAME}/Watch", grpc.unary_stream_rpc_method_handler(watch, *codec), threads)
