"""Our own nameko entrypoints: a neighbour's batches, in order, one at a time; and ticks.

nameko's own event handlers take messages as they come, acknowledge those that failed, and declare
queues that the broker forgets. Here a batch is acknowledged when its effects are committed, the
next one waits for that, and what could not be stored is tried again until it can.
"""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import eventlet
from eventlet.event import Event
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint
from nameko.timer import Timer

from libs.messaging.intake import Delivered
from libs.worker.consumer import QueueConsumer, Result

Method = TypeVar("Method", bound=Callable[..., Any])


class Deliveries(Entrypoint):  # type: ignore[misc]  # nameko ships no types
    """Calls the decorated method with (upstream, delivered) for every batch of every neighbour."""

    def setup(self) -> None:
        """Find out whom to listen to."""
        runner = self.container.runner
        spawn = self.container.spawn_managed_thread
        self._consumers = [QueueConsumer(runner, upstream, spawn, self.run) for upstream in runner.upstreams]

    def start(self) -> None:
        """Listen to all of them."""
        for neighbour in self._consumers:
            neighbour.start()

    def stop(self) -> None:
        """Finish what is in hand."""
        for neighbour in self._consumers:
            neighbour.tell()
        for neighbour in self._consumers:
            neighbour.wait()

    def kill(self) -> None:
        """Drop what is in hand: it is delivered again."""
        for neighbour in self._consumers:
            neighbour.kill()

    def run(self, upstream: str, delivered: Delivered) -> Result:
        """Run the method in a worker of nameko's and wait for what comes of it."""
        done = Event()

        def handle_result(_context: Any, result: Any, exc_info: Any) -> Result:
            done.send((result, exc_info))
            return result, exc_info

        try:
            self.container.spawn_worker(self, (upstream, delivered), {}, handle_result=handle_result)
        except ContainerBeingKilled:
            raise eventlet.greenlet.GreenletExit from None
        answer: Result = done.wait()
        return answer


def deliveries(method: Method) -> Method:
    """Have a method called for every batch of every neighbour."""
    decorated: Method = Deliveries.decorator(method)
    return decorated


class Ticks(Timer):  # type: ignore[misc]  # see above
    """A timer that reckons by the time that passes.

    nameko's own reckons by the wall clock: set back by an hour, it would not tick for an hour.
    """

    def _run(self) -> None:
        while True:
            began = time.monotonic()
            self.handle_timer_tick()
            self.worker_complete.wait()
            self.worker_complete.reset()
            with eventlet.Timeout(max(0.0, self.interval - (time.monotonic() - began)), False):
                self.should_stop.wait()
                return


def every(*, seconds: float) -> Callable[[Method], Method]:
    """Have a method called at the start and then again and again; never twice at once."""
    decorator: Callable[[Method], Method] = Ticks.decorator(interval=seconds)
    return decorator
