"""The threads that serve rpcs: what grpc asks of an executor, and nothing more.

The standard library's executor makes a future with a lock and a condition for every call; grpc only
wants to be told when a call is over. That is a tenth of what grpc itself costs per rpc.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any

from libs.telemetry import logs

_log = logs.get("rpc")


class CallerQueue:
    """The calls of one caller: some are before the threads or run, the others wait behind those."""

    __slots__ = ("ahead", "behind")

    def __init__(self) -> None:
        self.ahead = 0
        self.behind: deque[Work] = deque()


class Work:
    """One call that a thread will make; tells once it is over.

    `queue`: whose call it is; `end`: what happens when it is over, before anybody is told.
    """

    __slots__ = ("_arguments", "_call", "_callbacks", "_over", "end", "queue")

    def __init__(self, call: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self.queue: CallerQueue | None = None
        self.end: Callable[[], None] | None = None
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
        if self.end is not None:
            self.end()
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
    """A number of threads, and a queue before them.

    One caller's calls take up three quarters of the threads at most: the others wait in the caller's own
    queue, and whoever else comes passes them. A thread that only waits can step aside for that time: another
    one then serves in its place.
    """

    def __init__(self, number: int, name: str = "rpc") -> None:
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._name = name
        self._share = max(1, 3 * number // 4)
        self._behind = 0  # calls that wait in their callers' queues
        self._queues = threading.Lock()
        self._here = threading.local()  # `queue`: whose call this thread makes; `place`: its place in `_busy`
        self._busy: list[bool] = []  # by thread: each writes its own, so nobody needs a lock
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._resting: SimpleQueue[bool] = SimpleQueue()  # True: serve again; False: it is over
        self._idle = 0  # threads that rest until somebody steps aside
        self._surplus = 0  # threads that serve although all who stepped aside are back
        self._ending = False
        for _ in range(number):
            self._start()

    @property
    def waiting(self) -> int:
        """Calls that no thread has begun yet."""
        return self._queue.qsize() + self._behind

    @property
    def running(self) -> int:
        """Calls that threads make now, but for those that only wait."""
        return sum(self._busy)

    def submit(self, call: Callable[..., object], /, *arguments: Any) -> Work:
        """Let a thread make the call, which is nobody's in particular."""
        work = Work(call, arguments)
        self._queue.put(work)
        return work

    def begin(self, work: Work) -> None:
        """Let a thread do the work, in its turn."""
        queue = work.queue
        if queue is not None:
            with self._queues:
                if queue.ahead >= self._share:
                    queue.behind.append(work)
                    self._behind += 1
                    return
                queue.ahead += 1
        self._queue.put(work)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While a worker's thread only waits: another thread serves in its place until it is back."""
        queue: CallerQueue | None = getattr(self._here, "queue", None)
        if queue is not None:
            self._follow(queue)
        with self._lock:
            if self._surplus:
                self._surplus -= 1
            elif self._idle:
                self._idle -= 1
                self._resting.put(True)
            elif not self._ending:
                self._start()
        place: int | None = getattr(self._here, "place", None)
        self._mark(place, busy=False)
        try:
            yield
        finally:
            self._mark(place, busy=True)
            with self._lock:
                self._surplus += 1
            if queue is not None:
                with self._queues:
                    queue.ahead += 1

    def shutdown(self) -> None:
        """Let the threads end when the queue is empty."""
        with self._lock:
            self._ending = True
            for _ in self._threads:
                self._queue.put(None)
                self._resting.put(False)

    def _mark(self, place: int | None, *, busy: bool) -> None:
        if place is not None:
            self._busy[place] = busy

    def _start(self) -> None:
        place = len(self._threads)
        self._busy.append(False)
        serve = partial(self._serve, place)
        self._threads.append(threading.Thread(target=serve, name=f"{self._name}-{place}", daemon=True))
        self._threads[-1].start()

    def _serve(self, place: int) -> None:
        self._here.place = place
        while not (self._surplus and self._rests()) and (work := self._queue.get()) is not None:
            self._here.queue = work.queue
            self._busy[place] = True
            work.run()
            self._busy[place] = False
            if work.queue is not None:
                self._follow(work.queue)
            del work  # a call's memory is not kept until the next one comes

    def _follow(self, queue: CallerQueue) -> None:
        """The next call of the queue takes the place of one that is over."""
        with self._queues:
            if not queue.behind:
                queue.ahead -= 1
                return
            work = queue.behind.popleft()
            self._behind -= 1
        self._queue.put(work)

    def _rests(self) -> bool:
        """Rest, if there are more threads than should serve; True when it is over."""
        with self._lock:
            if not self._surplus:
                return False
            self._surplus -= 1
            self._idle += 1
        return not self._resting.get()
