"""An inbox over a store in memory, for tests that try thousands of deliveries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from linli.feed.v1 import feed_service_pb2 as feed

from libs.ledger.errors import AlreadyHandled
from libs.ledger.store.incarnation import Life
from libs.messaging.inbox import Inbox
from libs.messaging.positions import History, Move, Stored


@dataclass
class Store:
    """What the consumers of one service have in common: effects and the positions, changed together."""

    position: int = 0
    history: History = field(default_factory=History)
    types: dict[str, int] = field(default_factory=dict)
    effects: list[tuple[str, int]] = field(default_factory=list)
    """Type and sequence of each event that took effect."""


class Shared(Inbox):
    """An inbox over a store in memory; what it knows of the position may be old."""

    def __init__(self, store: Store, types: frozenset[str]) -> None:
        super().__init__(StoredEffects(store), {"counter": {}})  # type: ignore[arg-type]  # its stand-in
        self._wanted = types

    def wanted(self, service: str) -> frozenset[str]:
        return self._wanted


@dataclass
class StoredEffects:
    """What `Effects` does, on a list."""

    store: Store
    service: str = "tally"

    def react(self, event: feed.Event, work: "object", _incarnation: int) -> None:
        work.effects.append(lambda _: self.store.effects.append((event.type, event.sequence)))  # type: ignore[attr-defined]

    def commit(self, work: "object", move: Move) -> None:
        checkpoint, types = move.checkpoint, self.store.types
        if checkpoint is not None and self.store.position != checkpoint.after:
            raise AlreadyHandled(move.source, checkpoint.position, self.store.position)
        if any(types.get(change.type, 0) != change.before for change in move.changes):
            raise AlreadyHandled(move.source, 0, 0)
        effects: list[Callable[[object], None]] = work.effects  # type: ignore[attr-defined]
        for effect in effects:
            effect(None)
        types.update((change.type, change.after) for change in move.changes)
        if checkpoint is not None:
            self.store.position = checkpoint.position
            self.store.history = History(checkpoint.incarnation, checkpoint.chain)

    def positions(self, source: str) -> Stored:
        return Stored(self.store.position, self.store.history, dict(self.store.types))

    def erased_by(self, event: feed.Event) -> Sequence[str]:
        """It erases nobody."""
        return ()

    def hear(self, source: str, lives: Sequence[Life]) -> None:
        """Nobody asks for it."""

    def stand_still(self, source: str, why: str) -> None:
        """Nobody asks for it."""

    def parked_subjects(self, source: str) -> dict[str, int]:
        return {}

    def parked_count(self, source: str) -> int:
        return 0
