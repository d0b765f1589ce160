"""A release that reacts to one more type reads that type's past, and nothing else twice."""

import threading
from dataclasses import replace

import pytest
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.decider import Kind, Refusal
from libs.messaging.desk import ParkingDesk, RetryFailed
from libs.messaging.local import LocalDelivery
from libs.messaging.progress import Handled, Rewind
from libs.messaging.reactions import Answers
from libs.messaging.tests.town import SOURCE, Town
from libs.runtime.tests.example import counter
from libs.runtime.tests.example.tally import NEWER, POISON
from libs.testkit.eventually import eventually

MARKED = "linli.example.v1.Marked"


def _refuse(_event: object, _fact: object) -> Answers:
    raise Refusal(Kind.PRECONDITION, "NO_MARKS", "no marks are noted")


REFUSING = replace(
    NEWER, subscriptions={"counter": {**NEWER.subscriptions["counter"], counter.MARKED: _refuse}}
)
"""A release that reacts to marks and cannot handle them."""


def test_a_new_type_lacks_its_past_while_the_others_go_on(town: Town) -> None:
    town.count(1)
    town.mark()
    town.inbox().handle(town.batch())
    town.count(2)
    newer = town.inbox(NEWER)

    outcome = newer.handle(town.batch(after=newer.position(SOURCE)))

    head = town.counter.ledger.head()
    assert outcome == Handled(head, Rewind(SOURCE, 0, (MARKED,)))
    assert list(town.steps()) == town.published("Counted")
    assert town.marks() == []


def test_the_past_of_a_new_type_takes_effect_once_and_then_it_is_in_step(town: Town) -> None:
    town.count(1)
    town.mark(3)
    town.inbox().handle(town.batch())
    newer = town.inbox(NEWER)

    outcome = newer.handle(town.past(newer.behind(SOURCE)))
    town.mark()
    town.count(2)
    town.inbox(NEWER).handle(town.batch())

    assert outcome == Handled(newer.position(SOURCE))
    assert town.marks() == town.published("Marked")
    assert list(town.steps()) == town.published("Counted")


def test_a_new_type_catches_up_batch_by_batch_whichever_consumer_does_it(town: Town) -> None:
    town.mark(7)
    town.count(1)
    town.inbox().handle(town.batch())

    while (behind := town.inbox(NEWER).behind(SOURCE)) is not None:
        consumer = town.inbox(NEWER)
        consumer.handle(town.batch(after=consumer.position(SOURCE)))
        consumer.handle(town.past(behind, limit=2))

    assert town.marks() == town.published("Marked")
    assert list(town.steps()) == town.published("Counted")


def test_of_two_consumers_that_bring_the_same_past_one_takes_effect(town: Town) -> None:
    town.mark(2)
    town.count(1)
    town.inbox().handle(town.batch())
    first, second = town.inbox(NEWER), town.inbox(NEWER)
    past = town.past(first.behind(SOURCE))
    assert second.behind(SOURCE) == first.behind(SOURCE)

    first.handle(past)
    outcome = second.handle(past)

    assert outcome == Handled(first.position(SOURCE))
    assert town.marks() == town.published("Marked")


def test_a_type_that_nothing_happened_to_for_long_needs_nothing_again(town: Town) -> None:
    town.mark()
    town.inbox(NEWER).handle(town.batch())
    for _ in range(3):
        town.count(1)
        consumer = town.inbox(NEWER)
        consumer.handle(town.batch(after=consumer.position(SOURCE)))

    assert town.inbox(NEWER).behind(SOURCE) is None


def test_positions_of_types_in_step_cost_one_row_for_all(town: Town) -> None:
    town.count(1)
    town.inbox(NEWER).handle(town.batch())
    written = _rows(town)
    town.count(2)
    town.mark()

    town.inbox(NEWER).handle(town.batch())

    assert len(written) == len(NEWER.subscriptions["counter"])
    assert _rows(town) == written


def test_a_release_before_leaves_what_it_does_not_know_where_it_is(town: Town) -> None:
    town.mark()
    town.inbox(NEWER).handle(town.batch())
    town.mark()
    town.count(1)

    town.inbox().handle(town.batch())

    newer = town.inbox(NEWER)
    assert newer.behind(SOURCE) == Rewind(SOURCE, town.published("Marked")[0], (MARKED,))
    newer.handle(town.past(newer.behind(SOURCE)))
    assert town.marks() == town.published("Marked")
    assert list(town.steps()) == town.published("Counted")


