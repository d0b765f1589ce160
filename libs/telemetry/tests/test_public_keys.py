"""Whoever asks for the key set gets it, and may wait for another one."""

import threading

import pytest

from libs.telemetry.public_keys import PublicKeys, seconds_of
from libs.testkit import patience


class Keys:
    """A key set that is signed anew at each reading."""

    def __init__(self) -> None:
        self.keys = ["k1"]
        self.read_times = 0
        self.waits: list[float] = []

    def read(self) -> dict[str, object]:
        self.read_times += 1
        return {"keys": self.keys, "signed": f"signature {self.read_times}"}

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == 3:
            self.keys = ["k2"]


def test_who_knows_another_key_set_is_answered_at_once() -> None:
    keys = Keys()
    public = PublicKeys(keys.read, keys.wait)

    first, _ = public.answer()
    second, _ = public.answer('"something else"', 5.0)

    assert first == second  # the signature is another one, the content is not
    assert keys.waits == []


def test_who_knows_this_one_waits_for_the_next() -> None:
    keys = Keys()
    public = PublicKeys(keys.read, keys.wait)
    known, _ = public.answer()

    tag, body = public.answer(known, 5.0)

    assert tag != known
    assert b"k2" in body
    assert len(keys.waits) == 3


def test_nobody_waits_without_saying_for_how_long() -> None:
    keys = Keys()
    public = PublicKeys(keys.read, keys.wait)
    known, _ = public.answer()

    assert public.answer(known)[0] == known
    assert keys.waits == []


def test_when_as_many_wait_as_may_others_are_answered_at_once() -> None:
    waiting, over = threading.Event(), threading.Event()

    def wait(_seconds: float) -> None:
        waiting.set()
        over.wait(patience.seconds(60))

    public = PublicKeys(lambda: {"keys": []}, wait, waiting=1)
    known, _ = public.answer()
    first = threading.Thread(target=public.answer, args=(known, 0.1))
    first.start()
    assert waiting.wait(patience.seconds(10))

    assert public.answer(known, 60.0)[0] == known

    over.set()
    first.join(patience.seconds(10))


def test_at_the_end_whoever_waits_gets_what_there_was_and_nothing_is_read_any_more() -> None:
    keys = Keys()
    public = PublicKeys(keys.read, lambda _seconds: public.close())
    known, _ = public.answer()

    tag, _ = public.answer(known, 60.0)

    assert tag == known
    assert keys.read_times == 2


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [("wait=4", 4.0), ("respond-async, Wait=10", 10.0), ("", 0.0), ("wait=-1", 0.0), ("wait=soon", 0.0)],
)
def test_the_seconds_that_somebody_prefers_to_wait(prefer: str, seconds: float) -> None:
    assert seconds_of(prefer) == seconds
