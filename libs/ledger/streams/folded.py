"""A stream folded into its state, with what is needed to answer the next command, and a cache of them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from libs.ledger.recorded import Context, Metadata, Recorded

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was answered by events `first` to `last` of a stream."""

    digest: str | None
    first: int
    last: int

    def is_repeated_by(self, context: Context) -> bool:
        """Tell the same request again from another one under the same id."""
        return self.digest == context.request_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded(Generic[S]):
    """A stream up to a version. `epoch` is that of the keys under which its events were read."""

    state: S
    version: int = 0
    position: int = 0
    requests: Mapping[str, Request] = field(default_factory=dict)
    epoch: int = 0

    def then(self, recorded: Sequence[Recorded[Any]], evolve: Callable[[S, Any], S]) -> "Folded[S]":
        """The same with more events."""
        if not recorded:
            return self
        state, requests = self.state, dict(self.requests)
        for one in recorded:
            state = evolve(state, one.event)
            note_request(requests, one.metadata, one.version)
        last = recorded[-1]
        return Folded(
            state=state, version=last.version, position=last.position, requests=requests, epoch=self.epoch
        )

    def with_new(
        self, events: Sequence[Any], metadata: Sequence[Metadata], evolve: Callable[[S, Any], S]
    ) -> "Folded[S]":
        """The same with events that are about to be appended; their position comes with `at`."""
        state, version, requests = self.state, self.version, dict(self.requests)
        for event, its in zip(events, metadata, strict=True):
            state, version = evolve(state, event), version + 1
            note_request(requests, its, version)
        return Folded(
            state=state, version=version, position=self.position, requests=requests, epoch=self.epoch
        )

    def at(self, position: int) -> "Folded[S]":
        """The same, once its last event lies in the ledger."""
        return Folded(
            state=self.state,
            version=self.version,
            position=position,
            requests=self.requests,
            epoch=self.epoch,
        )


def request_key(request_id: str, actor: str) -> str:
    """Request ids are their caller's own: two callers may choose the same one."""
    return f"{actor} {request_id}"


def note_request(requests: dict[str, Request], metadata: Metadata, version: int) -> None:
    """Remember which events answered which request."""
    if metadata.request_id is not None:
        key = request_key(metadata.request_id, metadata.actor)
        known = requests.get(key)
        first = known.first if known is not None else version
        requests[key] = Request(metadata.request_digest, first, version)


class Cache(Generic[S]):
    """The streams used last, up to `limit`; safe for use by many threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._streams: OrderedDict[str, Folded[S]] = OrderedDict()

    def get(self, stream: str, epoch: int) -> Folded[S] | None:
        """A stream as last seen, unless keys were destroyed since: it may hold what is to be forgotten."""
        with self._lock:
            folded = self._streams.get(stream)
            if folded is None:
                return None
            if folded.epoch != epoch:
                del self._streams[stream]
                return None
            self._streams.move_to_end(stream)
            return folded

    def put(self, stream: str, folded: Folded[S]) -> None:
        """Remember a stream; an older version never replaces a newer one."""
        with self._lock:
            known = self._streams.get(stream)
            if known is not None and known.epoch == folded.epoch and known.version > folded.version:
                return
            self._streams[stream] = folded
            self._streams.move_to_end(stream)
            while len(self._streams) > self._limit:
                self._streams.popitem(last=False)
