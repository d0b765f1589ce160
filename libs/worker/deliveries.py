"""Our own nameko entrypoint: a neighbour's batches from its queue, in order, one at a time.

nameko's own event handlers take messages as they come, acknowledge those that failed, and declare
queues that the broker forgets. Here a batch is acknowledged when its effects are committed, the
next one waits for that, and what could not be stored is tried again until it can.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, TypeVar

import eventlet
import kombu
from eventlet.event import Event
from eventlet.queue import LightQueue
from eventlet.semaphore import Semaphore
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
from nameko.timer import Timer

from libs.messaging import broker, topology
from libs.messaging.failures import PASSING, is_conflict, trouble
from libs.messaging.intake import Delivered
from libs.telemetry import logs, metrics
from libs.worker.house import House

_log = logs.get("deliveries")

_PREFETCH = 10
_LOOK_UP = 0.2
_LONGEST_PAUSE = 5.0
_SHORTEST_PAUSE = 0.05

Method = TypeVar("Method", bound=Callable[..., Any])

_Result = tuple[Any, tuple[type[Exception], Exception, TracebackType] | None]


class _Line:
    """One connection's life: what came in on it is worth nothing once it is broken."""

    def __init__(self, connection: kombu.Connection) -> None:
        self.connection = connection
        self.sending = Semaphore()  # two greenlets may send on it, never at once
        self.alive = True


class _Neighbour:
    """Hears one neighbour: one greenlet reads from the broker, one lets the batches take effect."""

    def __init__(self, entrypoint: "Deliveries", house: House, upstream: str) -> None:
        self._entrypoint = entrypoint
        self._house = house
        self._upstream = upstream
        self._service = house.opened.name
        self._queue = topology.subscription(self._service, upstream)
        self._came: LightQueue = LightQueue()
        self._requests: list[Any] = []
        self._stopping = Event()
        self._greenlets: list[Any] = []

    def start(self) -> None:
        spawn = self._entrypoint.container.spawn_managed_thread
        self._greenlets = [spawn(self._read, self._queue.name), spawn(self._work, f"{self._queue.name} work")]

    def stop(self) -> None:
        """Finish the batch in hand; what else has come goes back to the broker."""
        if not self._stopping.ready():
            self._stopping.send(None)
            self._came.put(None)
        for greenlet in self._greenlets:
            greenlet.wait()

    def kill(self) -> None:
        for greenlet in self._greenlets:
            greenlet.kill()

    # -- reading -----------------------------------------------------------------------------------

    def _read(self) -> None:
        """Keep a connection to the broker, and read from it."""
        pause = _SHORTEST_PAUSE
        while not self._stopping.ready():
            began = time.monotonic()
            try:
                self._listen()
            except broker.BROKEN as error:
                self._house.heard[self._upstream] = f"{type(error).__name__}: {error}".strip()
                _log.warning(
                    "lost the broker and tries again",
                    service=self._service,
                    queue=self._queue.name,
                    broker=self._house.broker.settings.place,
                    error=self._house.heard[self._upstream],
                )
                lasted = time.monotonic() - began > _LONGEST_PAUSE
                pause = _SHORTEST_PAUSE if lasted else min(2 * pause, _LONGEST_PAUSE)
                self._pause(pause)
            finally:
                metrics.broker_connected(self._service, self._queue.name, connected=False)

    def _listen(self) -> None:
        line = _Line(self._house.broker.connect(confirm=False))
        try:
            taking = partial(self._take_in, line)
            consumer = self._house.broker.listen(line.connection, self._queue, taking, prefetch=_PREFETCH)
            metrics.broker_connected(self._service, self._queue.name, connected=True)
            self._house.heard[self._upstream] = ""
            _log.info("listens", service=self._service, queue=self._queue.name)
            producer = kombu.Producer(consumer.channel)
            while not self._stopping.ready():
                self._look_up(line, producer)
            with line.sending:
                consumer.cancel()
            self._greenlets[1].wait()  # the batch in hand can still be acknowledged
        finally:
            line.alive = False
            broker.close(line.connection)

    def _look_up(self, line: _Line, producer: kombu.Producer) -> None:
        """Read for a moment; then say what is to be said to relays, and that we live."""
        with suppress(TimeoutError):
            line.connection.drain_events(timeout=_LOOK_UP)
        with line.sending:
            line.connection.heartbeat_check()
            while self._requests:
                key = topology.rewind(self._upstream)
                broker.publish(producer, self._requests[0].SerializeToString(), key)
                del self._requests[0]

    def _take_in(self, line: _Line, message: kombu.Message) -> None:
        self._came.put((line, message))

    # -- working -----------------------------------------------------------------------------------

    def _work(self) -> None:
        """Let what came take effect, one after the other."""
        while True:
            item = self._came.get()
            if item is None or self._stopping.ready():
                return
            line, message = item
            if line.alive and self._take_effect(line, message):
                self._acknowledge(line, message)

    def _take_effect(self, line: _Line, message: kombu.Message) -> bool:
        """Hand a batch to the service's method, again until it is stored; False if it is given back."""
        delivered = Delivered(
            body=bytes(message.body),
            again=message.delivery_info.get("routing_key", "").startswith("again."),
            redelivered=bool(message.delivery_info.get("redelivered")),
        )
        pause = _SHORTEST_PAUSE
        while line.alive:
            request, failure = self._entrypoint.run(self._upstream, delivered)
            if failure is None:
                if request is not None:
                    self._requests.append(request)
                return True
            if not (isinstance(failure[1], PASSING) or is_conflict(failure[1])):
                raise failure[1]  # not of the inbox's making: the container ends, and the process with it
            _log.warning(
                "batch could not be stored and is tried again",
                service=self._service,
                queue=self._queue.name,
                **trouble(failure[1]),
            )
            pause = min(2 * pause, _LONGEST_PAUSE)
            if self._pause(pause):
                return False
        return False

    def _acknowledge(self, line: _Line, message: kombu.Message) -> None:
        if not line.alive:
            return  # it comes again, and is known then
        try:
            with line.sending:
                message.ack()
        except broker.BROKEN:
            line.alive = False  # the reading side finds out by itself

    def _pause(self, seconds: float) -> bool:
        """Wait; True as soon as we are to stop."""
        with eventlet.Timeout(seconds, False):
            self._stopping.wait()
        return bool(self._stopping.ready())


