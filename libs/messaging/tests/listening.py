"""A consumer in the test's own thread: hears what a relay publishes, and lets it take effect if it is to."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from linli.exchange.v1 import exchange_pb2
from linli.feed.v1 import feed_service_pb2 as feed

from libs.messaging import broker, topology
from libs.messaging.broker import Broker
from libs.messaging.intake import Delivered, Intake
from libs.messaging.publishing import Publishing
from libs.messaging.tests.town import SOURCE, Town, key_of, unsealed
from libs.runtime.host.parts import Service
from libs.testkit.eventually import eventually


class Listener:
    """The queue of the tally. What came is in `heard` and `again`; with a town it takes effect there."""

    def __init__(self, to: Broker, town: Town | None = None, release: Service | None = None) -> None:
        self.heard: list[feed.Batch] = []
        self.again: list[feed.Batch] = []
        self.asked: list[int] = []
        self._broker = to
        self._intake = Intake(town.inbox(release), "counter", SOURCE, key_of) if town else None
        self._connection: Any = None
        self._came: list[Any] = []

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        broker.close(self._connection)

    def until(self, condition: Callable[[], object], what: str = "", *, seconds: float = 30.0) -> None:
        """Listen until something is so."""

        def met() -> object:
            self._turn()
            return condition()

        eventually(met, what, seconds=seconds)

    def ask(self, after: int, *types: str) -> None:
        """Ask the relay to publish again what follows a position, of some types if any are named."""
        request = exchange_pb2.Rewind(source=SOURCE, consumer="tally", after=after, types=types)
        connection = self._broker.connect()
        Publishing(connection).publish(request.SerializeToString(), topology.rewind("counter"))
        broker.close(connection)

    def _listen(self) -> None:
        self._came.clear()
        self._connection = self._broker.connect()
        queue = topology.subscription("tally", "counter")
        self._broker.listen(self._connection, queue, self._came.append, prefetch=10)

    def _turn(self) -> None:
        """Take what has come by now; connect again if the connection is broken."""
        try:
            with suppress(TimeoutError):
                while True:
                    self._connection.drain_events(timeout=0.01)
                    self._take()
            self._connection.heartbeat_tick()
        except broker.BROKEN:
            broker.close(self._connection)
            with suppress(*broker.BROKEN):
                self._listen()

    def _take(self) -> None:
        while self._came:
            message = self._came.pop(0)
            again = message.delivery_info["routing_key"].startswith("again.")
            (self.again if again else self.heard).append(unsealed(message.body))
            if self._intake is not None:
                request = self._intake.take(Delivered(body=message.body, again=again))
                if request is not None:
                    self.asked.append(request.after)
                    self.ask(request.after, *request.types)
            broker.acknowledge(message)
