"""The relay publishes a ledger in order and without a hole, whatever becomes of it or of the broker."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import amqp
import pytest

from libs.ledger.streams.stream import handle_many
from libs.messaging import relay as relays
from libs.messaging import relay_position, topology
from libs.messaging.broker import Broker, BrokerSettings, close
from libs.messaging.publishing import Publishing
from libs.messaging.relay import Relay, RelaySettings
from libs.messaging.tests.listening import Listener
from libs.messaging.tests.town import ALICE, SIGNER, Town, sequences
from libs.runtime.bundled.rabbitmq import EmbeddedRabbitMQ
from libs.runtime.host.threads import WatchedThread
from libs.runtime.tests.example import counter, tally
from libs.testkit import patience
from libs.testkit.clocks import moment
from libs.testkit.eventually import eventually
from libs.testkit.rabbit import RabbitServer

QUICK = RelaySettings(limit=3, heartbeat=0.2)


@pytest.fixture
def to(broker: str) -> Broker:
    """The test's broker."""
    return Broker(BrokerSettings(url=broker, heartbeat=2.0))


def test_batches_follow_each_other_in_order_and_without_a_hole(town: Town, to: Broker) -> None:
    town.count(*range(1, 12))
    town.count(*range(1, 5), who="b")
    wanted = sequences(town.batch())

    with Listener(to) as listener, running(town, to, QUICK):
        listener.until(lambda: listener.heard and listener.heard[-1].until == wanted[-1], "all came")

    assert [sequence for batch in listener.heard for sequence in sequences(batch)] == wanted
    assert _chained(listener, 0)
    assert max(len(batch.events) for batch in listener.heard) == 3
    assert {batch.head for batch in listener.heard} == {wanted[-1]}


def test_when_nothing_happens_it_says_so(town: Town, to: Broker) -> None:
    town.count(1)
    with Listener(to) as listener, running(town, to, QUICK):
        listener.until(lambda: len(listener.heard) > 3)

    head = town.counter.ledger.head()
    assert [(batch.after, batch.until) for batch in listener.heard[1:]] == [(head, head)] * (
        len(listener.heard) - 1
    )


def test_a_relay_that_starts_anew_goes_on_where_the_broker_had_confirmed(town: Town, to: Broker) -> None:
    with Listener(to) as listener:
        town.count(1, 2)
        with running(town, to):
            listener.until(lambda: sum(len(batch.events) for batch in listener.heard) == 2)
        first = len(listener.heard)
        town.count(3)
        with running(town, to):
            listener.until(lambda: sequences(listener.heard[-1]) == [town.counter.ledger.head()])

    assert all(batch.after >= listener.heard[first - 1].until for batch in listener.heard[first:])
    assert _chained(listener, 0)


