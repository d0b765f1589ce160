"""Translation of stored events into published ones, in the envelope that feed, relay and inbox share."""

import bisect
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from google.protobuf import descriptor_pool
from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.recorded import Recorded
from libs.messaging.published import Publish, Published
from libs.messaging.reactions import Fact
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


LARGEST = 2 * 1024 * 1024
"""Bytes of events in one stretch, if it has more than one: gRPC and RabbitMQ refuse messages of many more."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One published event, its type, who may see it, and how many bytes it takes."""

    event: feed.Event
    type: str
    published: Published
    size: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is published with `after` < sequence <= `until`, of `steps` events that were stored there.

    `cut`: what was asked for is larger than one message may be, and goes on behind `until`.
    """

    after: int
    until: int
    entries: tuple[Entry, ...]
    steps: int
    cut: bool = False

    def batch(self, source: str, types: Collection[str] | None = None, *, head: int = 0) -> feed.Batch:
        """The same as the message that travels, of all types or of some; `head`: how far the source is."""
        return feed.Batch(
            source=source,
            after=self.after,
            until=self.until,
            head=max(head, self.until),
            events=[entry.event for entry in self.entries if types is None or entry.type in types],
            types=sorted(types or ()),
        )


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
        self._recent = _Recent(kept)
        self._advancing = threading.Lock()

    def batch(self, after: int, limit: int = 500, types: Collection[str] | None = None) -> feed.Batch:
        """What is published after a position, looking at up to `limit` stored events; of large ones at fewer.

        `until` is the position reached; it equals `after` when nothing more is recorded. With
        `types` (full names of messages) it holds only events of these.
        """
        return self.stretch(after, limit).batch(self.name, types, head=self.head())

    def stretch(self, after: int, limit: int = 500) -> Stretch:
        """The same, with who may see each event."""
        found = self._recent.after(after, limit)
        if found is not None and self._enough(found, limit):
            return found
        with self._advancing:  # whoever comes second finds what the first has read
            found = self._recent.after(after, limit)
            if found is not None and self._enough(found, limit):
                return found
            begin = after if found is None else self._recent.end()
            steps = [(event.position, self._translated(event)) for event in self._ledger.read(begin, limit)]
            self._recent.extend(begin, steps)
            if found is not None:
                return self._recent.after(after, limit) or found
        return _stretch(after, steps)

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

    def on_news(self, wake: Callable[[], None]) -> None:
        """Call `wake` (quick: it sets an event) whenever something was recorded."""
        self._ledger.on_news(wake)

    def _translated(self, recorded: Recorded[Any]) -> Entry | None:
        published = self._publish(recorded)
        return None if published is None else _entry(self.name, recorded, published)


_Step = tuple[int, Entry | None]


def _stretch(after: int, steps: Sequence[_Step]) -> Stretch:
    until, size, entries = after, 0, list[Entry]()
    for number, (position, entry) in enumerate(steps):
        if entry is not None:
            size += entry.size
            if entries and size > LARGEST:
                return Stretch(after, until, tuple(entries), number, cut=True)
            entries.append(entry)
        until = position
    return Stretch(after, until, tuple(entries), len(steps))


class _Recent:
    """The newest steps of a ledger, without holes: everything after `_start` up to the last one kept."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._start = 0
        self._steps: list[_Step] = []

    def after(self, after: int, limit: int) -> Stretch | None:
        """The steps after a position, if they are kept and there are any."""
        with self._lock:
            if not self._steps or not self._start <= after < self._steps[-1][0]:
                return None
            first = bisect.bisect_right(self._steps, after, key=lambda step: step[0])
            return _stretch(after, self._steps[first : first + limit])

    def end(self) -> int:
        """The last position kept."""
        with self._lock:
            return self._steps[-1][0] if self._steps else self._start

    def extend(self, after: int, steps: Sequence[_Step]) -> None:
        """Keep what was read after a position: joined to what is kept, or, if further on, instead of it."""
        if not steps:
            return
        with self._lock:
            end = self._steps[-1][0] if self._steps else self._start
            if after > end or not self._steps:
                self._steps.clear()
                self._start = after
            elif steps[-1][0] <= end or after < end:
                return  # an old stretch, read again by somebody who is behind
            self._steps.extend(steps)
            if len(self._steps) > 2 * self._kept:
                self._start = self._steps[-self._kept - 1][0]
                del self._steps[: -self._kept]


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


def fact_of(event: feed.Event) -> Fact:
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
    )
