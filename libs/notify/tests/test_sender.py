"""Of several processes one sends; the next one begins when nothing of the last one is under way."""

from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest

from libs.ledger.store import leader_lock
from libs.notify.sender import Leads, Sender
from libs.testkit import patience
from libs.testkit.eventually import eventually

Start = Callable[[Callable[[Leads], int]], Thread]


class Slow:
    """What carries messages whose server takes its time: until `go_on`."""

    def __init__(self) -> None:
        self.rounds = 0
        self.draining, self.go_on = Event(), Event()

    def work(self, _leads: Leads) -> int:
        self.rounds += 1
        return 0

    def fail(self, _leads: Leads) -> int:
        self.rounds += 1
        raise ConnectionError("the database is gone")

    def drain(self) -> None:
        self.draining.set()
        self.go_on.wait(patience.seconds(60))


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def stop() -> Event:
    return Event()


@pytest.fixture
def start(database: str, slow: Slow, stop: Event) -> Iterator[Start]:
    """Starts a process that sends, by what it does each round."""
    begun: list[Thread] = []

    def begin(work: Callable[[Leads], int]) -> Thread:
        sender = Sender("identity", database, work, drain=slow.drain, every=0.01)
        begun.append(Thread(target=sender.run, args=(stop,), daemon=True))
        begun[-1].start()
        return begun[-1]

    yield begin
    stop.set()
    slow.go_on.set()
    for thread in begun:
        thread.join(patience.seconds(30))


def test_who_stops_holds_the_lock_until_what_is_under_way_has_ended(
    database: str, slow: Slow, stop: Event, start: Start
) -> None:
    start(slow.work)
    eventually(lambda: slow.rounds > 1, "it leads")

    stop.set()

    eventually(slow.draining.is_set, "it waits for what is under way")
    with leader_lock.connect(database, "other") as other:
        assert not leader_lock.try_lock(other, "notices")
        slow.go_on.set()
        eventually(lambda: leader_lock.try_lock(other, "notices"), "another one leads")


def test_whose_work_fails_holds_the_lock_until_what_is_under_way_has_ended(
    database: str, slow: Slow, stop: Event, start: Start
) -> None:
    start(slow.fail)

    eventually(slow.draining.is_set, "it waits for what is under way")
    with leader_lock.connect(database, "other") as other:
        assert not leader_lock.try_lock(other, "notices")
        stop.set()
        slow.go_on.set()
        eventually(lambda: leader_lock.try_lock(other, "notices"), "another one leads")


def test_who_never_led_has_nothing_to_wait_for(database: str, slow: Slow, stop: Event, start: Start) -> None:
    with leader_lock.connect(database, "other") as other:
        assert leader_lock.try_lock(other, "notices")
        thread = start(slow.work)

        stop.set()

        thread.join(patience.seconds(30))
        assert not thread.is_alive()
    assert (slow.rounds, slow.draining.is_set()) == (0, False)
