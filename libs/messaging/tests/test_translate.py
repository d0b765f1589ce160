"""Envelopes keep moments and everything else exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from linli.identity.v1.identity_events_pb2 import AreaBoundaryChanged

from libs.ledger.personal import sealed
from libs.ledger.recorded import Metadata, Recorded
from libs.ledger.store.incarnation import Life
from libs.messaging.published import Published
from libs.messaging.translate import Source, envelope, fact_of, service_of, source_name
from libs.runtime.tests.example.counter import COUNTED, Counted
from libs.testkit.clocks import moment

MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 # made aware


def _recorded(occurred_at: datetime, **metadata: Any) -> Recorded[Counted]:
    about = Metadata(event_id="e1", occurred_at=occurred_at, actor="alice", **metadata)
    return Recorded(
        stream="counter-a",
        version=3,
        position=17,
        name="counter.counted.v1",
        event=Counted(by=1),
        metadata=about,
        recorded_at=moment("2030-01-01 09:00"),
    )


@given(occurred_at=MOMENTS)
def test_a_moment_comes_through_to_the_microsecond(occurred_at: datetime) -> None:
    event = envelope("linli://test/counter", _recorded(occurred_at), Published(message=COUNTED()))

    assert fact_of(event).time == occurred_at == event.time.ToDatetime(tzinfo=UTC)


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    there = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=8)))

    event = envelope("linli://test/counter", _recorded(there), Published(message=COUNTED()))

    assert fact_of(event).time == there


def test_all_that_is_known_of_an_event_travels_with_it() -> None:
    recorded = _recorded(
        moment("2029-12-31 09:00"), on_behalf_of="mary", consent_id="consent-1", area="ca/la",
        request_id="r1", correlation_id="c1",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )  # fmt: skip

    fact = fact_of(envelope("linli://test/counter", recorded, Published(message=COUNTED())))

    assert (fact.source, fact.event_id, fact.type) == (
        "linli://test/counter",
        "e1",
        "linli.example.v1.Counted",
    )
    assert (fact.subject, fact.subject_version, fact.sequence) == ("counter-a", 3, 17)
    assert (fact.actor, fact.on_behalf_of, fact.consent_id, fact.area_id) == (
        "alice",
        "mary",
        "consent-1",
        "la",
    )
    assert (fact.correlation_id, fact.causation_id) == ("c1", "r1")
    assert fact.traceparent == recorded.metadata.traceparent
    assert fact.recorded_time == recorded.recorded_at


def test_what_a_person_typed_as_a_reason_is_not_published_what_the_service_gives_is() -> None:
    at, published = moment("2029-12-31 09:00"), Published(message=COUNTED())

    typed = envelope("linli://test/counter", _recorded(at, said=sealed("alice", b"she typed")), published)
    ours = envelope("linli://test/counter", _recorded(at, reason="the limit was used up"), published)

    assert (typed.reason, ours.reason) == ("", "the limit was used up")
    assert b"she typed" not in typed.SerializeToString()


def test_what_is_published_may_be_about_something_else_than_its_stream() -> None:
    published = Published(message=COUNTED(), subject="person-1", area_id="la-1")

    event = envelope("linli://test/counter", _recorded(moment("2029-12-31 09:00"), area="la"), published)

    assert (event.subject, event.area_id) == ("person-1", "la-1")


def test_an_event_with_a_moment_of_its_own_happened_then() -> None:
    passed = moment("2029-12-31 09:00")
    noticed = _recorded(moment("2029-12-31 17:00"))

    event = envelope("linli://test/counter", noticed, Published(message=COUNTED(), occurred_at=passed))

    assert fact_of(event).time == passed
    assert fact_of(event).recorded_time == noticed.recorded_at


def test_a_source_is_named_by_cell_and_service() -> None:
    assert service_of(source_name("demo", "cases")) == "cases"


def test_a_batch_of_large_events_ends_before_it_is_too_large_to_travel() -> None:
    sizes = [900_000, 900_000, 900_000, 10, 3_000_000, 10]
    source = Source("counter", "test", Recordings(sizes), _boundary)

    after, held = 0, []
    for _ in sizes:
        batch = source.batch(after)
        assert batch.after == after
        assert batch.until == max([after, *(event.sequence for event in batch.events)])
        held.append([event.sequence for event in batch.events])
        after = batch.until

    assert held == [[1, 2], [3, 4], [5], [6], [], []]


def test_what_was_read_of_a_store_that_became_another_meanwhile_is_not_kept() -> None:
    read, asked = (Source("counter", "test", Replaced([10, 10]), _boundary) for _ in range(2))

    assert [event.sequence for event in read.batch(0).events] == [1, 2]
    assert list(read.batch(0).events) == []
    assert [asked.chain_at(2), asked.chain_at(2)] == [b"2", b"another 2"]


@dataclass
class Recordings:
    """A ledger whose events are so large."""

    sizes: Sequence[int]

    def read(self, after: int, limit: int) -> Sequence[Recorded[Counted]]:
        """Those after a position."""
        some = _recorded(moment("2030-01-01 09:00"))
        numbered = enumerate(self.sizes, start=1)
        found = [replace(some, position=at, event=Counted(by=size)) for at, size in numbered if at > after]
        return found[:limit]

    def wait(self, _after: int, _timeout: float) -> bool:
        """Nothing is added."""
        return False

    @property
    def known_head(self) -> int:
        """The last."""
        return len(self.sizes)

    def head(self) -> int:
        """The last."""
        return len(self.sizes)

    def on_news(self, _wake: Callable[[], None]) -> None:
        """There are none."""

    def on_reconnect(self, _forget: Callable[[], None]) -> None:
        """It never does."""

    @property
    def lives(self) -> Sequence[Life]:
        """The first."""
        return [Life(1, 0)]

    def chain_at(self, position: int) -> bytes:
        """Any that differs by position."""
        return b"%d" % position


@dataclass
class Replaced(Recordings):
    """A ledger that is restored, without its events, while it is asked for the first time."""

    forget: Callable[[], None] = lambda: None
    restored: bool = False

    def read(self, after: int, limit: int) -> Sequence[Recorded[Counted]]:
        """Those after a position, of the ledger as it was when that was asked."""
        return [] if self._asked() else super().read(after, limit)

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        """Once."""
        self.forget = forget

    def chain_at(self, position: int) -> bytes:
        """The same, of another ledger."""
        return b"another %d" % position if self._asked() else super().chain_at(position)

    def _asked(self) -> bool:
        before, self.restored = self.restored, True
        if not before:
            self.forget()
        return before


def _boundary(recorded: Recorded[Any]) -> Published:
    return Published(message=AreaBoundaryChanged(boundary="x" * recorded.event.by))
