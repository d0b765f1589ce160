"""Workers do what is submitted, live through what is raised, and tell when it is over."""

import threading
from collections.abc import Iterator

import pytest

from libs.rpc.workers import Work, Workers
from libs.testkit import patience
from libs.testkit.eventually import eventually


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2, "test")
    yield made
    made.shutdown()


def test_all_that_is_submitted_is_done_and_told_once(workers: Workers) -> None:
    done: list[int] = []
    told: list[object] = []

    works = [workers.submit(done.append, n) for n in range(500)]
    for work in works:
        work.add_done_callback(told.append)

    eventually(lambda: len(told) == 500)
    assert sorted(done) == list(range(500))
    assert set(told) == set(works)


def test_who_asks_late_is_told_at_once() -> None:
    told: list[object] = []
    work = Work(lambda: None, ())
    work.run()

    work.add_done_callback(told.append)

    assert told == [work]


def test_a_thread_lives_on_after_an_error(workers: Workers) -> None:
    def broken() -> None:
        raise ValueError

    for _ in range(10):
        workers.submit(broken)
    over = threading.Event()
    workers.submit(over.set)

    assert over.wait(patience.seconds(5))


def test_what_waits_is_counted(workers: Workers) -> None:
    hold = threading.Event()
    for _ in range(5):
        workers.submit(hold.wait, 5)

    eventually(lambda: workers.waiting == 3)
    hold.set()

    eventually(lambda: workers.waiting == 0)


def test_after_a_shutdown_the_threads_end_when_their_work_is_done() -> None:
    workers, done = Workers(2, "ending"), list[int]()
    for n in range(20):
        workers.submit(done.append, n)

    workers.shutdown()

    eventually(lambda: not [t for t in threading.enumerate() if t.name.startswith("ending")])
    assert len(done) == 20
