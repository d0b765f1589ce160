"""The inbox: a neighbour's events take effect here exactly once, whatever the transport does to them.

A batch says which positions of its source it covers. The inbox keeps, per source, the position
it has handled, stored in the transaction of the effects. So a repeated, overlapping or early
batch is recognised by its positions alone:

1. `until` <= position: seen already, nothing to do;
2. `after` <= position: what lies beyond the position is handled;
3. `after` > position: something is missing, the transport must rewind to the position.

A process that dies has either committed effects and position together, or neither; whatever is
delivered again meets rule 1 or 2. Transports (local.py; RabbitMQ's worker) only carry batches.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.decider import Refusal
from libs.ledger.errors import AlreadyHandled
from libs.messaging import parked
from libs.messaging.effects import Effects, Work
from libs.messaging.failures import PASSING, is_conflict, told
from libs.messaging.reactions import Subscriptions
from libs.messaging.translate import service_of
from libs.retry.backoff import Backoff
from libs.telemetry import logs, metrics

_log = logs.get("inbox")

_SAVE_POSITIONS = 2000
_SAVE_SECONDS = 5.0
_BACKOFF = Backoff(first=0.2, most=5.0, growth=4.0)


@dataclass(frozen=True, slots=True)
class Handled:
    """The source is handled up to this position: the transport may acknowledge."""

    position: int


@dataclass(frozen=True, slots=True)
class Rewind:
    """Something is missing: the transport must deliver again what follows this position."""

    source: str
    after: int


@dataclass(slots=True)
class _Progress:
    """How far a source is: in the database, and in fact (further, where nothing was for us)."""

    stored: int
    reached: int
    parked: frozenset[str]
    saved_at: float = field(default_factory=time.monotonic)

    @property
    def worth_saving(self) -> bool:
        """Whether a restart would read too much again."""
        unsaved = self.reached - self.stored
        late = time.monotonic() - self.saved_at > _SAVE_SECONDS
        return unsaved >= _SAVE_POSITIONS or (unsaved > 0 and late)


class Inbox:
    """One service's inbox. One batch of a source at a time; different sources in any threads."""

    def __init__(
        self,
        effects: Effects,
        subscriptions: Subscriptions,
        *,
        tries: int = 3,
        pause: Callable[[int], None] = lambda failed: time.sleep(_BACKOFF.pause(failed)),
    ) -> None:
        """An event is tried `tries` times before it is parked; `pause(n)` waits after the n-th failure."""
        self.service = effects.service
        self._effects = effects
        self._types = {
            upstream: frozenset(message.DESCRIPTOR.full_name for message in of)
            for upstream, of in subscriptions.items()
        }
        self._tries = tries
        self._pause = pause
        self._progress: dict[str, _Progress] = {}

    def wanted(self, service: str) -> frozenset[str]:
        """The types of an upstream service's events that call for anything here."""
        return self._types.get(service, frozenset())

    def position(self, source: str) -> int:
        """The position up to which a source is handled."""
        return self._of(source).reached

    def handle(self, batch: feed.Batch) -> Handled | Rewind:
        """Let a batch take effect, as far as it has not.

        Raises `LedgerUnavailable` or psycopg's errors when the store is away, and a `Refusal` of the
        kind CONFLICT when others keep changing a stream at the same moment: deliver again later.
        """
        looked = False
        while True:
            progress = self._of(batch.source)
            try:
                if batch.after <= progress.reached:
                    self._beyond(progress, batch)
                    return Handled(progress.reached)
            except AlreadyHandled:  # another consumer of this service was faster: look again
                self._progress.pop(batch.source, None)
                continue
            if looked:
                return Rewind(batch.source, progress.reached)
            self._look_again(progress, batch.source)  # another consumer may have gone on since we looked
            looked = True

    def flush(self) -> None:
        """Store the positions reached where nothing was for us; else the next start reads that again."""
        for source, progress in list(self._progress.items()):
            if progress.reached > progress.stored:
                try:
                    self._commit(source, progress, Work(), progress.reached)
                except AlreadyHandled:
                    self._progress.pop(source, None)

    # -- one batch ---------------------------------------------------------------------------------

    def _beyond(self, progress: _Progress, batch: feed.Batch) -> None:
        """Handle what lies beyond the position, if anything, and move the position to the end of it."""
        wanted = self.wanted(service_of(batch.source))
        fresh = {event.sequence: event for event in batch.events if event.sequence > progress.reached}
        events = [fresh[sequence] for sequence in sorted(fresh) if fresh[sequence].type in wanted]
        if events:
            if progress.parked:  # others may have retried or discarded them since
                progress.parked = self._effects.parked_subjects(batch.source)
            self._handle(progress, events, batch.until)
        progress.reached = max(progress.reached, batch.until)
        self._save(progress, batch.source)

    def _handle(self, progress: _Progress, events: Sequence[feed.Event], until: int) -> None:
        """All events in one transaction; if that fails, halves of them, down to the one at fault."""
        source = events[0].source
        try:
            work = self._work(progress, events)
            if work.empty:
                progress.reached = until
            else:
                self._commit(source, progress, work, until)
        except PASSING:
            raise
        except parked.NothingAhead:  # what they were to wait behind was retried a moment ago
            progress.parked = self._effects.parked_subjects(source)
            self._handle(progress, events, until)
        except Exception as error:  # noqa: BLE001  # whatever a reaction raises: found out, retried, parked
            if len(events) > 1:
                middle = len(events) // 2
                self._handle(progress, events[:middle], events[middle - 1].sequence)
                self._handle(progress, events[middle:], until)
            else:
                self._again(progress, events[0], until, error)

    def _again(self, progress: _Progress, event: feed.Event, until: int, error: Exception) -> None:
        """Try one event some more times, then park it."""
        for failed in range(1, self._tries):
            self._pause(failed)
            try:
                self._commit(event.source, progress, self._work(progress, [event]), until)
            except PASSING:
                raise
            except Exception as later:  # noqa: BLE001  # see _handle
                error = later
            else:
                return
        if is_conflict(error):
            raise error
        self._park(progress, event, until, error)

    def _park(self, progress: _Progress, event: feed.Event, until: int, error: Exception) -> None:
        aside = Work()
        aside.effects.append(partial(parked.park, event=event, error=told(error), tries=self._tries))
        self._commit(event.source, progress, aside, until)
        progress.parked |= {event.subject}
        _log.error(
            "event parked",
            service=self.service,
            source=event.source,
            sequence=event.sequence,
            subject=event.subject,
            type=event.type,
            error=told(error),
            traceparent=event.traceparent,
            exc_info=None if isinstance(error, Refusal) else error,
        )
        self._count_parked(event.source)

    def _work(self, progress: _Progress, events: Sequence[feed.Event]) -> Work:
        """What the events call for, in order."""
        work = Work()
        for event in events:
            if event.subject in progress.parked:
                work.effects.append(partial(parked.park_behind, event=event))
            else:
                self._effects.react(event, work)
        return work

    def _commit(self, source: str, progress: _Progress, work: Work, until: int) -> None:
        """Effects and position, together or not at all."""
        self._effects.commit(work, source, until, after=progress.stored)
        progress.stored = progress.reached = until
        progress.saved_at = time.monotonic()

    def _save(self, progress: _Progress, source: str) -> None:
        """Store a position reached where nothing was for us, now and then."""
        if progress.worth_saving:
            self._commit(source, progress, Work(), progress.reached)

    def _look_again(self, known: _Progress, source: str) -> None:
        """Read the stored position, without losing how far we have seen that nothing is for us."""
        del self._progress[source]
        progress = self._of(source)
        progress.reached = max(progress.reached, known.reached)

    def _of(self, source: str) -> _Progress:
        if source not in self._progress:
            stored = self._effects.checkpoint(source)
            self._count_parked(source)
            self._progress[source] = _Progress(stored, stored, self._effects.parked_subjects(source))
        return self._progress[source]

    def _count_parked(self, source: str) -> None:
        metrics.parked(self.service, service_of(source), self._effects.parked_count(source))
