"""How far a consumer is with a source, type by type: in the database, and in fact.

In fact it may be further: positions where nothing was for it are stored only now and then. Most
types are in step, and share one position; those *behind* have one each, and catch up. They are types
that a new release began to react to: their past comes on request, while new events go on taking effect.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.recorded import Checkpoint
from libs.messaging.histories import Known
from libs.messaging.positions import IN_STEP, Change, History, Move, Stored

_SAVE_POSITIONS = 2000
_SAVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Rewind:
    """Something is missing: the transport must deliver again what follows this position.

    With `types` only events of these: a release that reacts to them for the first time lacks their past.
    """

    source: str
    after: int
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handled:
    """The source is handled up to this position: the transport may acknowledge.

    `behind`: what types that are not in step lack, if any are.
    """

    position: int
    behind: Rewind | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Where some types have come to: those behind that `late` names, or, if it names none, all in step.

    `history`: the source's there, if it is known.
    """

    until: int
    late: frozenset[str] = frozenset()
    history: History = field(default_factory=History)


class Progress:
    """One source's. `parked`: the subjects with parked events, and the first sequence of each."""

    def __init__(self, source: str, wanted: frozenset[str], at: Stored, parked: Mapping[str, int]) -> None:
        self.source = source
        self.stored = self.reached = at.checkpoint
        self.incarnation = at.history.incarnation or 1  # of the batch that is handled
        self.behind: dict[str, int] = {}
        self.parked = dict(parked)
        self.known = Known(at.history)
        self.heard = at.heard
        self._wanted = wanted
        self._rows = dict(at.types)
        self._saved_at = time.monotonic()
        for kind in wanted:
            own = self._rows.get(kind, 0)
            if own != IN_STEP and own < at.checkpoint:
                self.behind[kind] = own

    @property
    def in_step(self) -> frozenset[str]:
        """The types whose events are handled in the order of the source."""
        return self._wanted - self.behind.keys()

    def late(self, batch: feed.Batch) -> Stage | None:
        """What a batch brings to types that are behind: at most as far as the others are."""
        until = min(batch.until, self.reached)
        named = frozenset(batch.types)
        late = frozenset(
            kind
            for kind, own in self.behind.items()
            if (not named or kind in named) and batch.after <= own < until
        )
        return Stage(until, late) if late else None

    def speaks_of(self, batch: feed.Batch) -> bool:
        """Whether a batch has the events of all types in step, so that their position may follow it."""
        return not batch.types or self.in_step <= set(batch.types)

    def position_of(self, kind: str) -> int:
        """The position up to which a type is handled."""
        return self.behind.get(kind, self.reached)

    def lacks(self) -> Rewind | None:
        """What types that are behind lack, if any are."""
        if not self.behind:
            return None
        return Rewind(self.source, min(self.behind.values()), tuple(sorted(self.behind)))

    @property
    def lag_of_types(self) -> int:
        """How many positions the type that is furthest behind is behind the others."""
        return max((self.reached - own for own in self.behind.values()), default=0)

    def arrive(self, stage: Stage) -> None:
        """Note how far some types are, in fact."""
        if not stage.late and stage.until >= self.reached:
            self.known.history = self._history_at(stage.until, stage)
            self.reached = stage.until
        for kind in stage.late & self.behind.keys():
            self.behind[kind] = max(self.behind[kind], stage.until)
            if self.behind[kind] >= self.reached:
                del self.behind[kind]

    # -- what is stored ----------------------------------------------------------------------------

    def move(self, stage: Stage) -> Move:
        """What is to be stored when a stage has taken effect.

        Types that are behind never pass the checkpoint: if they come further than it is stored, it is
        stored, too.
        """
        target = max(stage.until, self.stored)
        checkpoint = self._checkpoint(target, stage) if target > self.stored else None
        behind = {
            kind: max(own, stage.until) if kind in stage.late else own for kind, own in self.behind.items()
        }
        rows = {kind: self._row(kind, behind, target) for kind in sorted(self._wanted | self._rows.keys())}
        changes = (Change(kind, self._rows.get(kind, 0), row) for kind, row in rows.items())
        return Move(self.source, checkpoint, tuple(each for each in changes if each.before != each.after))

    def _checkpoint(self, target: int, stage: Stage) -> Checkpoint:
        history = self._history_at(target, stage)
        return Checkpoint(
            self.source,
            target,
            after=self.stored,
            incarnation=history.incarnation,
            chain=history.chain,
        )

    def _history_at(self, position: int, stage: Stage) -> History:
        """The source's history at a position, if it is known."""
        if position == stage.until and stage.history.chain:
            return stage.history
        return self.known.history if position == self.reached else History()

    def _row(self, kind: str, behind: Mapping[str, int], target: int) -> int:
        """The row of a type when the checkpoint is at `target`: who is in step changes only as it moves."""
        now, moves = self._rows.get(kind, 0), target > self.stored
        if kind not in self._wanted:  # of another release: it stays where that one left it
            return self.stored if moves and now == IN_STEP else now
        own = min(behind.get(kind, target), target)
        if own == target:
            return IN_STEP if moves or now == IN_STEP else own
        return now if now == IN_STEP and not moves else own

    def moved(self, move: Move, stage: Stage) -> None:
        """Note that it is stored."""
        if move.checkpoint is not None:
            self.stored = move.checkpoint.position
        self._rows |= {each.type: each.after for each in move.changes}
        self._saved_at = time.monotonic()
        self.arrive(stage)

    def unsaved(self) -> Stage | None:
        """What was reached and is not stored, if anything."""
        if self.reached > self.stored:
            return Stage(self.reached)
        late = {kind: own for kind, own in self.behind.items() if own > self._own(kind)}
        return Stage(min(late.values()), frozenset(late)) if late else None

    @property
    def worth_saving(self) -> bool:
        """Whether a restart would read too much again."""
        unsaved = max(
            [self.reached - self.stored, *(own - self._own(kind) for kind, own in self.behind.items())]
        )
        late = time.monotonic() - self._saved_at > _SAVE_SECONDS
        return unsaved >= _SAVE_POSITIONS or (unsaved > 0 and late)

    def _own(self, kind: str) -> int:
        own = self._rows.get(kind, 0)
        return self.stored if own == IN_STEP else own

    def keep(self, known: "Progress") -> None:
        """After a look at the store: keep what we had seen to be for none of the types in step."""
        if self.in_step <= known.in_step and known.reached > self.reached:
            self.reached, self.known = known.reached, known.known
