"""What is due fires once and in order: in time, with two workers, and after all were down."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from statistics import median

import pytest

from libs.ledger.recorded import Recorded, utc_now
from libs.messaging.tests.town import ALICE
from libs.runtime.host.threads import WatchedThread
from libs.runtime.tests.example import counter
from libs.testkit.eventually import eventually
from libs.worker.tests.street import SOON, Street, Worker


@pytest.fixture(autouse=True)
def schedule(street: Street) -> Iterator[None]:
    """The schedule is a view: somebody folds it."""
    service = street.town.counter
    folding = WatchedThread("projector", service.projector.run, wake=service.views.hurry.set)
    folding.start()
    yield
    folding.close()


def test_moments_fire_once_and_within_two_seconds_though_two_workers_run(street: Street) -> None:
    street.worker("counter")
    street.worker("counter")
    set_alarms(street, [utc_now() + timedelta(seconds=0.3 * number) for number in range(8)])

    rang = all_have_rung(street, 8)

    assert [event.metadata.actor for event in rang] == ["clock:counter"] * 8
    late = [(event.metadata.recorded_at - event.event.due_at).total_seconds() for event in rang]
    assert median(late) < 2.0


def test_what_passed_while_all_were_down_fires_in_order(street: Street) -> None:
    long_ago = utc_now() - timedelta(hours=3)
    passed = [long_ago + timedelta(minutes=number) for number in (40, 10, 30, 20)]
    set_alarms(street, passed)

    street.worker("counter")

    assert [event.event.due_at for event in all_have_rung(street, 4)] == sorted(passed)


def test_when_the_worker_that_fires_is_killed_another_fires(street: Street) -> None:
    first = street.worker("counter")
    first.says("clocks are active")
    second = street.worker("counter")
    set_alarms(street, [utc_now()])
    all_have_rung(street, 1)
    assert not second.has_said("clocks are active")

    first.kill()
    set_alarms(street, [utc_now() + timedelta(seconds=0.2)])

    second.says("clocks are active")
    all_have_rung(street, 2)


def test_a_worker_that_is_stopped_holds_up_the_clocks_only_for_its_lease(street: Street) -> None:
    first = street.worker("counter")
    first.says("clocks are active")
    second = street.worker("counter")
    with stopped(first):
        set_alarms(street, [utc_now()])
        second.says("clocks are active")
        all_have_rung(street, 1)

    set_alarms(street, [utc_now()])
    all_have_rung(street, 2)


@contextmanager
def stopped(worker: Worker) -> Iterator[None]:
    """As a whole: SIGSTOP, and SIGCONT after it."""
    worker.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.signal(signal.SIGCONT)


def set_alarms(street: Street, moments: list[datetime]) -> None:
    """An alarm for each moment, each of a counter of its own."""
    for at in moments:
        who = f"c-{at.timestamp()}"
        street.town.counter.streams["counter"].handle(who, counter.SetAlarm(at=at), ALICE)


def all_have_rung(street: Street, many: int) -> list[Recorded[counter.Rang]]:
    """Wait until so many alarms rang; answers them in the order in which they did. None rings twice."""
    ledger = street.town.counter.ledger

    def rang() -> list[Recorded[counter.Rang]]:
        return [event for event in ledger.read(limit=1000) if isinstance(event.event, counter.Rang)]

    eventually(lambda: len(rang()) >= many, f"{many} alarms ring", seconds=SOON)
    found = rang()
    assert len({event.event.due_at for event in found}) == len(found) == many
    return found
