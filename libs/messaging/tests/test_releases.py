"""A release bears what the next one stores: it passes over it, waits, or lets it lead, and loses nothing."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import grpc
import psycopg
import pytest
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.errors import (
    EventTypeUnknown,
    LedgerUnavailable,
    MigrationRefused,
    SchemaUnknown,
    UnknownEvent,
)
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Context, UnknownType
from libs.ledger.revision import Revision
from libs.ledger.store.migrate import Step
from libs.ledger.store.verify import verify
from libs.ledger.streams.stream import handle_many
from libs.ledger.views import passed_over
from libs.ledger.views.rebuild import Progress, RebuildRefused, differences, rebuild
from libs.messaging import relay_position
from libs.messaging.broker import Broker, BrokerSettings
from libs.messaging.clocks import ClockRunner
from libs.messaging.feed import FeedApi
from libs.messaging.live import Live
from libs.messaging.local import LocalDelivery
from libs.messaging.relay import Relay, RelaySettings
from libs.messaging.schema import NEWEST, STEPS, check_schema, migrate
from libs.messaging.tests.listening import Listener
from libs.messaging.tests.releases import Releases, both, store_checked
from libs.messaging.tests.town import ALICE, SIGNER, SOURCE, Town, sequences
from libs.retry.backoff import Backoff
from libs.rpc.failures import RpcFailed
from libs.runtime.host.opened import OpenService, open_service
from libs.runtime.host.threads import WatchedThread
from libs.runtime.tests.example import counter, newer
from libs.runtime.tests.running import MASTER_KEY, database_of, settings_for
from libs.telemetry import metrics
from libs.testkit import patience, protos
from libs.testkit.clocks import HandClock, moment
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.following import Caller
from libs.testkit.postgres import TestServer
from libs.testkit.views import read_when_there

NINE = moment("2030-01-01 09:00")


@pytest.fixture
def releases(postgres_server: TestServer) -> Iterator[Releases]:
    with both(postgres_server) as running:
        yield running


# -- what is private is passed over


def test_a_private_type_of_the_next_release_is_passed_over_by_feed_and_exchange(releases: Releases) -> None:
    releases.count(1)
    releases.tag()
    releases.count(2)

    read = releases.old.source.batch(0)

    assert sequences(read) == sequences(releases.new.source.batch(0))
    assert len(read.events) == 2
    assert read.until == releases.old.ledger.head()


def test_the_whole_ledger_tells_of_it_only_who_and_when(releases: Releases) -> None:
    releases.tag()

    (recorded,) = releases.old.ledger.read()

    assert recorded.event == UnknownType(published=False)
    assert not recorded.known
    assert (recorded.name, recorded.metadata.actor) == ("counter.tagged.v1", "alice")


def test_a_view_passes_over_it_and_notes_what_it_lacks(releases: Releases) -> None:
    _set_alarm(releases, "a", 10)
    tagged = releases.tag()
    releases.tag()
    _set_alarm(releases, "b", 20)

    releases.old.projector.start()
    with read_when_there(
        releases.old.views, "alarms", str(Revision(releases.old.ledger.head(), 0))
    ) as cursor:
        assert [row["counter_id"] for row in cursor.execute("SELECT counter_id FROM alarms ORDER BY 1")] == [
            "a",
            "b",
        ]
    releases.old.projector.close()

    assert _lacks(releases) == {"counter.tagged.v1": tagged}
    assert differences(releases.old.ledger, counter.ALARMS) == []


def test_a_view_rebuilt_by_the_release_that_knows_the_type_lacks_nothing_any_more(releases: Releases) -> None:
    tagged = releases.tag()

    rebuild(releases.old.ledger, counter.ALARMS)
    assert _lacks(releases) == {"counter.tagged.v1": tagged}

    rebuild(releases.new.ledger, newer.ALARMS)
    assert _lacks(releases) == {}


def test_a_view_of_both_is_built_again_when_the_release_that_knows_the_type_takes_it(
    releases: Releases,
) -> None:
    _set_alarm(releases, "a", 10)
    releases.old.projector.start()
    eventually(lambda: releases.old.projector.status().ready)
    releases.new.projector.start()
    tagged = releases.tag()
    eventually(lambda: _lacks(releases) == {"counter.tagged.v1": tagged})

    releases.old.projector.close()
    eventually(lambda: _lacks(releases) == {})
    _set_alarm(releases, "b", 20)
    with read_when_there(
        releases.new.views, "alarms", str(Revision(releases.new.ledger.head(), 0))
    ) as cursor:
        assert len(cursor.execute("SELECT counter_id FROM alarms").fetchall()) == 2
    assert differences(releases.new.ledger, newer.ALARMS) == []
    releases.new.projector.close()


def test_a_view_that_could_not_be_built_again_is_tried_until_it_lacks_nothing(
    releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases.tag()
    rebuild(releases.old.ledger, counter.ALARMS)
    faults = iter([RebuildRefused("readers never paused"), psycopg.OperationalError("gone"), ValueError("?")])
    go_on = threading.Event()

    def attempt(*given: Any) -> Progress:
        assert go_on.wait(60)
        if fault := next(faults, None):
            raise fault
        return rebuild(*given)

    monkeypatch.setattr("libs.ledger.views.mending.rebuild", attempt)
    monkeypatch.setattr("libs.ledger.views.mending._BACKOFF", Backoff(first=0.01, most=0.01))

    releases.new.projector.start()
    told = eventually(releases.new.projector.lacking)
    go_on.set()
    eventually(lambda: not releases.new.projector.lacking())

    assert told.startswith("alarms: lacks events")
    assert _lacks(releases) == {}
    assert releases.new.projector.status().ready
    releases.new.projector.close()


def _lacks(releases: Releases) -> dict[str, int]:
    with releases.new.ledger.connection() as connection, connection.cursor() as cursor:
        return passed_over.noted(cursor, counter.ALARMS.schema)


def test_verify_erasure_and_rewrapping_go_on(releases: Releases) -> None:
    releases.tag()
    head = releases.announce()

    assert verify(releases.dsn).position == head
    handle_many(releases.old.ledger, [], erases=["person-1"])
    keys = f"{MasterKey.generate().text()}\n{MASTER_KEY}"
    with open_service(counter.SERVICE, settings_for(releases.dsn, keys), {}).ledger as rewrapping:
        assert rewrapping.keys.rewrap(lambda _: None) > 0


def test_commands_on_other_streams_go_on(releases: Releases) -> None:
    releases.tag("a")

    handled = releases.old.streams["counter"].handle("b", counter.Count(by=3), ALICE)

    assert handled.state.total == 3


# -- what must be decided on waits for the next release


def test_a_decision_over_it_is_left_to_the_next_release_and_done_once(releases: Releases) -> None:
    releases.count(1)
    old, new = releases.old.streams["counter"], releases.new.streams["counter"]
    assert old.load("a").state.total == 1  # cached, and out of date in a moment
    releases.tag()
    asked = Context(actor="alice", request_id="r-1", request_digest="d")

    for _ in range(2):
        with pytest.raises(
            EventTypeUnknown, match=r"counter\.tagged\.v1 of counter-a at position 2 was stored"
        ):
            old.handle("a", counter.Count(by=2), asked)
    with pytest.raises(EventTypeUnknown):
        old.load("a")

    assert new.handle("a", counter.Count(by=2), asked).state.total == 3
    assert new.handle("a", counter.Count(by=2), asked).repeated


def test_no_state_with_a_gap_is_kept(releases: Releases) -> None:
    for _ in range(250):  # longer than what gets a snapshot
        releases.count(1)
    releases.tag()
    releases.count(1)

    with pytest.raises(EventTypeUnknown):
        releases.old.streams["counter"].load("a")

    assert releases.old.streams["counter"].states.cached("counter-a") is None
    with releases.old.ledger.connection() as connection:
        kept = connection.execute("SELECT max(version) AS version FROM snapshots").fetchone()
    assert kept is not None
    assert kept["version"] <= 250


def test_a_moment_of_such_a_stream_waits_and_the_others_ring(releases: Releases) -> None:
    releases.old.projector.start()
    _set_alarm(releases, "a", 0)
    _set_alarm(releases, "b", 0)
    releases.tag("a")
    with read_when_there(releases.old.views, "alarms", str(Revision(releases.old.ledger.head(), 0))):
        pass

    assert _runner(releases.old).fire() == 1
    assert _rang(releases) == ["counter-b"]

    assert _runner(releases.new).fire() > 0
    assert sorted(_rang(releases)) == ["counter-a", "counter-b"]
    releases.old.projector.close()


def test_a_callers_request_is_done_by_an_instance_of_the_next_release(postgres_server: TestServer) -> None:
    """Over the real wire, as a caller meets one instance after the other."""
    dsn = database_of(postgres_server, counter.SERVICE)
    migrate(dsn, "counter", events=newer.EVENTS)
    message = protos.message_class("linli.example.v1.CountRequest")
    request = message(request_id="r-1", counter_id="a", by=3)
    descriptor = protos.service("linli.example.v1.CounterService")

    def count(instance: Component) -> Any:
        return instance.client(instance.mint.client("cases.open")).service(descriptor).count(request)

    with (
        component(postgres_server, newer.SERVICE, dsn=dsn) as new,
        component(postgres_server, counter.SERVICE, dsn=dsn) as old,
    ):
        new.opened.streams["counter"].handle("a", newer.Tag(tag="blue"), ALICE)

        with pytest.raises(RpcFailed) as refused:
            count(old)
        told = (refused.value.code, refused.value.reason)
        assert told == (grpc.StatusCode.UNAVAILABLE, "EVENT_TYPE_UNKNOWN")
        assert refused.value.passing

        assert count(new).total == 3
    postgres_server.drop(dsn)


def test_a_neighbours_event_that_needs_it_is_not_parked_but_waits(town: Town) -> None:
    town.count(1)
    inbox = town.inbox()
    inbox.handle(town.batch())
    store_checked(town)
    town.count(2)

    with pytest.raises(EventTypeUnknown):
        inbox.handle(town.batch())

    assert town.tally.effects().parked_count(SOURCE) == 0
    assert inbox.position(SOURCE) < town.counter.ledger.head()


def _set_alarm(releases: Releases, who: str, minutes: int) -> None:
    releases.new.streams["counter"].handle(who, counter.SetAlarm(at=NINE + timedelta(minutes=minutes)), ALICE)


def _runner(release: OpenService) -> ClockRunner:
    clocks, clock = release.service.clocks, HandClock(NINE + timedelta(hours=1))
    return ClockRunner("counter", release.views, release.streams, clocks, now=clock)


def _rang(releases: Releases) -> list[str]:
    return [event.stream for event in releases.new.ledger.read() if isinstance(event.event, counter.Rang)]


# -- what neighbours wait for is published by the next release


def test_a_reader_of_the_feed_gets_what_comes_before_a_published_type_and_then_hears_of_it(
    releases: Releases,
) -> None:
    releases.count(1, 2)
    announced = releases.announce()
    releases.count(3)
    api = FeedApi({"counter": Live(releases.old.source, heartbeat=0.05)})

    before = api.read_events(feed.ReadEventsRequest(source="counter"), Caller()).batch
    assert (len(before.events), before.until) == (2, announced - 1)
    with pytest.raises(EventTypeUnknown):
        api.read_events(feed.ReadEventsRequest(source="counter", after=before.until), Caller())

    caller = Caller()
    following = caller.hears(api.follow_events(feed.FollowEventsRequest(source="counter"), caller))
    assert next(following).batch.until == before.until
    with pytest.raises(EventTypeUnknown):
        next(following)
    assert len(releases.new.source.batch(0).events) == 4


@pytest.fixture
def to(broker: str) -> Broker:
    """The test's broker."""
    return Broker(BrokerSettings(url=broker, heartbeat=2.0))


