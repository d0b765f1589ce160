"""The inbox brings a neighbour's events to effect exactly once, whatever the transport does."""

import itertools

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.privacy.data_key import Sealed
from libs.messaging import progress
from libs.messaging.progress import Handled, Rewind
from libs.messaging.reactions import Fact
from libs.messaging.tests.town import ALICE, Town, sequences
from libs.messaging.translate import fact_of
from libs.runtime.tests.example import counter
from libs.runtime.tests.example.counter import COUNTED
from libs.testkit.examples import examples


def test_events_take_effect_in_order_and_the_position_moves_with_them(town: Town) -> None:
    town.count(1, 2, 3)
    inbox = town.inbox()

    batch = town.batch()
    outcome = inbox.handle(batch)

    assert outcome == Handled(batch.until)
    assert list(town.steps()) == sequences(batch)
    assert town.tally.ledger.checkpoint("linli://test/counter") == batch.until


def test_a_reaction_knows_in_which_incarnation_of_its_source_an_event_is(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def noting(event: feed.Event, incarnation: int) -> Fact:
        fact = fact_of(event, incarnation)
        seen.append(fact.incarnation)
        return fact

    monkeypatch.setattr("libs.messaging.effects.fact_of", noting)
    town.count(1, 2)
    batch = town.batch()
    batch.incarnation = 3

    town.inbox().handle(batch)

    assert seen == [3, 3]


def test_a_batch_seen_before_changes_nothing(town: Town) -> None:
    town.count(1, 2)
    batch = town.batch()
    town.inbox().handle(batch)

    outcome = town.inbox().handle(batch)

    assert outcome == Handled(batch.until)
    assert list(town.steps()) == sequences(batch)


def test_of_an_overlapping_batch_only_the_rest_takes_effect(town: Town) -> None:
    town.count(1, 2, 3, 4)
    inbox = town.inbox()
    inbox.handle(town.batch(limit=2))

    inbox.handle(town.batch(limit=4))

    assert list(town.steps()) == sequences(town.batch())


def test_an_early_batch_asks_to_rewind(town: Town) -> None:
    town.count(1, 2, 3, 4)
    inbox = town.inbox()
    first = town.batch(limit=1)
    inbox.handle(first)

    outcome = inbox.handle(town.batch(after=sequences(town.batch())[2]))

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
    assert list(town.steps()) == sequences(town.batch())


def test_a_consumer_that_knows_less_than_is_stored_looks_again_before_it_asks(town: Town) -> None:
    town.count(1, 2, 3, 4)
    first, second = town.inbox(), town.inbox()
    source, all_of_it = town.batch().source, sequences(town.batch())
    assert second.position(source) == 0
    first.handle(town.batch(limit=2))

    outcome = second.handle(town.batch(after=all_of_it[1]))

    assert outcome == Handled(all_of_it[-1])
    assert list(town.steps()) == all_of_it


def test_looking_again_forgets_nothing_that_was_seen_to_be_for_others(town: Town) -> None:
    town.ring("2030-01-01 09:00")
    town.count(1, 2)
    nothing_for_us, first, last = (event.position for event in town.counter.ledger.read())
    inbox = town.inbox()
    inbox.handle(town.batch(limit=1))

    early = inbox.handle(town.batch(after=first))

    assert early == Rewind(town.batch().source, nothing_for_us)
    assert inbox.handle(town.batch(after=nothing_for_us)) == Handled(last)


def test_a_position_far_ahead_of_the_stored_one_is_stored(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SAVE_POSITIONS", 3)
    source, inbox = town.batch().source, town.inbox()
    for minute in range(4):
        town.ring(f"2030-01-01 09:0{minute}")
    positions = [event.position for event in town.counter.ledger.read()]

    inbox.handle(town.batch(limit=1))
    assert town.tally.ledger.checkpoint(source) == 0
    inbox.handle(town.batch(after=positions[0]))

    assert town.tally.ledger.checkpoint(source) == positions[-1]


def test_a_position_that_another_consumer_has_moved_is_not_moved_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SAVE_POSITIONS", 1)
    source, slow = town.batch().source, town.inbox()
    town.ring("2030-01-01 09:00")
    assert slow.position(source) == 0
    only_this = town.batch()
    town.count(1)
    town.inbox().handle(town.batch())

    outcome = slow.handle(only_this)

    assert outcome == Handled(town.batch().until)
    assert town.tally.ledger.checkpoint(source) == town.batch().until


def test_an_own_event_tells_which_event_caused_it(town: Town) -> None:
    town.count(1)
    batch = town.batch()
    town.inbox().handle(batch)

    (added,) = town.tally.ledger.read()

    assert added.metadata.actor == "service:tally"
    assert added.metadata.causation_id == batch.events[0].id
    assert added.metadata.correlation_id == "c-1"
    assert added.metadata.occurred_at == batch.events[0].time.ToDatetime(tzinfo=added.recorded_at.tzinfo)


def test_what_is_not_for_us_moves_the_position_without_an_event(town: Town) -> None:
    town.ring("2030-01-01 09:00")
    inbox = town.inbox()

    outcome = inbox.handle(town.batch())
    inbox.flush()

    assert outcome == Handled(town.batch().until)
    assert town.tally.ledger.head() == 0
    assert town.tally.ledger.checkpoint(town.batch().source) == town.batch().until


def test_a_person_who_is_forgotten_is_forgotten_here_too(town: Town) -> None:
    keys = town.tally.ledger.keys
    sealed = Sealed("mary", keys.to_encipher("mary").encipher("Mary", b"here"), b"here")
    town.counter.streams["counter"].handle("a", counter.Forget(person_id="mary"), ALICE)

    town.inbox().handle(town.batch())

    assert keys.decipher([sealed]) == [None]


ENDS = [0, 2, 3, 4, 8, 9, 15, 16, 17, 20, 21, 30, 31]
"""Positions with gaps, as a real ledger's."""
DELIVERIES = st.lists(st.tuples(st.integers(0, 11), st.integers(1, 12), st.booleans()), max_size=25)
"""(after which event, how many, whether the consumer is a new process) of each delivery."""
cells = itertools.count()


def _history(cell: str) -> list[feed.Event]:
    """Twelve events of two counters in a cell of their own."""
    events = []
    for number, sequence in enumerate(ENDS[1:]):
        who = f"{cell}-{'ab'[number % 2]}"
        event = feed.Event(
            id=f"{cell}-{sequence}",
            source=f"linli://{cell}/counter",
            type="linli.example.v1.Counted",
            subject=f"counter-{who}",
            sequence=sequence,
        )
        event.data.Pack(COUNTED(counter_id=who, by=1))
        events.append(event)
    return events


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=DELIVERIES)
def test_any_deliveries_come_to_the_same(town: Town, deliveries: list[tuple[int, int, bool]]) -> None:
    cell = f"cell{next(cells)}"
    history, inbox = _history(cell), town.inbox()

    def delivered(begin: int, many: int) -> feed.Batch:
        events = history[begin : begin + many]
        return feed.Batch(
            source=events[0].source, after=ENDS[begin], until=events[-1].sequence, events=reversed(events)
        )

    for begin, many, anew in deliveries:
        inbox = town.inbox() if anew else inbox
        inbox.handle(delivered(begin, many))
    begin = ENDS.index(inbox.position(history[0].source))
    if begin < len(history):
        inbox.handle(delivered(begin, 12))

    assert list(town.steps(f"{cell}-a")) == ENDS[1::2]
    assert list(town.steps(f"{cell}-b")) == ENDS[2::2]
