"""Consumes the batches of one upstream service from their queue, in order, one at a time."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any

import eventlet
from eventlet.event import Event
from eventlet.queue import LightQueue
from linli.exchange.v1 import exchange_pb2

from libs.ledger.errors import EventTypeUnknown
from libs.messaging import broker, topology
from libs.messaging.failures import PASSING, is_conflict, trouble
from libs.messaging.histories import HistoryChanged
from libs.messaging.intake import Delivered
from libs.messaging.publishing import Publishing
from libs.retry.backoff import Backoff, Failures
from libs.telemetry import logs, metrics
from libs.worker.runner import ServiceRunner

_log = logs.get("deliveries")

_PREFETCH = 10
_LOOK_UP = 0.2
_CONNECT_SECONDS = 15.0
_BACKOFF = Backoff(first=0.1, most=5.0)
_TELL_AGAIN = 30.0

Result = tuple[Any, tuple[type[Exception], Exception, TracebackType] | None]
"""What the service's method answered, or what it raised."""

Run = Callable[[str, Delivered], Result]
Spawn = Callable[[Callable[[], None], str], Any]


class _GivenUp(ConnectionError):
    """We let go of the connection ourselves."""


class _Line:
    """One connection's life: what came in on it is worth nothing once it is broken."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.channel: Any = None
        self.alive = True
        self.given_up = False  # so that a worker of a newer release gets what came in on it
        self.heard_at = time.monotonic()


class QueueConsumer:
    """Consumes the queue of one upstream service.

    One greenlet reads from the broker, another lets the batches take effect. Only the first ever reads
    the connection. The second acknowledges on it: py-amqp writes each frame under a lock of its own. A
    third asks for what was missed, on another connection: the broker reads nothing from those who
    publish while it is short of memory, and this one must read acknowledgements for as long as it lives.
    """

    def __init__(self, runner: ServiceRunner, upstream: str, spawn: Spawn, run: Run) -> None:
        """`spawn` starts a greenlet and gives it a name; `run` hands a batch to the service's method."""
        self._spawn = spawn
        self._run = run
        self._runner = runner
        self._upstream = upstream
        self._service = runner.opened.name
        self._queue = topology.subscription(self._service, upstream)
        self._came: LightQueue = LightQueue()
        self._requests: LightQueue = LightQueue()
        self._stopping = Event()
        self._told_at = float("-inf")
        self._greenlets: dict[str, Any] = {}
        self._ended: set[str] = set()

    def start(self) -> None:
        """Begin to listen."""
        for name, run in {"reads": self._read, "works": self._work, "asks": self._ask}.items():
            self._greenlets[name] = self._spawn(partial(self._live, name, run), f"{self._queue.name} {name}")

    def _live(self, name: str, run: Callable[[], None]) -> None:
        try:
            run()
        finally:
            self._ended.add(name)

    def tell(self) -> None:
        """Tell it to finish the batch in hand; what else has come goes back to the broker."""
        if not self._stopping.ready():
            self._stopping.send(None)
            self._came.put(None)
            self._requests.put(None)

    def wait(self) -> None:
        """Wait until it has finished."""
        for greenlet in self._greenlets.values():
            greenlet.wait()

    def kill(self) -> None:
        """Drop what is in hand: it is delivered again."""
        for name, greenlet in self._greenlets.items():
            if name not in self._ended:  # one has died, and ends the container: that is not to be killed
                greenlet.kill()

    # -- reading -----------------------------------------------------------------------------------

    def _read(self) -> None:
        """Keep a connection to the broker, and read from it."""
        failures = Failures(_BACKOFF)
        while not self._stopping.ready():
            began = time.monotonic()
            try:
                self._listen()
            except _GivenUp:
                _log.warning("lets another worker be active", service=self._service, queue=self._queue.name)
                self._pause(failures.pause())
            except broker.BROKEN as error:
                if self._stopping.ready():
                    return
                self._tell(error)
                self._pause(failures.pause(lasted=time.monotonic() - began))
            finally:
                metrics.broker_connected(self._service, self._queue.name, connected=False)

    def _tell(self, error: Exception) -> None:
        """Say what is wrong: at once, and then now and then for as long as it lasts."""
        said = broker.told(self._runner.broker.settings, error)
        was_there = not self._runner.heard[self._upstream]
        self._runner.heard[self._upstream] = said
        if not was_there and time.monotonic() - self._told_at < _TELL_AGAIN:
            return
        self._told_at = time.monotonic()
        event = "lost the broker and tries again" if was_there else "cannot reach the broker and tries again"
        _log.warning(event, service=self._service, queue=self._queue.name, error=said)

    def _listen(self) -> None:
        with eventlet.Timeout(_CONNECT_SECONDS, TimeoutError("the broker does not answer")):
            line = _Line(self._runner.broker.connect())
        try:
            taking = partial(self._take_in, line)
            line.channel = self._runner.broker.listen(
                line.connection, self._queue, taking, prefetch=_PREFETCH
            )
            metrics.broker_connected(self._service, self._queue.name, connected=True)
            self._runner.heard[self._upstream] = ""
            _log.info("listens", service=self._service, queue=self._queue.name)
            while not self._finished():
                self._look_up(line)
        finally:
            line.alive = False
            self._runner.rest(self._upstream)
            broker.close(line.connection)

    def _finished(self) -> bool:
        """Whether we are to stop, and the batch in hand is acknowledged."""
        return bool(self._stopping.ready() and "works" in self._ended)

    def _look_up(self, line: _Line) -> None:
        """Read for a moment, and say that we live."""
        if not line.alive:
            raise _GivenUp if line.given_up else ConnectionError("an acknowledgement could not be sent")
        with suppress(TimeoutError):
            line.connection.drain_events(timeout=_LOOK_UP)
        line.connection.heartbeat_tick()
        silence = self._runner.broker.settings.heartbeat  # a relay that lives speaks every two seconds
        if time.monotonic() - line.heard_at > silence:  # somebody may have taken our bindings away
            line.heard_at = time.monotonic()
            broker.declare(line.channel, self._queue)

    def _take_in(self, line: _Line, message: Any) -> None:
        line.heard_at = time.monotonic()
        self._came.put((line, message))

    # -- asking ------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Send requests to publish again. One that is lost is made again: the gap is still there."""
        while (request := self._requests.get()) is not None:
            while not self._requests.empty():  # more came while the last one was on its way
                request = self._requests.get() or request
            if self._stopping.ready():
                return
            try:
                self._send(request)
            except broker.BROKEN as error:
                _log.info("request not sent", service=self._service, queue=self._queue.name, error=str(error))

    def _send(self, request: exchange_pb2.Rewind) -> None:
        with eventlet.Timeout(_CONNECT_SECONDS, TimeoutError("the broker does not answer")):
            connection = self._runner.broker.connect()
        try:
            publishing = Publishing(connection)
            key = topology.rewind(self._upstream)
            publishing.publish(request.SerializeToString(), key, meanwhile=self._unless_stopping)
        finally:
            broker.close(connection)

    def _unless_stopping(self) -> None:
        if self._stopping.ready():
            raise ConnectionAbortedError("told to stop")

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
            if not line.alive:  # lost while the batch took effect, which was measured
                self._runner.rest(self._upstream)

    def _take_effect(self, line: _Line, message: Any) -> bool:
        """Hand a batch to the service's method, again until it is stored; False if it is given back."""
        delivered = Delivered(
            body=broker.body_of(message),
            again=message.delivery_info.get("routing_key", "").startswith("again."),
            redelivered=bool(message.delivery_info.get("redelivered")),
        )
        failures = Failures(_BACKOFF)
        while line.alive:
            request, failure = self._run(self._upstream, delivered)
            if failure is None:
                if request is not None:
                    self._requests.put(request)
                return True
            self._bear(failure[1])
            # A worker of the newer release can: let it be active.
            if isinstance(failure[1], EventTypeUnknown):
                line.alive, line.given_up = False, True
                return False
            if self._pause(failures.pause()):
                return False
        return False

    def _bear(self, error: Exception) -> None:
        """Return if the same batch is to be tried again, and say why, unless the inbox has said it."""
        if isinstance(error, HistoryChanged):
            return  # until an operator decides; other sources and clocks go on
        if not (isinstance(error, PASSING) or is_conflict(error)):
            raise error  # not of the inbox's making: the container ends, and the process with it
        about = {"service": self._service, "queue": self._queue.name, **trouble(error)}
        _log.warning("batch could not be stored and is tried again", **about)

    def _acknowledge(self, line: _Line, message: Any) -> None:
        if not line.alive:
            return  # it comes again, and is known then
        try:
            broker.acknowledge(message)
        except broker.BROKEN:
            line.alive = False  # the reading side looks at it

    def _pause(self, seconds: float) -> bool:
        """Wait; True as soon as we are to stop."""
        with eventlet.Timeout(seconds, False):
            self._stopping.wait()
        return bool(self._stopping.ready())