class Deliveries(Entrypoint):  # type: ignore[misc]  # nameko ships no types
    """Calls the decorated method with (upstream, delivered) for every batch of every neighbour."""

    def setup(self) -> None:
        """Find out whom to listen to."""
        house = self.container.house
        self._neighbours = [_Neighbour(self, house, upstream) for upstream in house.upstreams]

    def start(self) -> None:
        """Listen to all of them."""
        for neighbour in self._neighbours:
            neighbour.start()

    def stop(self) -> None:
        """Finish what is in hand."""
        for neighbour in self._neighbours:
            neighbour.stop()

    def kill(self) -> None:
        """Drop what is in hand: it is delivered again."""
        for neighbour in self._neighbours:
            neighbour.kill()

    def run(self, upstream: str, delivered: Delivered) -> _Result:
        """Run the method in a worker of nameko's and wait for what comes of it."""
        done = Event()

        def handle_result(_context: Any, result: Any, exc_info: Any) -> _Result:
            done.send((result, exc_info))
            return result, exc_info

        try:
            self.container.spawn_worker(self, (upstream, delivered), {}, handle_result=handle_result)
        except ContainerBeingKilled:
            raise eventlet.greenlet.GreenletExit from None
        answer: _Result = done.wait()
        return answer


def deliveries(method: Method) -> Method:
    """Have a method called for every batch of every neighbour."""
    decorated: Method = Deliveries.decorator(method)
    return decorated


def every(*, seconds: float) -> Callable[[Method], Method]:
    """Have a method called at the start and then again and again; never twice at once."""
    decorator: Callable[[Method], Method] = Timer.decorator(interval=seconds, eager=True)
    return decorator
