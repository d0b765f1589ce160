"""Many callers share what there is to do: each thing is done once, and a failure ends them all."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from services.command.imports.callers import Callers


def test_each_thing_is_done_once_even_of_a_generator() -> None:
    done: Counter[int] = Counter()
    lock = threading.Lock()

    def do(thing: int) -> None:
        with lock:
            done[thing] += 1

    Callers((number for number in range(1, 2001)), do).run(lambda: None)

    assert done == Counter(range(1, 2001))


def test_what_a_caller_raises_ends_the_run() -> None:
    done: list[int] = []

    def do(thing: int) -> None:
        if thing == 50:
            raise ConnectionError("away")
        done.append(thing)

    with pytest.raises(ConnectionError, match="away"):
        Callers(iter(range(1, 1_000_000)), do).run(lambda: None)
    assert len(done) < 999_999


def test_what_the_file_raises_ends_the_run() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("the file breaks off")

    with pytest.raises(ValueError, match="breaks off"):
        Callers(broken(), lambda _thing: None).run(lambda: None)
