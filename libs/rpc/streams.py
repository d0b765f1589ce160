"""Streams without a thread each: a few threads go from one stream that has something to say to the next."""

import contextvars
import heapq
import itertools
import threading
import time
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Protocol

from libs.rpc.pause import Pause
from libs.rpc.workers import Work
from libs.telemetry import logs

Answers = Generator[bytes | Pause, None, None]
"""What a stream says: messages, and pauses between them. Everything it does is done in its own steps."""
Send = Callable[[bytes | None], object]
"""Hand a message to grpc, or None for the end. Waits until the network has taken the message."""

PATIENCE = 30.0
"""Seconds after which a caller who takes nothing is cut off."""
_LOOK = 0.05
"""Seconds between two looks at the clock, and at carriers that are held up."""

_log = logs.get("rpc")


class Wire(Protocol):
    """What is asked of grpc's ServicerContext."""

    def add_callback(self, callback: Callable[[], None], /) -> bool:
        """Call `callback` when the rpc is over; False if it already is."""

    def cancel(self) -> object:
        """Cut the rpc off."""


class OpenStream:
    """One stream that is served: woken when there is something to say, or when its pause is over."""

    def __init__(self, streams: "Streams", answers: Answers, wire: Wire, send: Send) -> None:
        self.due: float | None = None  # when its pause is over
        self.timer: float | None = None  # when the clock looks at it next
        self.gone = False
        self._streams = streams
        self._answers = answers
        self._context = contextvars.copy_context()  # of this stream, whichever thread carries it
        self._wire = wire
        self._send = send
        self._carried = True  # by a thread, or on the way to one
        self._again = False

    def wake(self) -> None:
        """Let it go on. Quick, from any thread, any number of times."""
        with self._streams.lock:
            if self._carried:
                self._again = True
                return
            self._carried = True
        self._streams.ready(self.carry)

    def carry(self) -> None:
        """Take it one message further, or to its next pause."""
        try:
            self._step()
        except Exception as error:  # noqa: BLE001 # errors of the rpc were answered: a thread must live on
            _log.error("a stream failed", exc_info=error)
            self.cut()
            self._streams.forget(self)

    def _step(self) -> None:
        self._again = False
        said = None if self.gone else self._context.run(next, self._answers, None)
        if said is None:
            self._end()
        elif isinstance(said, Pause):
            self._rest(said.seconds)
        else:
            self._tell(said)
            self._streams.ready(self.carry)

    def cut(self) -> None:
        """End it without another word: its caller takes nothing any more."""
        self._wire.cancel()

    def over(self) -> None:
        """Grpc says that the rpc is over."""
        self.gone = True
        self.wake()

    def _tell(self, said: bytes | None) -> None:
        with self._streams.held_up_by(self):
            self._send(said)

    def _rest(self, seconds: float) -> None:
        with self._streams.lock:
            if not self._again:
                self._carried = False
                self._streams.look_after(self, time.monotonic() + seconds)
                return
        self._streams.ready(self.carry)

    def _end(self) -> None:
        """It stays `carried`, so nobody wakes it again."""
        try:
            if not self.gone:
                self._tell(None)
            self._context.run(self._answers.close)
        finally:
            self._streams.forget(self)


