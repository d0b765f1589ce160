"""Translation of stored events into published ones, in the envelope that feed, relay and inbox share."""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from google.protobuf import descriptor_pool
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.errors import EventTypeUnknown
from libs.ledger.recorded import Recorded, UnknownType, utc_now
from libs.ledger.store.incarnation import Life
from libs.messaging.published import Publish, Published
from libs.messaging.reactions import Fact
from libs.messaging.stretch import Entry, Recent, Step, Stretch, stretch_of
from libs.rpc.moments import moment, stamp


class Reading(Protocol):
    """What a source needs of a ledger."""

    def read(self, after: int, limit: int) -> Sequence[Recorded[Any]]:
        """Up to `limit` events recorded after a position, in order."""

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until something is recorded after a position; False when `timeout` seconds passed."""

    @property
    def known_head(self) -> int:
        """The last position recorded, as far as this process has heard."""

    def head(self) -> int:
        """The last position recorded: asks the store."""

    def on_news(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever something was recorded."""

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        """Call `forget` whenever the store may have become another."""

    @property
    def lives(self) -> Sequence[Life]:
        """All incarnations of the ledger until this one, the first one first."""

    def chain_at(self, position: int) -> bytes:
        """The chain after the last event up to a position."""


class Source:
    """One service's ledger as neighbours see it. Any number of threads may read.

    The newest events are kept translated: neighbours that keep up share one reading of the ledger.
    """

    def __init__(
        self,
        service: str,
        cell: str,
        ledger: Reading,
        publish: Publish,
        *,
        kept: int = 4000,
    ) -> None:
        self.service = service
        self.name = source_name(cell, service)
        self.types = event_types(service)  # all that it publishes, by its contract
        self._ledger = ledger
        self._publish = publish
        self._recent = Recent(kept)
        self._advancing = threading.Lock()
        ledger.on_reconnect(self._recent.clear)

    def batch(self, after: int, limit: int = 500, types: Collection[str] | None = None) -> feed.Batch:
        """What is published after a position, looking at up to `limit` stored events; of large ones at fewer.

        `until` is the position reached; it equals `after` when nothing more is recorded. With
        `types` (full names of messages) it holds only events of these.
        """
        return self.proved(self.stretch(after, limit).batch(self.name, types, head=self.head()))

    def proved(self, batch: feed.Batch) -> feed.Batch:
        """The batch, with what tells its reader which history it is a part of."""
        lives = self._ledger.lives
        batch.incarnation, batch.incarnation_after = lives[-1]
        for number, after in lives[1:]:
            batch.incarnations.add(number=number, after=after)
        batch.chain_after, batch.chain_until = self.chain_at(batch.after), self.chain_at(batch.until)
        batch.published_time.CopyFrom(stamp(utc_now()))
        return batch

    def chain_at(self, position: int) -> bytes:
        """The hash over the ledger up to a position."""
        age, known = self._recent.age, self._recent.chain(position)
        if known is None:
            known = self._ledger.chain_at(position)
            self._recent.note(position, known, age)
        return known

    def stretch(self, after: int, limit: int = 500) -> Stretch:
        """The same, with who may see each event.

        Raises `EventTypeUnknown` where the first event is one that only a newer release can publish: whoever
        went on behind it would leave it out for ever. Private ones of a newer release are passed over.
        """
        found = self._recent.after(after, limit)
        if found is not None and self._enough(found, limit):
            return found
        with self._advancing:  # whoever comes second finds what the first has read
            found = self._recent.after(after, limit)
            if found is not None and self._enough(found, limit):
                return found
            age = self._recent.age
            begin = after if found is None else self._recent.end()
            steps, beyond = self._steps(self._ledger.read(begin, limit))
            self._recent.extend(begin, steps, age)
            if found is not None:
                return self._recent.after(after, limit) or found
        if beyond is not None and not steps:
            raise EventTypeUnknown(beyond.name, beyond.stream, beyond.position)
        return stretch_of(after, steps)

    def _steps(self, events: Iterable[Recorded[Any]]) -> tuple[list[Step], Recorded[Any] | None]:
        """Events translated, up to one that only a newer release can publish, and that one, if any."""
        steps = list[Step]()
        for event in events:
            if isinstance(event.event, UnknownType) and event.event.published:
                return steps, event
            steps.append((event.position, self._translated(event), event.chain))
        return steps, None

    def _enough(self, found: "Stretch", limit: int) -> bool:
        return found.cut or found.steps == limit or found.until >= self._ledger.known_head

    def unknown(self, types: Iterable[str]) -> list[str]:
        """Which of some types it never publishes, by its contract, if it has one."""
        return sorted(set(types) - self.types) if self.types else []

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until something is recorded after a position; False when `timeout` seconds passed."""
        return self._ledger.wait(after, timeout)

    def head(self) -> int:
        """The last position recorded, as far as this process has heard."""
        return self._ledger.known_head

    def newest(self) -> int:
        """The last position recorded: asks the store."""
        return self._ledger.head()

    @property
    def life(self) -> int:
        """The incarnation of the ledger."""
        return self._ledger.lives[-1].number

    def on_news(self, wake: Callable[[], None]) -> None:
        """Call `wake` (quick: it sets an event) whenever something was recorded."""
        self._ledger.on_news(wake)

    def _translated(self, recorded: Recorded[Any]) -> Entry | None:
        published = self._publish(recorded) if recorded.known else None
        return None if published is None else _entry(self.name, recorded, published)


def _entry(source: str, recorded: Recorded[Any], published: Published) -> Entry:
    event = envelope(source, recorded, published)
    return Entry(event, published.message.DESCRIPTOR.full_name, published, event.ByteSize())


def event_types(service: str) -> frozenset[str]:
    """What a service publishes by its contract: the messages of `<service>_events.proto`, if it has one."""
    try:
        contract = descriptor_pool.Default().FindFileByName(f"linli/{service}/v1/{service}_events.proto")
    except KeyError:
        return frozenset()
    return frozenset(message.full_name for message in contract.message_types_by_name.values())


def source_name(cell: str, service: str) -> str:
    """The name of a service's events in the world: `linli://demo/cases`."""
    return f"linli://{cell}/{service}"