def test_a_relay_stops_loudly_and_lets_the_next_release_lead(
    releases: Releases, to: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.messaging.relay._FOR_ANOTHER", 1.0)
    releases.count(1)
    with Listener(to) as listener, _relay(releases.old, to) as old:
        listener.until(lambda: listener.heard, "the old one leads")
        announced = releases.announce()
        releases.count(2)
        listener.until(lambda: "stored by a newer release" in old.trouble, "it says what is wrong")
        assert 'linli_relay_stopped{service="counter"} 1.0' in metrics.exposition().decode()
        assert all(batch.until < announced for batch in listener.heard)

        with _relay(releases.new, to):
            listener.until(lambda: listener.heard[-1].until > announced, "the new one leads")
            eventually(lambda: old.trouble == "", "the old one stands by")
            assert 'linli_relay_stopped{service="counter"} 0.0' in metrics.exposition().decode()

    heard = [sequence for batch in listener.heard for sequence in sequences(batch)]
    assert sorted(set(heard)) == sequences(releases.new.source.batch(0))


def test_an_old_relay_still_answers_for_what_lies_before_what_it_cannot_publish(
    releases: Releases, to: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.messaging.relay._FOR_ANOTHER", 0.1)
    releases.count(1, 2)
    announced = releases.announce()
    with releases.old.ledger.connection() as connection:
        relay_position.store(connection, announced - 1)

    with Listener(to) as listener, _relay(releases.old, to) as old:
        listener.until(lambda: "stored by a newer release" in old.trouble, "it says what is wrong")
        heard = len(listener.heard)
        listener.until(lambda: len(listener.heard) > heard + 1, "it says that it lives")
        listener.ask(0)
        listener.until(lambda: listener.again, "it answers")

    assert sequences(listener.again[0]) == [1, 2]
    assert {(batch.after, batch.until) for batch in listener.heard} == {(2, 2)}


def test_who_asks_an_old_relay_for_what_it_cannot_publish_is_not_told_that_nothing_is_there(
    releases: Releases, to: Broker
) -> None:
    releases.announce()
    last = releases.tag()
    with releases.old.ledger.connection() as connection:
        relay_position.store(connection, last)  # as the next release left it, before the way back

    with Listener(to) as listener, _relay(releases.old, to) as old:
        listener.until(lambda: listener.heard, "it leads, behind what it does not know")
        listener.ask(0)
        releases.count(1)
        listener.until(lambda: listener.heard[-1].until > last, "it publishes what is new")
        heard = len(listener.heard)
        listener.until(lambda: len(listener.heard) > heard + 2, "some heartbeats later")

        assert old.trouble == ""
        assert listener.again == []


def _relay(release: OpenService, to: Broker) -> "_Running":
    return _Running(release, to)


class _Running:
    """A relay in a thread, for as long as it is wanted."""

    def __init__(self, release: OpenService, to: Broker) -> None:
        dsn = release.settings.database_url.reveal()
        self._relay = Relay(release.source, dsn, to, SIGNER, RelaySettings(heartbeat=0.2))
        self._thread = WatchedThread("relay", self._relay.run, wake=self._relay.wake)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self._relay

    def __exit__(self, *_: object) -> None:
        assert self._thread.close(patience.seconds(20)), "the relay does not stop"


def test_in_one_process_a_source_that_waits_for_the_next_release_says_so_and_holds_up_no_other(
    releases: Releases, town: Town
) -> None:
    """As `linli up` of an older release finds a folder of a newer one."""
    other = town.counter.source
    other.name = "linli://test/other/counter"
    releases.count(1, who="here")
    releases.announce()
    town.count(5, who="there")
    delivery = LocalDelivery(town.inbox(), [releases.old.source, other])

    for _ in range(2):
        delivery.carry()

    assert "counter.announced.v1" in delivery.trouble()
    assert len(town.steps("here")) == len(town.steps("there")) == 1


# -- what nobody registered is a corruption


def test_a_type_that_no_release_registered_stops_everybody(releases: Releases) -> None:
    releases.tag()
    releases.unregister("counter.tagged.v1")
    told = re.escape("stored event counter.tagged.v1 is unknown here and registered by no release")

    for read in (releases.old.ledger.read, lambda: releases.old.source.batch(0)):
        with pytest.raises(UnknownEvent, match=told):
            read()
    with pytest.raises(UnknownEvent, match=told) as stopped:
        releases.old.streams["counter"].load("a")
    assert not isinstance(stopped.value, LedgerUnavailable)  # it does not pass by itself


def test_an_old_process_works_on_an_expanded_database_and_not_on_a_contracted_one(
    postgres_server: TestServer,
) -> None:
    dsn = database_of(postgres_server, counter.SERVICE)
    after = [
        *STEPS,
        Step(NEWEST + 1, "what is new", _nothing),
        Step(NEWEST + 2, "what is old", _nothing, needs=NEWEST + 1, contract=True),
    ]
    migrate(dsn, "counter", steps=after)

    old = open_service(counter.SERVICE, settings_for(dsn), {})
    assert old.streams["counter"].handle("a", counter.Count(by=2), ALICE).state.total == 2
    with pytest.raises(
        MigrationRefused, match=f"knows steps up to {NEWEST}, and must know step {NEWEST + 1}"
    ):
        migrate(dsn, "counter", steps=after, contract=True)
    old.close()

    eventually(lambda: _contracted(dsn, after), "its connection is gone")
    with pytest.raises(SchemaUnknown, match=f"only releases that know step {NEWEST + 1} can run with it"):
        open_service(counter.SERVICE, settings_for(dsn), {})
    postgres_server.drop(dsn)


def _nothing(_cursor: object, _dsn: str) -> None:
    """A step that changes nothing."""


def _contracted(dsn: str, steps: Sequence[Step]) -> bool:
    with suppress(MigrationRefused):
        return migrate(dsn, "counter", steps=steps, contract=True) == ["what is old"]
    return False


def test_a_release_does_not_start_before_its_types_are_registered(releases: Releases) -> None:
    check_schema(releases.dsn, "counter", events=newer.EVENTS)
    releases.unregister("counter.tagged.v1")

    with pytest.raises(SchemaUnknown, match=r"types of events counter\.tagged\.v1 are not registered"):
        check_schema(releases.dsn, "counter", events=newer.EVENTS)
    check_schema(releases.dsn, "counter", events=counter.EVENTS)

    assert migrate(releases.dsn, "counter", events=newer.EVENTS) == []
    check_schema(releases.dsn, "counter", events=newer.EVENTS)
