"""From a neighbour's event to what happens here: commands decided and appended with the checkpoint."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from linli.feed.v1 import feed_service_pb2 as feed
from psycopg import Cursor

from libs.ledger.decider import Kind, Refusal
from libs.ledger.recorded import Checkpoint, Context
from libs.ledger.store.incarnation import Life
from libs.ledger.store.ledger import Append, Ledger
from libs.ledger.streams.registry import Streams
from libs.ledger.streams.stream import Task, handle_many
from libs.messaging import parked, positions, source_lives
from libs.messaging.parked import ParkedEvent
from libs.messaging.positions import Move, Stored
from libs.messaging.reactions import Erasure, Fact, Reaction, Subscriptions
from libs.messaging.translate import fact_of, service_of
from libs.telemetry import conventions

Effect = Callable[[Cursor[Any]], None]


@dataclass(slots=True)
class Work:
    """What some events come to, in order: commands, people to forget, rows to write."""

    tasks: list[Task] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.tasks or self.erased or self.effects)


class Effects:
    """One service's reactions, and the ledger in which they take effect."""

    def __init__(
        self,
        service: str,
        ledger: Ledger,
        streams: Streams,
        subscriptions: Subscriptions,
    ) -> None:
        self.service = service
        self._ledger = ledger
        self._streams = streams
        self._reactions = {
            (upstream, message.DESCRIPTOR.full_name): (message, when)
            for upstream, of in subscriptions.items()
            for message, when in of.items()
        }

    def react(self, event: feed.Event, work: Work, incarnation: int) -> None:
        """Add what an event of an incarnation of its source calls for. Raises what the reaction raises."""
        if (service_of(event.source), event.type) not in self._reactions:  # parked by another release
            raise _not_heard(event.type)
        message, when = self._reactions[service_of(event.source), event.type]
        fact = fact_of(event, incarnation)
        about = (service_of(fact.source), fact.traceparent, fact.event_id, fact.type)
        with conventions.reacted(self.service, *about) as span:
            for answer in when(message.FromString(event.data.value), fact):
                match answer:
                    case Erasure(subject=subject):
                        work.erased.append(subject)
                    case Reaction(decider=decider, id=subject_id, command=command):
                        context = self._context(fact, answer.reason, span.traceparent)
                        work.tasks.append((self._streams.of(decider), subject_id, command, context))

    def erased_by(self, event: feed.Event) -> Sequence[str]:
        """Whom an event erases, whatever else it calls for: that waits for nothing."""
        message, when = self._reactions.get((service_of(event.source), event.type), (None, None))
        if message is None or when is None:
            return ()
        answers = when(message.FromString(event.data.value), fact_of(event))
        return [answer.subject for answer in answers if isinstance(answer, Erasure)]

    def commit(self, work: Work, move: Move) -> None:
        """Let the work take effect and move the positions, together or not at all.

        Raises `AlreadyHandled` unless the positions are where the move begins, a `Refusal` or whatever
        else a decision raised, or what the ledger raises when the store is away.
        """
        changes = [partial(positions.change, move=move)] if move.changes else []
        self._commit(work, move.checkpoint, changes)

    def retry(self, event: ParkedEvent) -> None:
        """Handle a parked event and take it out, together or not at all. Raises as `commit` does."""
        work = Work()
        self.react(event.envelope, work, self.positions(event.envelope.source).history.incarnation or 1)
        work.effects.append(partial(parked.take, parked=event))
        self._commit(work, None)

    def positions(self, source: str) -> Stored:
        """The positions up to which a source is handled, as stored."""
        with self._ledger.connection() as connection, connection.cursor() as cursor:
            return positions.stored(cursor, source)

    def hear(self, source: str, lives: Sequence[Life]) -> None:
        """Keep which incarnations a source's ledger had after the first."""
        self._ledger.append(Append(effects=[partial(source_lives.hear, source=source, lives=lives)]))

    def stand_still(self, source: str, why: str) -> None:
        """Keep why nothing of a source takes effect, for those who answer callers; "": it does."""
        self._ledger.append(Append(effects=[partial(source_lives.stand_still, source=source, why=why)]))

    def parked_subjects(self, source: str) -> dict[str, int]:
        """The subjects of a source that have parked events, with the sequence of the first."""
        with self._ledger.connection() as connection, connection.cursor() as cursor:
            return parked.subjects(cursor, source)

    def parked_count(self, source: str) -> int:
        """How many events of a source are parked."""
        with self._ledger.connection() as connection, connection.cursor() as cursor:
            return parked.count(cursor, source)

    def _commit(self, work: Work, checkpoint: Checkpoint | None, first: Sequence[Effect] = ()) -> None:
        effects = [*first, *work.effects]
        handle_many(self._ledger, work.tasks, checkpoint=checkpoint, effects=effects, erases=work.erased)

    def _context(self, fact: Fact, reason: str, traceparent: str) -> Context:
        return Context(
            actor=f"service:{self.service}",
            area=fact.area_id or None,
            correlation_id=fact.correlation_id or None,
            causation_id=fact.event_id,
            traceparent=traceparent,
            reason=reason or None,
            origin=f"{fact.source}#{fact.sequence}",
            occurred_at=fact.time,
        )


def _not_heard(kind: str) -> Refusal:
    message = f"this release does not react to {kind}: retry with one that does, or discard the event"
    return Refusal(Kind.PRECONDITION, "NO_REACTION", message, type=kind)