@pytest.mark.parametrize("published", [False, True], ids=["before_publishing", "before_recording_it"])
def test_a_publisher_that_stops_loses_and_doubles_nothing(
    town: Town, to: Broker, published: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.count(1, 2, 3)
    with Listener(to, town) as listener:
        with monkeypatch.context() as patch:
            cut = _power_cut(patch, published)
            with pytest.raises(PowerCut):
                _relay(town, to).run(threading.Event())
            assert cut
        assert stored(town) == 0
        town.count(4)

        with running(town, to):
            listener.until(lambda: len(town.steps()) >= 4)
            listener.until(lambda: stored(town) == town.counter.ledger.head())

    assert list(town.steps()) == sequences(town.batch())
    assert sum(len(batch.events) for batch in listener.heard) == (7 if published else 4)


def test_of_two_relays_one_publishes_and_the_other_takes_over(town: Town, to: Broker) -> None:
    with Listener(to) as listener, running(town, to, QUICK) as first:
        listener.until(lambda: listener.heard, "the first is active")
        with running(town, to, QUICK) as second:
            town.count(1, 2)
            listener.until(lambda: sum(len(batch.events) for batch in listener.heard) == 2)
            eventually(lambda: second.relay.trouble == "", "the second stands by, ready")

            assert first.thread.close()
            town.count(3, 4)
            listener.until(lambda: sum(len(batch.events) for batch in listener.heard) == 4)

    assert _chained(listener, 0)


def test_the_broker_comes_back_and_nothing_is_missing(town: Town, killable_rabbit: EmbeddedRabbitMQ) -> None:
    to = Broker(BrokerSettings(url=killable_rabbit.url, heartbeat=2.0))
    with Listener(to, town) as listener, running(town, to) as publisher:
        town.count(1)
        listener.until(lambda: len(town.steps()) == 1)
        killable_rabbit.kill()
        town.count(2, 3)
        eventually(lambda: publisher.relay.trouble, "it says what is wrong")
        assert stored(town) < town.counter.ledger.head()

        killable_rabbit.wipe()  # and it has forgotten everything
        listener.until(lambda: len(town.steps()) == 3)

        listener.until(lambda: publisher.relay.trouble == "")
    assert list(town.steps()) == sequences(town.batch())


def test_a_vhost_made_anew_is_filled_again(town: Town, rabbit_server: RabbitServer) -> None:
    url = rabbit_server.create()
    to = Broker(BrokerSettings(url=url, heartbeat=2.0))
    name = url.rpartition("/")[2]
    with Listener(to, town) as listener, running(town, to, QUICK):
        town.count(1, 2)
        listener.until(lambda: len(town.steps()) == 2)

        rabbit_server.node.drop_vhost(name)
        town.count(3, 4)
        rabbit_server.node.add_vhost(name)

        listener.until(lambda: len(town.steps()) == 4)
    assert list(town.steps()) == sequences(town.batch())
    rabbit_server.drop(url)


def test_while_the_broker_is_short_of_memory_it_waits_and_can_be_stopped(
    town: Town, to: Broker, rabbit_server: RabbitServer
) -> None:
    with Listener(to, town) as listener, running(town, to, QUICK) as publisher:
        town.count(1)
        listener.until(lambda: len(town.steps()) == 1)

        with rabbit_server.short_of_memory():
            town.count(2, 3)
            eventually(lambda: "short of memory" in publisher.relay.trouble, "it says what it waits for")
            assert stored(town) < town.counter.ledger.head()
            assert publisher.thread.close(patience.seconds(5)), "it stops though the broker takes nothing"

        with running(town, to, QUICK):
            listener.until(lambda: len(town.steps()) == 3)
    assert list(town.steps()) == sequences(town.batch())


def test_when_memory_is_there_again_it_goes_on_over_the_same_connection(
    town: Town, broker: str, rabbit_server: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = Broker(BrokerSettings(url=broker, heartbeat=60.0))  # a busy machine misses none
    made = _counted_connections(monkeypatch)
    with Listener(to) as listener, running(town, to, QUICK) as publisher:
        with rabbit_server.short_of_memory():
            town.count(1)
            eventually(lambda: publisher.relay.trouble, "it waits")
        listener.until(lambda: sum(len(batch.events) for batch in listener.heard) == 1)

        assert publisher.relay.trouble == ""
    assert len(made) == 2


def test_what_somebody_missed_is_published_again_for_them_alone_and_no_more_than_asked(
    town: Town, to: Broker
) -> None:
    few = RelaySettings(limit=2, answer=3, heartbeat=0.2)
    town.count(*range(1, 20))
    with running(town, to, few):
        eventually(lambda: stored(town) == town.counter.ledger.head(), "all is published")
        with Listener(to) as listener:
            begin = sequences(town.batch())[3]
            listener.ask(begin)
            listener.until(lambda: listener.again and not listener.again[-1].events)

    *batches, end = listener.again
    assert [len(batch.events) for batch in batches] == [2, 2, 2]
    assert batches[0].after == begin
    assert end.after == end.until == town.counter.ledger.head()


def test_of_what_is_asked_for_by_type_only_that_is_published_and_the_rest_is_joined(
    town: Town, to: Broker
) -> None:
    town.count(*range(1, 9))
    town.mark()
    town.count(*range(1, 9))
    few = RelaySettings(limit=2, answer=30, heartbeat=0.2)
    with running(town, to, few):
        eventually(lambda: stored(town) == town.counter.ledger.head(), "all is published")
        with Listener(to) as listener:
            listener.ask(0, "linli.example.v1.Marked")
            listener.until(lambda: listener.again and listener.again[-1].after == listener.again[-1].until)

    events, rest, end = listener.again
    assert [event.type for event in events.events] == ["linli.example.v1.Marked"]
    assert (events.after, rest.after, rest.until) == (0, events.until, end.after)
    assert {tuple(batch.types) for batch in listener.again} == {("linli.example.v1.Marked",)}


def test_a_type_that_this_release_does_not_publish_is_not_answered_as_if_nothing_had_happened(
    town: Town, to: Broker
) -> None:
    town.count(1)
    town.counter.source.types = frozenset({"linli.example.v1.Counted"})
    with running(town, to, QUICK), Listener(to) as listener:
        listener.until(lambda: listener.heard, "the relay has a queue for requests")
        listener.ask(0, "linli.example.v1.OfTheNextRelease")
        listener.ask(0)
        listener.until(lambda: listener.again)

    assert {tuple(batch.types) for batch in listener.again} == {()}


def test_a_new_type_catches_up_over_a_long_history_beside_new_events(town: Town, to: Broker) -> None:
    past = counter.Mark(), counter.Count(by=1)
    stream = town.counter.streams["counter"]
    handle_many(town.counter.ledger, [(stream, "a", past[n % 2], ALICE) for n in range(600)])
    town.inbox().handle(town.batch(limit=1000))
    few = RelaySettings(limit=50, answer=3, heartbeat=0.2)
    with Listener(to, town, tally.NEWER) as listener, running(town, to, few):
        for _ in range(5):
            town.mark()
            town.count(1)
            listener.until(lambda: len(town.steps()) == len(town.published("Counted")))
        listener.until(lambda: len(town.marks()) == 305)

    assert town.marks() == town.published("Marked")
    assert list(town.steps()) == town.published("Counted")
    assert all(asked > 0 for asked in listener.asked[1:])


def test_a_consumer_that_begins_at_zero_catches_up_over_a_long_history(town: Town, to: Broker) -> None:
    stream = town.counter.streams["counter"]
    alarm = counter.SetAlarm(at=moment("2035-01-01 09:00"))
    for _ in range(10):
        handle_many(town.counter.ledger, [(stream, f"c-{n % 50}", alarm, ALICE) for n in range(2500)])
    town.count(1, 2)
    with running(town, to):
        eventually(lambda: stored(town) == town.counter.ledger.head(), "all is published", seconds=30)
        with Listener(to, town) as listener:
            listener.until(lambda: len(town.steps()) == 2, seconds=60)

    assert list(town.steps()) == sequences(town.batch(limit=100_000))
    assert len(listener.asked) == 3
    assert listener.asked == sorted(listener.asked)


def test_a_queue_whose_binding_somebody_took_away_is_bound_again(
    town: Town, to: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays, "_DECLARE_AGAIN", 0.2)
    with running(town, to, QUICK), Listener(to) as listener:
        town.count(1)
        listener.until(lambda: len(listener.heard) > 1)
        operator = to.connect()
        operator.channel().queue_unbind("relay.counter", topology.EXCHANGE, topology.rewind("counter"))
        close(operator)

        def asked() -> bool:
            listener.ask(0)
            return bool(listener.again)

        listener.until(asked)


def test_a_request_that_nobody_can_read_harms_nothing(town: Town, to: Broker) -> None:
    town.count(1)
    with running(town, to, QUICK), Listener(to) as listener:
        listener.until(lambda: listener.heard, "the relay is active, and has its queue for requests")
        stranger = to.connect()
        publishing = Publishing(stranger)
        for body in (b"\xff\xff", b""):
            publishing.publish(body, topology.rewind("counter"))
        text = amqp.Message(
            "text", content_encoding="utf-8", application_headers={"compression": "none such"}
        )
        stranger.channel().basic_publish(text, topology.EXCHANGE, topology.rewind("counter"))
        listener.ask(0)
        listener.until(lambda: listener.again)
        close(stranger)


# -- what these tests need -------------------------------------------------------------------------


class PowerCut(BaseException):
    """The process is gone."""


class Publisher:
    """A relay in its thread."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.thread = WatchedThread("relay", relay.run, wake=relay.wake)


@contextmanager
def running(town: Town, to: Broker, settings: RelaySettings | None = None) -> Iterator[Publisher]:
    """A relay of the counter, for as long as it is wanted."""
    publisher = Publisher(_relay(town, to, settings))
    publisher.thread.start()
    try:
        yield publisher
    finally:
        assert publisher.thread.close(patience.seconds(20)), "the relay does not stop"


def _relay(town: Town, to: Broker, settings: RelaySettings | None = None) -> Relay:
    dsn = town.counter.settings.database_url.reveal()
    return Relay(town.counter.source, dsn, to, SIGNER, settings or RelaySettings(heartbeat=0.2))


def stored(town: Town) -> int:
    with town.counter.ledger.connection() as connection:
        return relay_position.stored(connection)


def _chained(listener: Listener, start: int) -> bool:
    """Whether each batch begins where the one before it ended."""
    ends = [start, *(batch.until for batch in listener.heard)]
    return [batch.after for batch in listener.heard] == ends[:-1]


def _power_cut(patch: pytest.MonkeyPatch, published: bool) -> list[str]:
    """Let the power fail at the first batch that holds events, before or after it is published."""
    cut: list[str] = []
    publish = Publishing.publish

    def failing(self: Publishing, body: bytes, key: str, *, meanwhile: Callable[[], None]) -> None:
        if published:
            publish(self, body, key, meanwhile=meanwhile)
        cut.append(key)
        raise PowerCut

    patch.setattr(Publishing, "publish", failing)
    return cut


def _counted_connections(patch: pytest.MonkeyPatch) -> list[Broker]:
    made: list[Broker] = []
    connect = Broker.connect

    def counted(self: Broker) -> Any:
        made.append(self)
        return connect(self)

    patch.setattr(Broker, "connect", counted)
    return made
