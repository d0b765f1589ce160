"""Whether a batch is of the history that a consumer knows of its source.

A source that was restored from a backup, or whose standby took over before it had everything, goes on
from an earlier position. A consumer that goes by positions alone takes its new events for known
ones, and hears of nothing until the source has overtaken it. The chain tells: the hash over the whole
ledger up to a position.
"""

import bisect
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.recorded import utc_now
from libs.ledger.store.incarnation import Life
from libs.messaging import source_lives
from libs.messaging.positions import History
from libs.messaging.stretch import mark_of

_LATE = timedelta(seconds=10)
"""By how much a batch must be newer than another so that it cannot have overtaken it on the way."""


class HistoryChanged(Exception):
    """The source has another history than the one that was handled here. Nothing of it takes effect."""

    def __init__(self, service: str, source: str, known: str, found: str) -> None:
        super().__init__(
            f"{source} has another history than the one that {service} has handled ({known}); it has {found}:"
            f" it was restored or lost events; run `linli {service} sources reconcile {source}`"
        )
        self.source = source


@dataclass(slots=True)
class Known:
    """What a consumer knows of a source's history: at the position reached, and when it last heard of it.

    What was published before it began to listen may have lain in the queue: `heard` begins at now.
    `met`: since then a batch has shown that the source still has this history at the position.
    """

    history: History
    heard: datetime = field(default_factory=utc_now)
    met: bool = False

    def conflict(self, reached: int, batch: feed.Batch) -> str:
        """How a batch contradicts the history known at `reached`, or nothing."""
        chain = self.history.chain
        if not chain:
            return ""
        began = f"incarnation {batch.incarnation}, which began behind {batch.incarnation_after}"
        at = {batch.after: batch.chain_after, batch.until: batch.chain_until}.get(reached)
        if at is not None:
            return "" if at == chain else f"{began}, with chain {at.hex()[:16]} there"
        if batch.after < reached < batch.until and batch.marks:
            mark = _mark_at(reached, batch)
            return "" if mark == mark_of(chain) else f"{began}, with chain {mark:08x} there"
        if batch.after < reached and self._lost(reached, batch):
            return f"{began}, and ends at {batch.head}"
        return ""

    def _lost(self, reached: int, batch: feed.Batch) -> bool:
        """Whether a batch that begins before the position shows that the source lost some: else it is old.

        A relay whose clock is ahead tells nothing by it: an old batch of it would seem to be new.
        """
        if batch.incarnation > self.history.incarnation:
            return batch.incarnation_after < reached
        sent = _sent(batch)
        return batch.head < reached and self.heard + _LATE < sent <= utc_now() + _LATE

    def unproved(self, reached: int, batch: feed.Batch) -> bool:
        """Whether a batch goes beyond the position without a chain there: it must begin at it."""
        overlaps = batch.after < reached < batch.until
        return overlaps and bool(self.history.chain) and not batch.marks

    def proves_past(self, reached: int, batch: feed.Batch) -> bool:
        """Whether what a batch has of before the position is surely of this history.

        No chain is kept of there. If the source has the same history at the position, it has it before;
        a batch of a source that has not come to the position is old, or of a source that lost events.
        """
        return not self.history.chain or (self.met and batch.head >= reached)

    def lives(self, known: tuple[Life, ...], batch: feed.Batch) -> tuple[Life, ...]:
        """The source's later incarnations, as a batch tells them, unless it is older than what is `known`."""
        told = source_lives.told(batch, known)
        newer = told[: len(known)] == known or _sent(batch) > self.heard
        return told if newer else known

    def hear(self, reached: int, batch: feed.Batch) -> None:
        """Note that a batch does not contradict this history, and when it was published."""
        meets = reached in (batch.after, batch.until) or (batch.after < reached < batch.until and batch.marks)
        self.met = self.met or bool(meets) or not self.history.chain
        self.heard = max(self.heard, min(_sent(batch), utc_now()))


def _mark_at(position: int, batch: feed.Batch) -> int:
    """The mark of the chain at a position that a batch covers."""
    number = bisect.bisect_right(batch.positions, position)
    return batch.marks[number - 1] if number else mark_of(batch.chain_after)


def _sent(batch: feed.Batch) -> datetime:
    """When a batch was published, by the clock of its relay."""
    return batch.published_time.ToDatetime(tzinfo=UTC)


def end_of(batch: feed.Batch) -> History:
    """The history at the end of a batch."""
    return History(batch.incarnation, batch.chain_until)
