"""The feed service: published events by gRPC, for partners, auditors and neighbours in other cells."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.decider import Kind, Refusal
from libs.messaging.published import Published
from libs.messaging.translate import Entry, Source, Stretch

_STANDARD_LIMIT = 500
_HEARTBEAT = 5.0


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


class FeedApi:
    """Serves `linli.feed.v1.FeedService` over the sources of this process."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        *,
        draining: Callable[[], bool] = lambda: False,
        heartbeat: float = _HEARTBEAT,
    ) -> None:
        """`sources` by service; followers are sent an empty batch every `heartbeat` seconds at least."""
        self._sources = sources
        self._draining = draining
        self._heartbeat = heartbeat

    def read_events(self, request: feed.ReadEventsRequest, call: Call) -> feed.ReadEventsResponse:
        """One batch after a position."""
        source = self._source(request.source)
        _must_be_there(source, request.after)
        stretch = source.stretch(request.after, request.limit or _STANDARD_LIMIT)
        batch = _for(call.reach, request.types, stretch).batch(source.name, head=source.head())
        return feed.ReadEventsResponse(batch=batch)

    def follow_events(
        self, request: feed.FollowEventsRequest, call: Call
    ) -> Iterator[feed.FollowEventsResponse]:
        """Everything after a position, then what is recorded, until the caller goes or the server drains."""
        source = self._source(request.source)
        _must_be_there(source, request.after)
        reach = call.reach
        return self._follow(source, request, call, reach)

    def _follow(
        self, source: Source, request: feed.FollowEventsRequest, call: Call, reach: Reach
    ) -> Iterator[feed.FollowEventsResponse]:
        after = request.after
        while call.active and not self._draining():
            stretch = source.stretch(after, _STANDARD_LIMIT)
            if stretch.until > after or not self._something_came(source, after, call):
                batch = _for(reach, request.types, stretch).batch(source.name, head=source.head())
                yield feed.FollowEventsResponse(batch=batch)
            after = stretch.until

    def _something_came(self, source: Source, after: int, call: Call) -> bool:
        """Wait for something new until the next heartbeat is due, in steps that notice a drain."""
        step = min(0.5, self._heartbeat)
        for _ in range(max(1, round(self._heartbeat / step))):
            if source.wait(after, step):
                return True
            if self._draining() or not call.active:
                return True
        return False

    def _source(self, service: str) -> Source:
        if service not in self._sources:
            raise Refusal(
                Kind.NOT_FOUND,
                "SOURCE_UNKNOWN",
                f"no such source here; served are: {', '.join(sorted(self._sources))}",
                field="source",
            )
        return self._sources[service]


def _must_be_there(source: Source, after: int) -> None:
    """Refuse a position that the source has not reached: its reader would silently miss all up to there."""
    if after <= source.head():
        return
    head = source.newest()  # another process may have recorded what this one has not heard of
    if after > head:
        raise Refusal(
            Kind.PRECONDITION,
            "POSITION_AHEAD",
            f"{source.name} has recorded nothing beyond {head}, and you ask for what follows {after}:"
            " it was restored from an older backup, or your position is of another cell;"
            " read again from 0, or from a position that you know to be of this source",
            after=str(after),
            head=str(head),
        )


def _for(reach: Reach, types: Sequence[str], stretch: Stretch) -> Stretch:
    """The stretch with only what the caller may see and wants."""
    wanted = frozenset(types)
    entries = tuple(
        entry for entry in stretch.entries if _wanted(entry, wanted) and may_see(reach, entry.published)
    )
    return replace(stretch, entries=entries)


def _wanted(entry: Entry, types: frozenset[str]) -> bool:
    return not types or entry.type in types


def may_see(reach: Reach, published: Published) -> bool:
    """Whether a caller's grants let them see an event."""
    if published.public or reach.everything:
        return True
    area = published.area_path or None
    return any(reach.covers(area_path=area, body=body) for body in (published.body_ids or (None,)))
