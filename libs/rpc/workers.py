"""The threads that serve rpcs: what grpc asks of an executor, and nothing more.

The standard library's executor makes a future with a lock and a condition for every call; grpc only
wants to be told when a call is over. That is a tenth of what grpc itself costs per rpc.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from libs.telemetry import logs

_log = logs.get("rpc")


class Work:
    """One call that a thread will make; tells once it is over."""

    __slots__ = ("_arguments", "_call", "_callbacks", "_over")

    def __init__(self, call: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._call = call
        self._arguments = arguments
        self._callbacks: list[Callable[[object], object]] = []
        self._over = False

    def add_done_callback(self, callback: Callable[[object], object]) -> None:
        """Call `callback` when the work is over; at once if it is already."""
        self._callbacks.append(callback)
        if self._over:
            self._tell()

    def run(self) -> None:
        """Do it. Nothing comes out: what is raised is logged."""
        try:
            self._call(*self._arguments)
        except Exception as error:  # noqa: BLE001 # a thread must live on
            _log.error("work failed", exc_info=error)
        self._over = True
        self._tell()

    def _tell(self) -> None:
        # Both threads may come here at once; a pop gives each callback to one of them.
        while self._callbacks:
            try:
                callback = self._callbacks.pop()
            except IndexError:
                return
            callback(self)


class Workers:
    """A number of threads, and a queue before them."""

    def __init__(self, number: int, name: str = "rpc") -> None:
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{n}", daemon=True) for n in range(number)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Calls that no thread has begun yet."""
        return self._queue.qsize()

    def submit(self, call: Callable[..., object], /, *arguments: Any) -> Work:
        """Let a thread make the call."""
        work = Work(call, arguments)
        self._queue.put(work)
        return work

    def shutdown(self) -> None:
        """Let the threads end when the queue is empty."""
        for _ in self._threads:
            self._queue.put(None)

    def _serve(self) -> None:
        while (work := self._queue.get()) is not None:
            work.run()
            del work  # a call's memory is not kept until the next one comes
