"""Few threads carry all streams: a lazy caller holds up nobody, a paused stream holds no thread."""

import threading
from collections.abc import Callable, Iterator

import pytest

from libs.rpc.pause import Pause
from libs.rpc.streams import Answers, OpenStream, Streams
from libs.testkit.eventually import eventually

LONG = 3600.0


class Caller:
    """Who follows: what they took, and how they hold the stream up. Stands in for grpc."""

    def __init__(self) -> None:
        self.taken: list[bytes | None] = []
        self.reads = threading.Event()
        self.reads.set()
        self.cut_off = False
        self.ended = 0
        self._gone: list[Callable[[], None]] = []

    def send(self, said: bytes | None) -> None:
        self.reads.wait()
        if not self.cut_off:
            self.taken.append(said)

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self._gone.append(callback)
        return True

    def cancel(self) -> None:
        self.cut_off = True
        self.leave()
        self.reads.set()

    def leave(self) -> None:
        for gone in self._gone:
            gone()

    def end(self) -> None:
        self.ended += 1


def talking(words: list[bytes], pauses: list[str] | None = None) -> Answers:
    """Says what there is to say, and pauses."""
    try:
        while True:
            while words:
                yield words.pop(0)
            yield Pause(LONG)
    finally:
        if pauses is not None:
            pauses.append("closed")


@pytest.fixture
def streams() -> Iterator[Streams]:
    made = Streams(carriers=2, patience=LONG)
    yield made
    made.shutdown()


def followed(streams: Streams, caller: Caller, answers: Answers) -> OpenStream:
    stream = streams.open(answers, caller, caller.send, caller.end)
    streams.start()
    streams.ready(stream.carry)
    return stream


def threads() -> int:
    return sum(thread.name.startswith("stream-") for thread in threading.enumerate())


def test_a_hundred_paused_streams_hold_no_thread(streams: Streams) -> None:
    callers, words = [Caller() for _ in range(100)], [[b"now"] for _ in range(100)]
    before = threads()
    following = [
        followed(streams, caller, talking(said)) for caller, said in zip(callers, words, strict=True)
    ]
    eventually(lambda: all(caller.taken == [b"now"] for caller in callers))

    for said, stream in zip(words, following, strict=True):
        said.append(b"news")
        stream.wake()

    eventually(lambda: all(caller.taken == [b"now", b"news"] for caller in callers))
    assert threads() - before <= 2 + 2  # of which two may stand in on a slow machine


def test_a_lazy_caller_holds_up_nobody(streams: Streams) -> None:
    lazy, keen = [Caller() for _ in range(8)], Caller()
    for caller in lazy:
        caller.reads.clear()
        followed(streams, caller, talking([b"now"]))

    followed(streams, keen, talking([b"now"]))

    eventually(lambda: keen.taken == [b"now"])
    for caller in lazy:
        caller.reads.set()
    eventually(lambda: all(caller.taken == [b"now"] for caller in lazy))


def test_whoever_takes_nothing_for_long_is_cut_off() -> None:
    streams, lazy, closed = Streams(carriers=1, patience=0.1), Caller(), list[str]()
    lazy.reads.clear()

    followed(streams, lazy, talking([b"now"], closed))

    eventually(lambda: lazy.ended == 1)
    assert (lazy.cut_off, lazy.taken, closed) == (True, [], ["closed"])
    streams.shutdown()


def test_a_caller_who_leaves_gives_the_place_back(streams: Streams) -> None:
    caller, closed = Caller(), list[str]()
    stream = followed(streams, caller, talking([b"now"], closed))
    eventually(lambda: caller.taken == [b"now"])

    caller.leave()

    eventually(lambda: caller.ended == 1)
    stream.wake()
    assert (closed, caller.taken, caller.ended) == (["closed"], [b"now"], 1)


def test_a_stream_that_has_said_all_ends(streams: Streams) -> None:
    def answers() -> Answers:
        yield b"all"

    caller = Caller()

    followed(streams, caller, answers())

    eventually(lambda: caller.ended == 1)
    assert caller.taken == [b"all", None]


def test_a_pause_ends_by_itself(streams: Streams) -> None:
    def answers() -> Answers:
        yield Pause(0.01)
        yield b"later"

    caller = Caller()

    followed(streams, caller, answers())

    eventually(lambda: caller.taken == [b"later", None])


def test_a_word_that_comes_during_a_step_is_not_missed(streams: Streams) -> None:
    words, caller, woken = list[bytes](), Caller(), threading.Event()

    def answers() -> Answers:
        following.append(threading.current_thread())
        woken.wait()  # the word comes after the stream looked, before it pauses
        yield Pause(LONG)
        yield from words

    following = list[threading.Thread]()
    stream = followed(streams, caller, answers())
    eventually(lambda: following)

    words.append(b"news")
    stream.wake()
    woken.set()

    eventually(lambda: caller.taken == [b"news", None])


def test_a_stream_that_breaks_leaves_the_threads_alive(streams: Streams) -> None:
    def broken(number: int) -> Answers:
        yield bytes(1 // number)

    bad, good = Caller(), Caller()

    for _ in range(3):
        followed(streams, bad, broken(0))
    followed(streams, good, talking([b"now"]))

    eventually(lambda: good.taken == [b"now"])
    eventually(lambda: bad.ended == 3)


def test_a_drain_wakes_all(streams: Streams) -> None:
    looked = list[int]()

    def answers() -> Answers:
        for number in range(2):
            looked.append(number)
            yield Pause(LONG)

    for caller in (first := Caller(), second := Caller()):
        followed(streams, caller, answers())
    eventually(lambda: sorted(looked) == [0, 0])

    streams.wake()

    eventually(lambda: sorted(looked) == [0, 0, 1, 1])
    streams.wake()
    eventually(lambda: (first.ended, second.ended) == (1, 1))
