"""The inbox: a neighbour's events take effect here exactly once, whatever the transport does to them.

A batch says which positions of its source it covers. The inbox keeps, per source and type of event,
the position it has handled, stored in the transaction of the effects. So a repeated, overlapping or
early batch is recognised by its positions alone:

1. `until` <= position: seen already, nothing to do;
2. `after` <= position: what lies beyond the position is handled;
3. `after` > position: something is missing, the transport must rewind to the position.

Usually all types have the same position, and take effect in the order of the source. A type that a new
release began to react to starts behind, at the beginning: its past is asked for, of that type alone,
and takes effect in its own order beside the new events of the others, until it is in step with them.

A process that dies has either committed effects and position together, or neither; whatever is
delivered again meets rule 1 or 2. Transports (local.py; RabbitMQ's worker) only carry batches.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.decider import Refusal
from libs.ledger.errors import AlreadyHandled
from libs.messaging import parked
from libs.messaging.effects import Effects, Work
from libs.messaging.failures import PASSING, is_conflict, told
from libs.messaging.histories import HistoryChanged, end_of
from libs.messaging.progress import Handled, Progress, Rewind, Stage
from libs.messaging.reactions import Subscriptions
from libs.messaging.source_lives import Heard
from libs.messaging.translate import service_of
from libs.retry.backoff import Backoff
from libs.telemetry import logs, metrics

_log = logs.get("inbox")

_BACKOFF = Backoff(first=0.2, most=5.0, growth=4.0)


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
        self._progress: dict[str, Progress] = {}
        self.changed: dict[str, str] = {}  # sources that have another history by now, and what that means

    def wanted(self, service: str) -> frozenset[str]:
        """The types of an upstream service's events that call for anything here."""
        return self._types.get(service, frozenset())

    def position(self, source: str) -> int:
        """The position up to which a source is handled, but for types that are behind."""
        return self._of(source).reached

    def behind(self, source: str) -> Rewind | None:
        """What types of a source lack that are not in step with the others, if any are not."""
        return self._of(source).lacks()

    def trouble(self) -> str:
        """Which sources stand still because they have another history, for readiness; or nothing."""
        return "; ".join(self.changed.values())

    def handle(self, batch: feed.Batch) -> Handled | Rewind:
        """Let a batch take effect, as far as it has not.

        Raises `HistoryChanged` where the source is not what it was, `LedgerUnavailable` or psycopg's errors
        when the store is away, and a `Refusal` of the kind CONFLICT when others keep changing a stream at
        the same moment: deliver again later.
        """
        looked = False
        while True:
            progress = self._of(batch.source)
            progress.incarnation = batch.incarnation or 1
            try:
                self._same_history(progress, batch)
                self._catch_up(progress, batch)
                if not progress.speaks_of(batch):
                    return Handled(progress.reached, progress.lacks() if progress.known.met else None)
                if batch.after <= progress.reached and not progress.known.unproved(progress.reached, batch):
                    self._beyond(progress, batch)
                    return Handled(progress.reached, progress.lacks() if progress.known.met else None)
            except AlreadyHandled:  # another consumer of this service was faster: look again
                self._progress.pop(batch.source, None)
                continue
            if looked:
                return Rewind(batch.source, progress.reached)
            self._look_again(progress)  # another consumer may have gone on since we looked
            looked = True

    def flush(self) -> None:
        """Store the positions reached where nothing was for us; else the next start reads that again."""
        for source, progress in list(self._progress.items()):
            if stage := progress.unsaved():
                try:
                    self._commit(progress, Work(), stage)
                except AlreadyHandled:
                    self._progress.pop(source, None)

    # -- one batch ---------------------------------------------------------------------------------

    def _same_history(self, progress: Progress, batch: feed.Batch) -> None:
        """Raise `HistoryChanged` where the source has another history than the one handled here."""
        found = progress.known.conflict(progress.reached, batch)
        if found:
            history = progress.known.history
            known = (
                f"position {progress.reached}, incarnation {history.incarnation},"
                f" chain {history.chain.hex()[:16]}"
            )
            changed = HistoryChanged(self.service, batch.source, known, found)
            if batch.source not in self.changed:
                _log.error("source has another history", service=self.service, error=str(changed))
            self.changed[batch.source] = str(changed)
            metrics.history_changed(self.service, service_of(batch.source), changed=True)
            del self._progress[batch.source]  # an operator may decide: look at the store the next time
            if not progress.heard.changed:
                self._effects.stand_still(batch.source, str(changed))
            raise changed
        self._hear(progress, batch)
        if progress.known.met:
            self.changed.pop(batch.source, None)
        elif batch.source in self.changed:
            # The batch tells nothing new, but an operator may have reconciled: look at the store.
            self._progress.pop(batch.source, None)
        metrics.history_changed(self.service, service_of(batch.source), changed=batch.source in self.changed)

    def _hear(self, progress: Progress, batch: feed.Batch) -> None:
        """Keep what a batch tells of its source's incarnations, before anything of it takes effect."""
        lives = progress.known.lives(progress.heard.later, batch)
        if lives != progress.heard.later:
            self._effects.hear(batch.source, lives)
        progress.known.hear(progress.reached, batch)
        goes_on = progress.known.met and progress.heard.changed
        if goes_on:
            self._effects.stand_still(batch.source, "")
        progress.heard = Heard(lives, "" if goes_on else progress.heard.changed)

    def _catch_up(self, progress: Progress, batch: feed.Batch) -> None:
        """Handle what a batch has for types that are behind, up to where the others are."""
        stage = progress.late(batch)
        if stage is not None and progress.known.proves_past(progress.reached, batch):
            self._take_effect(progress, batch, stage, stage.late)
            if not progress.behind:
                _log.info("all types are in step", service=self.service, source=batch.source)

    def _beyond(self, progress: Progress, batch: feed.Batch) -> None:
        """Handle what lies beyond the position, if anything, and move the position to the end of it."""
        if batch.until >= progress.reached:
            stage = Stage(batch.until, history=end_of(batch))
            self._take_effect(progress, batch, stage, progress.in_step)

    def _take_effect(
        self, progress: Progress, batch: feed.Batch, stage: Stage, types: frozenset[str]
    ) -> None:
        """Handle the events of some types that are not handled, and move the position of these types."""
        fresh = {
            event.sequence: event
            for event in batch.events
            if event.type in types and progress.position_of(event.type) < event.sequence <= stage.until
        }
        if fresh:
            if progress.parked:  # others may have retried or discarded them since
                progress.parked = self._effects.parked_subjects(batch.source)
            self._handle(progress, [fresh[sequence] for sequence in sorted(fresh)], stage)
        progress.arrive(stage)
        self._save(progress)
        metrics.types_behind(self.service, service_of(batch.source), progress.lag_of_types)

    def _handle(self, progress: Progress, events: Sequence[feed.Event], stage: Stage) -> None:
        """All events in one transaction; if that fails, halves of them, down to the one at fault."""
        try:
            work = self._work(progress, events)
            if work.empty:
                progress.arrive(stage)
            else:
                self._commit(progress, work, stage)
        except PASSING:
            raise
        except parked.NothingAhead:  # what they were to wait behind was retried a moment ago
            progress.parked = self._effects.parked_subjects(progress.source)
            self._handle(progress, events, stage)
        except Exception as error:  # noqa: BLE001  # whatever a reaction raises: found out, retried, parked
            if len(events) > 1:
                middle = len(events) // 2
                first = Stage(events[middle - 1].sequence, stage.late)  # the chain there is not known
                self._handle(progress, events[:middle], first)
                self._handle(progress, events[middle:], stage)
            else:
                self._again(progress, events[0], stage, error)

    def _again(self, progress: Progress, event: feed.Event, stage: Stage, error: Exception) -> None:
        """Try one event some more times, then park it."""
        for failed in range(1, self._tries):
            self._pause(failed)
            try:
                self._commit(progress, self._work(progress, [event]), stage)
            except PASSING:
                raise
            except Exception as later:  # noqa: BLE001  # see _handle
                error = later
            else:
                return
        if is_conflict(error):
            raise error
        self._park(progress, event, stage, error)

    def _park(self, progress: Progress, event: feed.Event, stage: Stage, error: Exception) -> None:
        aside = Work(erased=self._erased_by(event))
        aside.effects.append(partial(parked.park, event=event, error=told(error), tries=self._tries))
        self._commit(progress, aside, stage)
        first = progress.parked.get(event.subject, event.sequence)
        progress.parked[event.subject] = min(first, event.sequence)
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

    def _work(self, progress: Progress, events: Sequence[feed.Event]) -> Work:
        """What the events call for, in order; later events of a subject wait behind a parked one.

        But for whom they erase: nobody is kept because something else could not be handled.
        """
        work = Work()
        for event in events:
            if progress.parked.get(event.subject, event.sequence) < event.sequence:
                work.erased += self._erased_by(event)
                work.effects.append(partial(parked.park_behind, event=event))
            else:
                self._effects.react(event, work, progress.incarnation)
        return work

    def _erased_by(self, event: feed.Event) -> list[str]:
        try:
            return [*self._effects.erased_by(event)]
        except Exception:  # noqa: BLE001  # its reaction fails: that is why it is parked, and said there
            return []

    def _commit(self, progress: Progress, work: Work, stage: Stage) -> None:
        """Effects and positions, together or not at all."""
        move = progress.move(stage)
        self._effects.commit(work, move)
        progress.moved(move, stage)

    def _save(self, progress: Progress) -> None:
        """Store positions reached where nothing was for us, now and then."""
        if progress.worth_saving and (stage := progress.unsaved()):
            self._commit(progress, Work(), stage)

    def _look_again(self, known: Progress) -> None:
        """Read the stored positions, without losing how far we have seen that nothing is for us."""
        self._progress.pop(known.source, None)
        self._of(known.source).keep(known)

    def _of(self, source: str) -> Progress:
        if source not in self._progress:
            at = self._effects.positions(source)
            self._count_parked(source)
            wanted = self.wanted(service_of(source))
            progress = Progress(source, wanted, at, self._effects.parked_subjects(source))
            self._progress[source] = progress
            if progress.behind:
                _log.info("types are behind", service=self.service, source=source, behind=progress.behind)
        return self._progress[source]

    def _count_parked(self, source: str) -> None:
        metrics.parked(self.service, service_of(source), self._effects.parked_count(source))
