"""One append as the committer sees it, and the rule by which appends of one batch are let in."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Cursor

from libs.ledger.errors import AlreadyHandled, VersionConflict
from libs.ledger.privacy.data_key import DataKey, subject_erased
from libs.ledger.recorded import Checkpoint
from libs.ledger.store.blinding import Key

Effect = Callable[[Cursor[Any]], None]
"""Something to do in the transaction of an append; an exception refuses the append, nothing else."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as it is stored."""

    stream: Any  # text; a UUID in the library's own tests
    version: int
    name: str
    body: bytes


class KeyChanged(Exception):
    """The store holds other keys for these persons by now: seal the events again, with those.

    Another process was the first to store one, or wrapped it with another master key.
    """

    def __init__(self, subjects: Sequence[str]) -> None:
        super().__init__(f"the keys of {len(subjects)} persons are other ones by now")
        self.subjects = subjects


class Latch:
    """Lets the one thread that waits go on, once. An event would do, and costs five times as much."""

    __slots__ = ("_shut",)

    def __init__(self) -> None:
        self._shut = threading.Lock()
        self._shut.acquire()

    def set(self) -> None:
        """Let the waiting thread go on."""
        self._shut.release()

    def wait(self) -> None:
        """Wait until it is open."""
        self._shut.acquire()


@dataclass(slots=True, eq=False)
class Unit:
    """One append: all of it is committed, or nothing. The committer writes the answer into it."""

    rows: Sequence[Row] = ()
    checkpoint: Checkpoint | None = None
    keys: Mapping[str, DataKey] = field(default_factory=dict)
    erases: Sequence[str] = ()
    effects: Sequence[Effect] = ()
    terms: Sequence[tuple[Key, Sequence[int]]] = ()
    dense: bool = True  # versions must follow without a gap; the library's interface does not ask for it
    lives: frozenset[int] = frozenset()  # the incarnations of the ledger in which it was decided
    expires: float = 0.0
    in_doubt: bool = False  # was sent with a commit whose outcome is not known
    outlived: bool = False  # another incarnation of the ledger has begun since it was decided
    stored: bool = False  # found in the store after such a doubt
    positions: Sequence[int] = ()
    life: int = 0  # the incarnation of the ledger that they belong to
    moment: datetime | None = None  # when its events were recorded, by the database's clock
    error: BaseException | None = None
    done: Latch = field(default_factory=Latch)

    @property
    def alone(self) -> bool:
        """Effects run code of others, slow or failing: such an append gets a transaction to itself."""
        return bool(self.effects)

    def firsts(self) -> dict[Any, int]:
        """The first new version of each stream."""
        firsts: dict[Any, int] = {}
        for row in self.rows:
            firsts.setdefault(row.stream, row.version)
        return firsts


@dataclass(slots=True)
class Standing:
    """What the store holds, read under the table lock; moves on as appends are let in."""

    versions: dict[Any, int] = field(default_factory=dict)
    checkpoints: dict[str, int] = field(default_factory=dict)
    wrapped: dict[str, bytes | None] = field(default_factory=dict)
    new_keys: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def expected_by(cls, units: Iterable[Unit]) -> "Standing":
        """The standing on which the first append to each stream, source and subject counts.

        If all are let in on that, it is enough to compare it with the store.
        """
        standing = cls()
        for unit in units:
            for stream, first in unit.firsts().items():
                standing.versions.setdefault(stream, first - 1)
            if unit.checkpoint is not None:
                after = unit.checkpoint.after
                before = unit.checkpoint.position - 1 if after is None else after
                standing.checkpoints.setdefault(unit.checkpoint.source, before)
            for subject, key in unit.keys.items():
                if key.stored:
                    standing.wrapped.setdefault(subject, key.wrapped)
        return standing

    def admit(self, units: Iterable[Unit]) -> list[Unit]:
        """Those that can be committed, in order; the others get their error. Nobody else suffers."""
        admitted = []
        for unit in units:
            unit.error = self._obstacle(unit)
            if unit.error is None and not unit.stored:
                self._take(unit)
                admitted.append(unit)
        return admitted

    def _obstacle(self, unit: Unit) -> BaseException | None:
        if unit.stored:
            return None
        return self._handled(unit) or self._conflict(unit) or self._wrong_key(unit)

    def _handled(self, unit: Unit) -> AlreadyHandled | None:
        if unit.checkpoint is None:
            return None
        source, position, after = unit.checkpoint.source, unit.checkpoint.position, unit.checkpoint.after
        stored = self.checkpoints.get(source, 0)
        if stored >= position or (after is not None and stored != after):
            return AlreadyHandled(source, position, stored)
        return None

    def _conflict(self, unit: Unit) -> VersionConflict | None:
        for stream, first in unit.firsts().items():
            last = self.versions.get(stream, 0 if unit.dense else -1)
            if unit.outlived or first <= last or (unit.dense and first != last + 1):
                return VersionConflict(str(stream), first - 1, last)
        return None

    def _wrong_key(self, unit: Unit) -> Exception | None:
        changed = []
        for subject, key in unit.keys.items():
            if subject not in self.wrapped:
                if key.stored:
                    changed.append(subject)
            elif self.wrapped[subject] is None:
                return subject_erased(subject)
            elif self.wrapped[subject] != key.wrapped:
                changed.append(subject)
        return KeyChanged(changed) if changed else None

    def _take(self, unit: Unit) -> None:
        if unit.checkpoint is not None:
            self.checkpoints[unit.checkpoint.source] = unit.checkpoint.position
        for row in unit.rows:
            self.versions[row.stream] = row.version
        for subject, key in unit.keys.items():
            if subject not in self.wrapped and key.wrapped is not None:
                self.wrapped[subject] = self.new_keys[subject] = key.wrapped
        for subject in unit.erases:
            self.wrapped[subject] = None
            self.new_keys.pop(subject, None)


def are_usual(units: Sequence[Unit]) -> bool:
    """Tell whether a batch is of the kind that one call can commit, if the store agrees."""
    sources = [unit.checkpoint.source for unit in units if unit.checkpoint]
    return (
        not any(unit.effects or unit.erases or unit.in_doubt or unit.outlived for unit in units)
        and len(set(sources)) == len(sources)
        and len(Standing.expected_by(units).admit(units)) == len(units)
    )


def give_positions(units: Iterable[Unit], positions: Sequence[int], moment: datetime) -> None:
    """Hand out the positions of a batch, in its order, and the moment at which it was recorded."""
    taken = 0
    for unit in units:
        unit.moment = moment
        unit.positions = positions[taken : taken + len(unit.rows)]
        taken += len(unit.rows)
