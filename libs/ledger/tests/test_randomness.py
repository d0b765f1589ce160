"""Random bytes are given out once, whoever asks."""

import os
from concurrent.futures import ThreadPoolExecutor

from libs.ledger.randomness import random_bytes


def test_nothing_is_given_out_twice() -> None:
    given = [random_bytes(12) for _ in range(2_000)]

    assert {len(one) for one in given} == {12}
    assert len(set(given)) == len(given)


def test_threads_get_different_bytes() -> None:
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(lambda _: random_bytes(16), range(8_000)))

    assert len(set(given)) == len(given)


def test_a_forked_process_gives_out_other_bytes_than_its_parent() -> None:
    random_bytes(1)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, random_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 16) != random_bytes(16)