class Streams:
    """The streams of a server, and the threads that carry them.

    A caller who reads slowly holds up the thread that carries the stream, and nobody else: there are always
    `carriers` threads that are not held up. Who takes nothing for `patience` seconds is cut off.
    """

    def __init__(self, carriers: int = 4, *, patience: float | None = None) -> None:
        """`patience`: 30 seconds if not given."""
        self.lock = threading.Lock()
        self._wanted = carriers
        self._patience = PATIENCE if patience is None else patience
        self._queue: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._carriers = 0
        self._began: dict[int, float] = {}  # by thread: when its step began
        self._sending: dict[int, OpenStream] = {}  # by thread
        self._ends: dict[OpenStream, Callable[[], None]] = {}
        self._clock: list[tuple[float, int, OpenStream]] = []
        self._numbers = itertools.count()
        self._ending = threading.Event()
        self._started = False

    def begin(self, work: Work) -> None:
        """Let a thread begin a call whose rpc streams."""
        if not self._started:
            self.start()
        self._queue.put(work.run)

    def open(self, answers: Answers, wire: Wire, send: Send, end: Callable[[], None]) -> OpenStream:
        """Carry a stream from now on; `end` is called when it is over."""
        stream = OpenStream(self, answers, wire, send)
        with self.lock:
            self._ends[stream] = end
        if not wire.add_callback(stream.over):
            stream.gone = True
        return stream

    def ready(self, step: Callable[[], None]) -> None:
        """Let a thread make the next step of a stream."""
        self._queue.put(step)

    def wake(self) -> None:
        """Wake all: the server drains, and each looks whether it should go on."""
        with self.lock:
            streams = list(self._ends)
        for stream in streams:
            stream.wake()

    def shutdown(self) -> None:
        """Let the threads end."""
        self._ending.set()
        with self.lock:
            for _ in range(self._carriers):
                self._queue.put(_leave)

    def look_after(self, stream: OpenStream, due: float) -> None:
        """Wake a stream when it is due. The caller holds the lock."""
        stream.due = due
        if stream.timer is None or stream.timer > due:
            stream.timer = due
            heapq.heappush(self._clock, (due, next(self._numbers), stream))

    def forget(self, stream: OpenStream) -> None:
        """It is over."""
        with self.lock:
            end = self._ends.pop(stream, None)
        if end is not None:
            end()

    def held_up_by(self, stream: OpenStream) -> "_HeldUp":
        """While this thread waits for the network to take a message of a stream."""
        return _HeldUp(self._sending, stream)

    def start(self) -> None:
        """Let the threads begin."""
        with self.lock:
            if self._started:
                return
            self._started = True
            for _ in range(self._wanted):
                self._add_carrier()
        threading.Thread(target=self._keep_looking, name="streams", daemon=True).start()

    def _add_carrier(self) -> None:
        self._carriers += 1
        threading.Thread(target=self._carry, name=f"stream-{self._carriers}", daemon=True).start()

    def _carry(self) -> None:
        me = threading.get_ident()
        while (step := self._queue.get()) is not _leave:
            self._began[me] = time.monotonic()
            step()
            del self._began[me], step  # a call's memory is not kept until the next one comes
            if self._superfluous():
                return

    def _superfluous(self) -> bool:
        """Whether those whom this thread stood in for are free again."""
        if self._carriers == self._wanted:
            return False
        with self.lock:
            if self._carriers - self._held_up() <= self._wanted:
                return False
            self._carriers -= 1
            return True

    def _held_up(self) -> int:
        late = time.monotonic() - _LOOK
        return sum(began < late for began in list(self._began.values()))

    def _keep_looking(self) -> None:
        while not self._ending.wait(_LOOK):
            for stream in self._due():
                stream.wake()
            with self.lock:
                for _ in range(self._wanted - (self._carriers - self._held_up())):
                    self._add_carrier()
            self._cut_off()

    def _due(self) -> list[OpenStream]:
        """The streams whose pause is over."""
        now, due = time.monotonic(), list[OpenStream]()
        with self.lock:
            while self._clock and self._clock[0][0] <= now:
                _, _, stream = heapq.heappop(self._clock)
                stream.timer = None
                if stream not in self._ends or stream.due is None:
                    continue
                if stream.due > now:  # it was woken, and rests again
                    self.look_after(stream, stream.due)
                else:
                    due.append(stream)
        return due

    def _cut_off(self) -> None:
        late = time.monotonic() - self._patience
        for thread, stream in list(self._sending.items()):
            if self._began.get(thread, late) < late:
                stream.cut()


class _HeldUp:
    """While a thread waits for the network."""

    __slots__ = ("_sending", "_stream")

    def __init__(self, sending: dict[int, OpenStream], stream: OpenStream) -> None:
        self._sending = sending
        self._stream = stream

    def __enter__(self) -> None:
        self._sending[threading.get_ident()] = self._stream

    def __exit__(self, *_: object) -> None:
        del self._sending[threading.get_ident()]


def _leave() -> None:
    """In the queue: the thread that takes it ends."""
