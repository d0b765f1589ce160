"""Stretches of a ledger as neighbours see it, and the newest of them, kept for all who read."""

import bisect
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from linli.feed.v1 import feed_service_pb2 as feed

from libs.messaging.published import Published

_NOTED = 256

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

    `chains`: the chain at each of these steps, where it is known. `cut`: what was asked for is larger than
    one message may be, and goes on behind `until`.
    """

    after: int
    until: int
    entries: tuple[Entry, ...]
    steps: int
    cut: bool = False
    chains: tuple[tuple[int, bytes], ...] = ()

    def batch(self, source: str, types: Collection[str] | None = None, *, head: int = 0) -> feed.Batch:
        """The same as the message that travels, of all types or of some; `head`: how far the source is."""
        return feed.Batch(
            source=source,
            after=self.after,
            until=self.until,
            head=max(head, self.until),
            events=[entry.event for entry in self.entries if types is None or entry.type in types],
            types=sorted(types or ()),
            positions=[position for position, _ in self.chains],
            marks=[mark_of(chain) for _, chain in self.chains],
        )


Step = tuple[int, Entry | None, bytes]
"""A position, what is published of it, and the chain after it."""


def stretch_of(after: int, steps: Sequence[Step]) -> Stretch:
    """What some steps behind a position come to, as far as one message may be."""
    until, size, entries = after, 0, list[Entry]()
    for number, (position, entry, _) in enumerate(steps):
        if entry is not None:
            size += entry.size
            if entries and size > LARGEST:
                return Stretch(after, until, tuple(entries), number, cut=True, chains=_chains(steps[:number]))
            entries.append(entry)
        until = position
    return Stretch(after, until, tuple(entries), len(steps), chains=_chains(steps))


def _chains(steps: Sequence[Step]) -> tuple[tuple[int, bytes], ...]:
    return tuple((position, chain) for position, _, chain in steps)


def mark_of(chain: bytes) -> int:
    """The first four bytes of a chain, as batches carry them for each position."""
    return int.from_bytes(chain[:4], "big")


class Recent:
    """The newest steps of a ledger, without holes: everything after `_start` up to the last one kept.

    What was read at an `age` is not kept after a `clear`: it may be of another history.
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._start = 0
        self._steps: list[Step] = []
        self._noted: OrderedDict[int, bytes] = OrderedDict()
        self._age = 0

    @property
    def age(self) -> int:
        """How often everything was forgotten: ask before you read."""
        with self._lock:
            return self._age

    def after(self, after: int, limit: int) -> Stretch | None:
        """The steps after a position, if they are kept and there are any."""
        with self._lock:
            if not self._steps or not self._start <= after < self._steps[-1][0]:
                return None
            first = bisect.bisect_right(self._steps, after, key=lambda step: step[0])
            return stretch_of(after, self._steps[first : first + limit])

    def chain(self, position: int) -> bytes | None:
        """The chain at a position, if it is known here."""
        with self._lock:
            if self._steps and self._steps[0][0] <= position <= self._steps[-1][0]:
                return self._steps[bisect.bisect_right(self._steps, position, key=lambda step: step[0]) - 1][
                    2
                ]
            return self._noted.get(position)

    def note(self, position: int, chain: bytes, age: int) -> None:
        """Remember the chain at a position that is not kept."""
        with self._lock:
            if age != self._age:
                return
            self._noted[position] = chain
            while len(self._noted) > _NOTED:
                self._noted.popitem(last=False)

    def clear(self) -> None:
        """Forget everything: the store may have become another."""
        with self._lock:
            self._age += 1
            self._start = 0
            self._steps.clear()
            self._noted.clear()

    def end(self) -> int:
        """The last position kept."""
        with self._lock:
            return self._steps[-1][0] if self._steps else self._start

    def extend(self, after: int, steps: Sequence[Step], age: int) -> None:
        """Keep what was read after a position: joined to what is kept, or, if further on, instead of it."""
        if not steps:
            return
        with self._lock:
            if age != self._age:
                return
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
