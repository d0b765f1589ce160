"""What is due fires once and in order: in time, with two workers, and after all were down."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

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


def test_moments_fire_once_and_soon_and_never_early_though_two_workers_run(street: Street) -> None:
    street.worker("counter")
    street.worker("counter")
    moments = [utc_now() + timedelta(seconds=0.3 * number) for number in range(8)]
    set_alarms(street, moments)

    for moment in moments:
        eventually(lambda moment=moment: utc_now() >= moment, "it is due")  # type: ignore[misc]
        eventually(lambda moment=moment: moment in when_rung(street), "it rings", seconds=2)  # type: ignore[misc]

    rang = all_have_rung(street, 8)
    assert [event.metadata.actor for event in rang] == ["clock:counter"] * 8
    assert [event for event in rang if event.recorded_at < event.event.due_at] == []


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


def when_rung(street: Street) -> set[datetime]:
    """The moments whose alarms rang."""
    return {event.event.due_at for event in rung(street)}


def rung(street: Street) -> list[Recorded[counter.Rang]]:
    """The alarms that rang, in the order in which they did."""
    ledger = street.town.counter.ledger
    return [event for event in ledger.read(limit=1000) if isinstance(event.event, counter.Rang)]


def all_have_rung(street: Street, many: int) -> list[Recorded[counter.Rang]]:
    """Wait until so many alarms rang; answers them in the order in which they did. None rings twice."""
    eventually(lambda: len(rung(street)) >= many, f"{many} alarms ring", seconds=SOON)
    found = rung(street)
    assert len({event.event.due_at for event in found}) == len(found) == many
    return found
