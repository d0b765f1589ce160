"""The inbox brings a neighbour's events to effect exactly once, whatever the transport does."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.recorded import Context
from libs.messaging.inbox import Handled, Inbox, Rewind
from libs.runtime.opened import OpenService
from libs.runtime.tests.example import counter, tally
from libs.runtime.tests.running import opened
from libs.testkit.clocks import moment
from libs.testkit.postgres import TestServer

ALICE = Context(actor="alice", correlation_id="c-1")


@dataclass
class Town:
    """A counter, and a tally that hears of it."""

    counter: OpenService
    tally: OpenService

    def count(self, *steps: int, who: str = "a") -> None:
        for by in steps:
            self.counter.parts.streams["counter"].handle(who, counter.Count(by=by), ALICE)

    def batch(self, after: int = 0, limit: int = 500) -> feed.Batch:
        return self.counter.source.batch(after, limit)

    def inbox(self) -> Inbox:
        return Inbox(self.tally.effects(), tally.SERVICE.subscriptions, pause=lambda _: None)

    def steps(self, who: str = "a") -> tuple[int, ...]:
        """The sequences of the events that were added up, in order."""
        steps: tuple[int, ...] = self.tally.parts.streams["tally"].load(who).state.steps
        return steps


@pytest.fixture
def town(postgres_server: TestServer) -> Iterator[Town]:
    with opened(postgres_server, [counter.SERVICE, tally.SERVICE]) as (counting, tallying):
        yield Town(counting, tallying)


def _sequences(batch: feed.Batch) -> list[int]:
    return [event.sequence for event in batch.events]


def test_events_take_effect_in_order_and_the_position_moves_with_them(town: Town) -> None:
    town.count(1, 2, 3)
    inbox = town.inbox()

    batch = town.batch()
    outcome = inbox.handle(batch)

    assert outcome == Handled(batch.until)
    assert list(town.steps()) == _sequences(batch)
    assert town.tally.ledger.checkpoint("linli://test/counter") == batch.until


def test_a_batch_seen_before_changes_nothing(town: Town) -> None:
    town.count(1, 2)
    batch = town.batch()
    town.inbox().handle(batch)

    outcome = town.inbox().handle(batch)

    assert outcome == Handled(batch.until)
    assert list(town.steps()) == _sequences(batch)


def test_of_an_overlapping_batch_only_the_rest_takes_effect(town: Town) -> None:
    town.count(1, 2, 3, 4)
    inbox = town.inbox()
    inbox.handle(town.batch(limit=2))

    inbox.handle(town.batch(limit=4))

    assert list(town.steps()) == _sequences(town.batch())


def test_an_early_batch_asks_to_rewind(town: Town) -> None:
    town.count(1, 2, 3, 4)
    inbox = town.inbox()
    first = town.batch(limit=1)
    inbox.handle(first)

    outcome = inbox.handle(town.batch(after=_sequences(town.batch())[2]))

    assert outcome == Rewind("linli://test/counter", first.until)
    assert len(town.steps()) == 1


def test_of_two_consumers_with_the_same_batch_one_takes_effect(town: Town) -> None:
    town.count(1, 2, 3)
    first, second = town.inbox(), town.inbox()
    source = town.batch().source
    assert first.position(source) == second.position(source) == 0

    first.handle(town.batch(limit=2))
    outcome = second.handle(town.batch())

    assert outcome == Handled(town.batch().until)
    assert list(town.steps()) == _sequences(town.batch())


def test_an_own_event_tells_which_event_caused_it(town: Town) -> None:
    town.count(1)
    batch = town.batch()
    town.inbox().handle(batch)

    (added,) = town.tally.ledger.read()

    assert added.metadata.actor == "service:tally"
    assert added.metadata.causation_id == batch.events[0].id
    assert added.metadata.correlation_id == "c-1"
    assert added.metadata.occurred_at == batch.events[0].time.ToDatetime(
        tzinfo=added.metadata.recorded_at.tzinfo
    )


def test_what_is_not_for_us_moves_the_position_without_an_event(town: Town) -> None:
    town.counter.parts.streams["counter"].handle("a", counter.SetAlarm(at=moment("2030-01-01 09:00")), ALICE)
    inbox = town.inbox()

    outcome = inbox.handle(town.batch())
    inbox.flush()

    assert outcome == Handled(town.batch().until)
    assert town.tally.ledger.head() == 0
    assert town.tally.ledger.checkpoint(town.batch().source) == town.batch().until


def test_a_person_who_is_forgotten_is_forgotten_here_too(town: Town) -> None:
    keys = town.tally.ledger.keys
    sealed = keys.to_encipher("mary").encipher("Mary")
    town.counter.parts.streams["counter"].handle("a", counter.Forget(person_id="mary"), ALICE)

    town.inbox().handle(town.batch())

    assert keys.decipher([("mary", sealed)]) == [None]


DELIVERIES = st.lists(st.tuples(st.integers(0, 11), st.integers(1, 12), st.booleans()), max_size=25)
"""(after which event, how many, whether the consumer is a new process) of each delivery."""


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=DELIVERIES)
def test_any_deliveries_come_to_the_same(
    postgres_server: TestServer, deliveries: list[tuple[int, int, bool]]
) -> None:
    with opened(postgres_server, [counter.SERVICE, tally.SERVICE]) as (counting, tallying):
        town = Town(counting, tallying)
        for number in range(1, 13):
            town.count(number, who="ab"[number % 2])
        ends = [0, *_sequences(town.batch())]
        inbox = town.inbox()

        for after, many, anew in deliveries:
            inbox = town.inbox() if anew else inbox
            inbox.handle(town.batch(after=ends[after], limit=many))
        position = inbox.position(town.batch().source)
        inbox.handle(town.batch(after=position))

        heard = sorted([*town.steps("a"), *town.steps("b")])
        assert heard == ends[1:]
        assert list(town.steps("a")) == sorted(town.steps("a"))
        assert list(town.steps("b")) == sorted(town.steps("b"))
