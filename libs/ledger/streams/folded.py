"""A stream folded into its state, with what is needed to answer the next command, and a cache of them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from libs.ledger.recorded import Metadata, Recorded
from libs.ledger.streams.requests import Requests

S = TypeVar("S")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded(Generic[S]):
    """A stream up to a version. `epoch` is that of the keys under which its events were read.

    `life` is the incarnation of the ledger in which they were read, or appended.
    """

    state: S
    version: int = 0
    position: int = 0
    requests: Requests = field(default_factory=Requests)
    epoch: int = 0
    life: int = 1

    def then(self, recorded: Sequence[Recorded[Any]], evolve: Callable[[S, Any], S]) -> "Folded[S]":
        """The same with more events."""
        if not recorded:
            return self
        state, requests = self.state, self.requests.noting()
        for one in recorded:
            state = evolve(state, one.event)
            requests.note(one.metadata, one.version)
        last = recorded[-1]
        return replace(
            self,
            state=state,
            version=last.version,
            position=last.position,
            requests=requests.done(),
        )

    def with_new(
        self, events: Sequence[Any], metadata: Sequence[Metadata], evolve: Callable[[S, Any], S]
    ) -> "Folded[S]":
        """The same with events that are about to be appended; their position comes with `at`."""
        state, version, requests = self.state, self.version, self.requests.noting()
        for event, its in zip(events, metadata, strict=True):
            state, version = evolve(state, event), version + 1
            requests.note(its, version)
        return Folded(
            state=state,
            version=version,
            position=self.position,
            requests=requests.done(),
            epoch=self.epoch,
            life=self.life,
        )

    def at(self, position: int, life: int) -> "Folded[S]":
        """The same, once its last event lies in an incarnation of the ledger."""
        return Folded(
            state=self.state,
            version=self.version,
            position=position,
            requests=self.requests,
            epoch=self.epoch,
            life=life,
        )


class Cache(Generic[S]):
    """The streams used last, up to `limit`, with up to `most` requests; safe for use by many threads."""

    def __init__(self, limit: int, most: int = 100_000) -> None:
        self._limit = limit
        self._most = most
        self._lock = threading.Lock()
        self._streams: OrderedDict[str, Folded[S]] = OrderedDict()
        self._weight = 0

    def get(self, stream: str, epoch: int) -> Folded[S] | None:
        """A stream as last seen, unless keys were destroyed since: it may hold what is to be forgotten."""
        with self._lock:
            folded = self._streams.get(stream)
            if folded is None:
                return None
            if folded.epoch != epoch:
                self._forget(stream)
                return None
            self._streams.move_to_end(stream)
            return folded

    def put(self, stream: str, folded: Folded[S]) -> None:
        """Remember a stream; an older version never replaces a newer one."""
        with self._lock:
            known = self._streams.get(stream)
            if known is not None:
                if known.epoch == folded.epoch and known.version > folded.version:
                    return
                self._forget(stream)
            self._streams[stream] = folded
            self._weight += folded.requests.weight
            while len(self._streams) > self._limit or self._weight > self._most:
                self._forget(next(iter(self._streams)))

    def _forget(self, stream: str) -> None:
        self._weight -= self._streams.pop(stream).requests.weight