def service_of(source: str) -> str:
    """The service that a source's name ends with."""
    return source.rpartition("/")[2]


def envelope(source: str, recorded: Recorded[Any], published: Published) -> feed.Event:
    """A published message with the attributes of CloudEvents around it."""
    about = recorded.metadata
    event = feed.Event(
        id=about.event_id,
        source=source,
        type=published.message.DESCRIPTOR.full_name,
        subject=published.subject or recorded.stream,
        sequence=recorded.position,
        subject_version=recorded.version,
        traceparent=about.traceparent or "",
        correlation_id=about.correlation_id or "",
        causation_id=about.causation_id or about.request_id or "",
        actor=about.actor,
        on_behalf_of=about.on_behalf_of or "",
        consent_id=about.consent_id or "",
        area_id=published.area_id or (about.area or "").rpartition("/")[2],
        reason=about.reason or "",
    )
    event.time.CopyFrom(stamp(published.occurred_at or about.occurred_at))
    event.recorded_time.CopyFrom(stamp(recorded.recorded_at))
    event.data.Pack(published.message, deterministic=True)
    return event


def last_recorded(batch: feed.Batch) -> datetime | None:
    """When the last event of a batch was recorded; None for an empty one."""
    return moment(batch.events[-1].recorded_time) if batch.events else None


def fact_of(event: feed.Event, incarnation: int = 1) -> Fact:
    """What a reaction is told about an event besides its content."""
    return Fact(
        source=event.source,
        event_id=event.id,
        type=event.type,
        subject=event.subject,
        subject_version=event.subject_version,
        sequence=event.sequence,
        time=moment(event.time),
        recorded_time=moment(event.recorded_time),
        actor=event.actor,
        on_behalf_of=event.on_behalf_of,
        consent_id=event.consent_id,
        area_id=event.area_id,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        traceparent=event.traceparent,
        reason=event.reason,
        incarnation=incarnation,
    )
