"""Delivery in process: wakes on a commit, waits out trouble, stops where it is and goes on there."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.errors import LedgerUnavailable
from libs.messaging.inbox import Inbox
from libs.messaging.local import LocalDelivery
from libs.messaging.progress import Handled, Rewind
from libs.messaging.tests.town import Town, sequences
from libs.testkit import patience
from libs.testkit.eventually import eventually


@contextmanager
def _running(delivery: LocalDelivery) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=delivery.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        delivery.wake()
        thread.join(timeout=patience.seconds(10))
        assert not thread.is_alive()


def test_events_arrive_soon_after_their_commit(town: Town) -> None:
    delivery = LocalDelivery(town.inbox(), [town.counter.source], look=60.0)

    with _running(delivery):
        town.count(1)
        eventually(lambda: len(town.steps()) == 1, "the first step is added")
        town.count(2, 3)
        eventually(lambda: len(town.steps()) == 3, "the others are added")

    assert delivery.lag() == 0


def test_a_long_history_is_carried_batch_by_batch(town: Town) -> None:
    town.count(*[1] * 25)
    delivery = LocalDelivery(town.inbox(), [town.counter.source], limit=10)

    with _running(delivery):
        eventually(lambda: len(town.steps()) == 25, "all steps are added")

    assert list(town.steps()) == sequences(town.batch())


def test_a_delivery_that_begins_anew_goes_on_where_the_last_one_stopped(town: Town) -> None:
    for step in range(1, 5):
        town.count(step)
        with _running(LocalDelivery(town.inbox(), [town.counter.source])):
            eventually(lambda: len(town.steps()) >= len(sequences(town.batch())), "it is added")

    assert list(town.steps()) == sequences(town.batch())


def test_two_deliveries_at_once_take_effect_once(town: Town) -> None:
    first = LocalDelivery(town.inbox(), [town.counter.source], limit=3, gather=0.001)
    second = LocalDelivery(town.inbox(), [town.counter.source], limit=4, gather=0.001)

    with _running(first), _running(second):
        for _ in range(40):
            town.count(1)
        eventually(lambda: len(town.steps()) >= 40, "all steps are added")

    assert list(town.steps()) == sequences(town.batch())


def test_what_was_not_for_us_is_not_read_again_after_a_clean_stop(town: Town) -> None:
    town.count(1)
    with _running(LocalDelivery(town.inbox(), [town.counter.source])):
        eventually(lambda: len(town.steps()) == 1, "it is added")

    assert town.inbox().position(town.counter.source.name) == town.counter.ledger.head()


def test_when_all_is_quiet_the_store_knows_how_far_we_are_though_nothing_was_for_us(town: Town) -> None:
    town.count(1)
    deaf = Inbox(town.tally.effects(), {})

    with _running(LocalDelivery(deaf, [town.counter.source], look=0.05)):
        head = town.counter.ledger.head()
        eventually(lambda: town.tally.ledger.checkpoint(town.counter.source.name) == head, "it is stored")


def test_trouble_is_waited_out(town: Town) -> None:
    class Unlucky(Inbox):
        """Its store is away twice."""

        failures = 2

        def handle(self, batch: feed.Batch) -> Handled | Rewind:
            if self.failures:
                self.failures -= 1
                raise LedgerUnavailable("the database is away")
            return super().handle(batch)

    inbox = town.inbox()
    inbox.__class__ = Unlucky
    town.count(1)

    with _running(LocalDelivery(inbox, [town.counter.source])):
        eventually(lambda: len(town.steps()) == 1, "it is added in the end")


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_source_answers_the_same_whether_it_has_read_before_or_not(town: Town, after: int) -> None:
    town.count(1, 2, 3)
    ends = [0, *sequences(town.batch(limit=1)), *sequences(town.batch(limit=3))]
    fresh = type(town.counter.source)("counter", "test", town.counter.ledger, town.counter.service.publish)

    for limit in (500, 1):
        ours, theirs = fresh.batch(ends[after], limit), town.batch(ends[after], limit)
        ours.ClearField("published_time")
        theirs.ClearField("published_time")
        assert ours == theirs
