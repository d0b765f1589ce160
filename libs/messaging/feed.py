"""The feed service: published events by gRPC, for partners, auditors and neighbours in other cells."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import EventTypeUnknown
from libs.messaging.live import Live, Wake
from libs.messaging.published import Published
from libs.messaging.resume import must_be_there
from libs.messaging.stretch import LARGEST, Entry, Stretch
from libs.messaging.translate import Source
from libs.rpc.pause import Pause

_STANDARD_LIMIT = 500
_STEP = 500
"""Stored events that are looked at in one go."""
_LONGEST_LOOK = 2.0
"""Seconds after which a reader hears how far a search has got, even if it has found nothing yet."""


class Reach(Protocol):
    """How far the caller's grants reach (`libs.rpc.access.Reach`)."""

    @property
    def everything(self) -> bool:
        """Whether one grant covers everything."""

    def covers(self, *, area_path: str | None = None, body: str | None = None) -> bool:
        """Whether one of the grants covers the thing."""


class Call(Protocol):
    """What the feed asks of a call (`libs.rpc.call.Call`)."""

    @property
    def reach(self) -> Reach:
        """The caller's reach."""

    @property
    def active(self) -> bool:
        """Whether the caller still waits."""

    @property
    def wake(self) -> Wake:
        """What lets the stream go on."""


class FeedApi:
    """Serves `linli.feed.v1.FeedService` over the sources of this process."""

    def __init__(self, lives: Mapping[str, Live]) -> None:
        """`lives`: the sources by service, and who reads each for its followers."""
        self._lives = lives

    def read_events(self, request: feed.ReadEventsRequest, call: Call) -> feed.ReadEventsResponse:
        """One batch after a position."""
        source = self._live(request.source).source
        must_be_there(source, request.after, request.chain)
        seen = _Seen(call.reach, _known(source, request.types))
        found = _found(source, request.after, request.limit or _STANDARD_LIMIT, seen, call)
        return feed.ReadEventsResponse(batch=_batch(source, found, seen))

    def follow_events(
        self, request: feed.FollowEventsRequest, call: Call
    ) -> Iterator[feed.FollowEventsResponse | Pause]:
        """Everything after a position, then what is recorded, until the caller goes or the server drains."""
        live = self._live(request.source)
        must_be_there(live.source, request.after, request.chain)
        seen = _Seen(call.reach, _known(live.source, request.types))
        return self._follow(live, request.after, call, seen)

    def _follow(
        self, live: Live, after: int, call: Call, seen: "_Seen"
    ) -> Iterator[feed.FollowEventsResponse | Pause]:
        """The reader reads at their own pace: who is far behind is not ended, but reads the ledger itself."""
        source, said = live.source, time.monotonic()
        chain = source.chain_at(after)
        with live.watch(call.wake):
            while call.active:
                must_be_there(source, after, chain)
                found = _found(source, after, _STANDARD_LIMIT, seen, call)
                due = said + live.heartbeat - time.monotonic()
                if found.until == after and due > 0:
                    yield Pause(due)
                    continue
                batch = _batch(source, found, seen)
                yield feed.FollowEventsResponse(batch=batch)
                after, chain, said = found.until, batch.chain_until, time.monotonic()

    def _live(self, service: str) -> Live:
        if service not in self._lives:
            raise Refusal(
                Kind.NOT_FOUND,
                "SOURCE_UNKNOWN",
                f"no such source here; served are: {', '.join(sorted(self._lives))}",
                field="source",
            )
        return self._lives[service]


def _batch(source: Source, found: Stretch, seen: "_Seen") -> feed.Batch:
    return source.proved(found.batch(source.name, seen.types or None, head=source.head()))


def _known(source: Source, types: Sequence[str]) -> frozenset[str]:
    """The types that a reader asks for. Refuses those that the source never publishes."""
    if unknown := source.unknown(types):
        raise Refusal(
            Kind.INVALID,
            "EVENT_TYPE_NOT_PUBLISHED",
            f"{source.service} publishes no {unknown[0]}; it publishes: {', '.join(sorted(source.types))}",
            field="types",
            type=unknown[0],
        )
    return frozenset(types)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a reader gets: events within their reach, of the types they want (all if they name none)."""

    reach: Reach
    types: frozenset[str]

    def of(self, stretch: Stretch) -> Iterator[Entry]:
        """The entries of a stretch that the reader gets."""
        for entry in stretch.entries:
            if (not self.types or entry.type in self.types) and may_see(self.reach, entry.published):
                yield entry


def _found(source: Source, after: int, limit: int, seen: _Seen, call: Call) -> Stretch:
    """The next `limit` events that the reader gets; what is not for them is skipped.

    Fewer at the end of what is recorded, of large ones, or when the search has taken long: then
    `until` says how far it came.
    """
    entries, size, until = list[Entry](), 0, after
    enough = time.monotonic() + _LONGEST_LOOK
    while True:
        try:
            stretch = source.stretch(until, _STEP)
        except EventTypeUnknown:
            if until == after:
                raise
            break  # what comes before it is theirs
        for entry in seen.of(stretch):
            size += entry.size
            if len(entries) == limit or (entries and size > LARGEST):
                return Stretch(after, entries[-1].event.sequence, tuple(entries), len(entries), cut=True)
            entries.append(entry)
        at_the_end, until = stretch.until == until or stretch.until >= source.head(), stretch.until
        if at_the_end or len(entries) == limit or time.monotonic() > enough or not call.active:
            break
    return Stretch(after, until, tuple(entries), len(entries))


def may_see(reach: Reach, published: Published) -> bool:
    """Whether a caller's grants let them see an event."""
    if published.public or reach.everything:
        return True
    area = published.area_path or None
    return any(reach.covers(area_path=area, body=body) for body in (published.body_ids or (None,)))