def test_a_consumer_of_the_release_before_that_stood_by_moves_nothing_unseen(town: Town) -> None:
    town.count(1)
    older = town.inbox()
    older.handle(town.batch())
    newer = town.inbox(NEWER)
    newer.handle(town.past(newer.behind(SOURCE)))
    town.mark()
    newer.handle(town.batch())
    town.mark()
    town.count(2)

    older.handle(town.batch())

    newest = town.inbox(NEWER)
    newest.handle(town.past(newest.behind(SOURCE)))
    assert town.marks() == town.published("Marked")
    assert list(town.steps()) == town.published("Counted")


def test_what_was_seen_while_a_type_was_behind_does_not_count_for_that_type(town: Town) -> None:
    town.count(1)
    town.inbox().handle(town.batch())
    town.ring("2030-01-01 09:00")
    town.mark()
    town.ring("2030-01-01 09:01", "2030-01-01 09:02")
    first, alarm, _, last, beyond = (event.position for event in town.counter.ledger.read())
    one, other = town.inbox(NEWER), town.inbox(NEWER)
    one.handle(town.batch(after=first, limit=3))
    assert one.position(SOURCE) == last
    other.handle(town.past(other.behind(SOURCE), limit=1))
    other.handle(town.batch(after=first, limit=1))
    other.flush()

    outcome = one.handle(town.batch(after=beyond))

    assert outcome == Rewind(SOURCE, alarm)


def test_a_batch_of_some_types_says_nothing_about_the_others(town: Town) -> None:
    town.count(1)
    inbox = town.inbox(NEWER)

    outcome = inbox.handle(town.past(Rewind(SOURCE, 0, (MARKED,))))

    assert outcome == Handled(0)
    inbox.handle(town.batch())
    assert list(town.steps()) == town.published("Counted")


def test_the_end_of_a_past_beyond_our_position_is_no_gap(town: Town) -> None:
    town.count(1)
    inbox = town.inbox()
    inbox.handle(town.batch())

    outcome = inbox.handle(feed.Batch(source=SOURCE, after=900, until=900, types=[MARKED]))

    assert outcome == Handled(inbox.position(SOURCE))


def test_a_past_event_that_cannot_be_handled_holds_up_later_ones_of_its_subject(town: Town) -> None:
    town.mark(who="b")
    town.count(1, who="b")
    town.inbox().handle(town.batch())
    inbox = town.inbox(REFUSING)
    inbox.handle(town.past(inbox.behind(SOURCE)))
    town.count(2, who="b")
    town.count(3, who="a")

    inbox.handle(town.batch())

    assert [event.sequence for event in town.desk().list()] == [
        *town.published("Marked", "b"),
        town.published("Counted", "b")[1],
    ]
    assert len(town.steps("a")) == 1


def test_a_past_event_does_not_wait_behind_a_parked_one_that_came_later(town: Town) -> None:
    town.mark(who="b")
    town.count(POISON, who="b")
    town.mark(who="b")
    town.inbox().handle(town.batch())
    newer = town.inbox(NEWER)

    newer.handle(town.past(newer.behind(SOURCE)))

    first, second = town.published("Marked", "b")
    assert town.marks("b") == [first]
    assert [event.sequence for event in town.desk().list()][1:] == [second]


def test_a_parked_event_that_this_release_does_not_react_to_stays_parked(town: Town) -> None:
    town.mark(who="b")
    town.inbox(REFUSING).handle(town.batch())
    desk: ParkingDesk = town.desk()
    parked = desk.list()[0]

    with pytest.raises(RetryFailed, match="this release does not react to"):
        desk.retry(parked.id)

    assert desk.show(parked.id).type == MARKED


def test_in_one_process_a_new_type_catches_up_beside_new_events(town: Town) -> None:
    for _ in range(20):
        town.mark(2)
        town.count(1)
    town.inbox().handle(town.batch())
    delivery = LocalDelivery(town.inbox(NEWER), [town.counter.source], limit=7)
    stop = threading.Event()

    thread = threading.Thread(target=delivery.run, args=(stop,))
    thread.start()
    for _ in range(10):
        town.mark()
        town.count(1)
    eventually(lambda: len(town.marks()) == 50 and len(town.steps()) == 30, "all took effect")
    stop.set()
    delivery.wake()
    thread.join()

    assert town.marks() == town.published("Marked")
    assert list(town.steps()) == town.published("Counted")


def _rows(town: Town) -> list[tuple[str, str]]:
    """The rows of types, with the transactions that wrote them."""
    with town.tally.ledger.connection() as connection:
        found = connection.execute("SELECT type, xmin::text FROM inbox_types ORDER BY type").fetchall()
    return [(row["type"], row["xmin"]) for row in found]
