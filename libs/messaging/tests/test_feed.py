"""The feed shows each caller what their grants cover, in order, and follows what comes."""

from collections.abc import Iterator

import pytest
from linli.cases.v1 import cases_events_pb2  # noqa: F401 # the pool must know the contract
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.decider import Refusal
from libs.messaging.feed import FeedApi, may_see
from libs.messaging.live import Live
from libs.messaging.published import Published
from libs.messaging.tests.town import ALICE, Town, sequences
from libs.messaging.translate import Source
from libs.query.reach import Limit, Reach
from libs.runtime.tests.example import counter
from libs.runtime.tests.example.counter import COUNTED
from libs.testkit.following import Caller


class HearsLate(Source):
    """A source whose process has not heard yet of what another one recorded."""

    def head(self) -> int:
        return 0


def _api(town: Town, heartbeat: float = 0.05) -> FeedApi:
    return FeedApi({"counter": Live(town.counter.source, heartbeat=heartbeat)})


def _followed(town: Town, caller: Caller, **request: object) -> Iterator[feed.Batch]:
    asked = feed.FollowEventsRequest(source="counter", **request)  # type: ignore[arg-type]  # a test's short cut
    return (answer.batch for answer in caller.hears(_api(town).follow_events(asked, caller)))


def _read(town: Town, caller: Caller, **request: object) -> feed.Batch:
    asked = feed.ReadEventsRequest(source="counter", **request)  # type: ignore[arg-type]  # a test's short cut
    return _api(town).read_events(asked, caller).batch


def test_a_reader_gets_what_follows_a_position(town: Town) -> None:
    town.count(1, 2, 3)
    first = town.batch(limit=1).until

    batch = _read(town, Caller(), after=first)

    assert sequences(batch) == sequences(town.batch())[1:]
    assert (batch.source, batch.after, batch.until) == ("linli://test/counter", first, town.batch().until)


def test_an_envelope_tells_all_there_is_to_tell(town: Town) -> None:
    town.count(7, who="a")

    (event,) = _read(town, Caller()).events

    (recorded,) = town.counter.ledger.read()
    counted = COUNTED()
    assert event.data.Unpack(counted)
    assert (counted.counter_id, counted.by) == ("a", 7)
    assert event.type == "linli.example.v1.Counted"
    assert event.subject == "counter-a"
    assert (event.id, event.sequence, event.subject_version) == (
        recorded.metadata.event_id,
        recorded.position,
        1,
    )
    assert (event.actor, event.correlation_id) == ("alice", "c-1")


def test_a_reader_sees_only_the_areas_of_their_grants(town: Town) -> None:
    town.count(1, who="a")
    town.count(2, who="b")

    batch = _read(town, Caller(Reach((Limit(path="town/b"),))))

    assert [event.subject for event in batch.events] == ["counter-b"]
    assert batch.until == town.batch().until


def test_a_reader_without_grants_sees_only_what_is_public(town: Town) -> None:
    town.count(1)
    town.counter.streams["counter"].handle("a", counter.Forget(person_id="mary"), ALICE)

    batch = _read(town, Caller(Reach()))

    assert [event.type for event in batch.events] == ["linli.example.v1.PersonForgotten"]


def test_a_reader_may_ask_for_some_types(town: Town) -> None:
    town.count(1)

    assert list(_read(town, Caller(), types=["linli.example.v1.PersonForgotten"]).events) == []


def test_a_type_that_the_source_never_publishes_is_refused_with_those_it_publishes(town: Town) -> None:
    town.count(1)
    source = Source("cases", "test", town.counter.ledger, counter.publish)
    api = FeedApi({"cases": Live(source)})

    for unknown in ("CaseOpened", "linli.cases.v1.CaseOpend", "linli.catalog.v1.AffairDefined"):
        wanted = f"publishes no {unknown}; it publishes: .*linli.cases.v1.CaseOpened"
        with pytest.raises(Refusal, match=wanted) as read:
            api.read_events(feed.ReadEventsRequest(source="cases", types=[unknown]), Caller())
        with pytest.raises(Refusal, match=wanted):
            api.follow_events(feed.FollowEventsRequest(source="cases", types=[unknown]), Caller())

        assert (read.value.code, read.value.field) == ("EVENT_TYPE_NOT_PUBLISHED", "types")


def test_the_limit_counts_events_and_skips_what_is_not_for_the_reader(town: Town) -> None:
    for _ in range(600):
        town.count(1, who="a")
    town.count(2, 3, 4, who="b")

    batch = _read(town, Caller(Reach((Limit(path="town/b"),))), limit=2)

    assert [event.subject for event in batch.events] == ["counter-b"] * 2
    assert batch.until == batch.events[-1].sequence < batch.head
    rest = _read(town, Caller(Reach((Limit(path="town/b"),))), limit=2, after=batch.until)
    assert len(rest.events) == 1
    assert rest.until == rest.head


def test_a_follower_does_not_hear_of_stretches_that_are_not_for_them(town: Town) -> None:
    for _ in range(1200):
        town.count(1, who="a")
    town.count(2, who="b")
    caller = Caller(Reach((Limit(path="town/b"),)))

    first = next(_followed(town, caller))

    assert [event.subject for event in first.events] == ["counter-b"]
    assert (first.after, first.until) == (0, first.head)


def test_an_unknown_source_is_refused_by_name(town: Town) -> None:
    with pytest.raises(Refusal, match="SOURCE_UNKNOWN: no such source here; served are: counter"):
        _api(town).read_events(feed.ReadEventsRequest(source="nowhere"), Caller())


def test_a_position_that_the_source_has_not_reached_is_refused_with_the_one_it_has(town: Town) -> None:
    town.count(1, 2)
    head = town.counter.ledger.head()
    request = feed.FollowEventsRequest(source="counter", after=head + 1)

    with pytest.raises(Refusal, match="POSITION_AHEAD") as read:
        _read(town, Caller(), after=head + 1)
    with pytest.raises(Refusal, match=f"nothing beyond {head}, .* read again from 0"):
        _api(town).follow_events(request, Caller())

    assert read.value.facts == {"after": str(head + 1), "head": str(head)}
    assert _read(town, Caller(), after=head).until == head


def test_a_position_that_only_the_store_knows_of_yet_is_good(town: Town) -> None:
    town.count(1)
    head = town.counter.ledger.head()
    source = HearsLate("counter", "test", town.counter.ledger, counter.publish)
    request = feed.ReadEventsRequest(source="counter", after=head)

    assert FeedApi({"counter": Live(source)}).read_events(request, Caller()).batch.until == head


def test_a_follower_gets_the_history_then_a_heartbeat_then_the_news(town: Town) -> None:
    town.count(1, 2)
    following = _followed(town, Caller())

    history, silence = next(following), next(following)
    town.count(3)
    news = next(batch for batch in following if batch.events)

    assert sequences(history) == sequences(town.batch())[:2]
    assert (list(silence.events), silence.after, silence.until) == ([], history.until, history.until)
    assert sequences(news) == sequences(town.batch())[2:]


def test_a_follower_who_has_gone_ends_the_stream(town: Town) -> None:
    town.count(1)
    caller = Caller(turns=[True])

    assert len(list(_followed(town, caller))) == 1


def test_whoever_is_named_as_a_body_sees_the_event() -> None:
    about_lasan = Published(message=COUNTED(), area_path="la", body_ids=("bos", "lasan"))

    assert may_see(Reach((Limit(body="lasan"),)), about_lasan)
    assert not may_see(Reach((Limit(body="police"),)), about_lasan)
    assert not may_see(Reach((Limit(path="ny"),)), about_lasan)
