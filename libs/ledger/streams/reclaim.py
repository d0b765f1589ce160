"""The claims of a service made anew from its ledger: what an operator does once they were lost or altered."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Cursor
from psycopg.rows import tuple_row

from libs.ledger.personal import Personal
from libs.ledger.store.claiming import Change, GiveUp, Hold, Release
from libs.ledger.store.ledger import Append, Ledger

_STORED = "SELECT kind, digest, holder FROM claims WHERE kind = ANY(%s)"
_ERASED = "SELECT subject FROM subject_keys WHERE wrapped IS NULL"
_DELETE = "DELETE FROM claims WHERE kind = %s AND digest = %s"
_PUT = (
    "INSERT INTO claims (kind, digest, holder) VALUES (%s, %s, %s)"
    " ON CONFLICT (kind, digest) DO UPDATE SET holder = excluded.holder"
)
_PAGE = 5000


class Key(NamedTuple):
    """What is claimed: a kind and a keyed digest."""

    kind: str
    digest: str


class TwoHolders(Exception):
    """By the ledger some claims have two holders. Nothing was changed: one of each must give way first."""

    def __init__(self, doubles: Sequence[str]) -> None:
        super().__init__(f"claims that would have two holders: {len(doubles):,}")
        self.doubles = doubles


@dataclass(frozen=True, slots=True)
class Difference:
    """A claim whose holder is one by the table, and another by the ledger; None: nobody."""

    key: Key
    stored: str | None
    recorded: str | None

    def __str__(self) -> str:
        told = f"{self.stored or 'nobody'} by the table, {self.recorded or 'nobody'} by the ledger"
        return f"{self.key.kind} {self.key.digest[:8]}: held by {told}"


@dataclass(slots=True)
class _Held:
    """Who holds what after the events so far, and whose personal data each claim is."""

    holders: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    by_holder: defaultdict[tuple[str, str], list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    persons: dict[str, list[tuple[tuple[str, str], str]]] = field(default_factory=dict)

    def take(self, change: Change) -> None:
        match change:
            case Release(kind=kind, holder=holder):
                for key in self.by_holder.pop((kind, holder), ()):
                    if holder in self.holders[key]:
                        self.holders[key].remove(holder)
            case GiveUp(kind=kind, value=digest, holder=holder):
                if digest is not None:
                    self._give_up((kind, digest), holder)
            case Hold(kind=kind, value=digest, holder=holder):
                if digest is not None:
                    self._hold((kind, digest), holder, change.digest)

    def _hold(self, key: tuple[str, str], holder: str, whose: Personal | str) -> None:
        held = self.holders.setdefault(key, [])
        if holder not in held:
            held.append(holder)
            self.by_holder[key[0], holder].append(key)
        if isinstance(whose, Personal):
            self.persons.setdefault(whose.subject, []).append((key, holder))

    def _give_up(self, key: tuple[str, str], holder: str) -> None:
        if holder in self.holders.get(key, ()):
            self.holders[key].remove(holder)
            self.by_holder[key[0], holder].remove(key)

    def forget(self, erased: Iterable[str]) -> None:
        """Drop claims that are personal data of persons who were erased."""
        for subject in erased:
            for key, holder in self.persons.pop(subject, ()):
                if holder in self.holders[key]:
                    self.holders[key].remove(holder)


class Reclaiming:
    """Folds the ledger into claims. Nobody but an operator needs it: it holds all claims in memory."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._held = _Held()
        self._position = 0

    def differences(self) -> list[Difference]:
        """Where the table is not what the ledger says, at one moment; changes nothing.

        Raises `TwoHolders`, and `EventTypeUnknown` where a newer release has recorded something.
        """
        return self._look(put_right=False)

    def put_right(self) -> list[Difference]:
        """Bring the table to what the ledger says, in one transaction; answers what differed.

        The ledger takes no events from the last look into it to the commit. Raises as `differences` does.
        """
        return self._look(put_right=True)

    def _look(self, *, put_right: bool) -> list[Difference]:
        self._catch_up()  # almost all of it while the service goes on
        found: list[Difference] = []

        def compare(cursor: Cursor[Any]) -> None:
            self._catch_up()
            found[:] = self._compare(cursor)
            if put_right:
                _write(cursor, found)

        self._ledger.append(Append(effects=[compare]))
        return found

    def _catch_up(self) -> None:
        """Take what was recorded until now. Within an effect nobody records anything meanwhile."""
        mapper, until = self._ledger.mapper, self._ledger.head()
        self._ledger.assure_known(self._position, until)
        while page := self._ledger.read_claiming(self._position, until, _PAGE):
            for recorded in page:
                for change in mapper.changes(recorded.event):
                    self._held.take(change)
            self._position = page[-1].position
        self._position = until

    def _compare(self, cursor: Cursor[Any]) -> list[Difference]:
        self._held.forget([row["subject"] for row in cursor.execute(_ERASED)])
        recorded = {key: held for key, held in self._held.holders.items() if held}
        if doubles := [f"{key[0]}: {' and '.join(held)}" for key, held in recorded.items() if held[1:]]:
            raise TwoHolders(doubles)
        kinds = [claiming.kind for claiming in self._ledger.mapper.events.claims]
        with cursor.connection.cursor(row_factory=tuple_row) as rows:
            stored = {(kind, digest): holder for kind, digest, holder in rows.execute(_STORED, [kinds])}
        return sorted(_different(stored, recorded), key=lambda one: one.key)


def _different(
    stored: Mapping[tuple[str, str], str], recorded: Mapping[tuple[str, str], Sequence[str]]
) -> Iterator[Difference]:
    for key, holder in stored.items():
        (holds,) = recorded.get(key, (None,))
        if holds != holder:
            yield Difference(Key(*key), holder, holds)
    for key in recorded.keys() - stored.keys():
        yield Difference(Key(*key), None, recorded[key][0])


def _write(cursor: Cursor[Any], differences: Sequence[Difference]) -> None:
    gone = [one.key for one in differences if one.recorded is None]
    cursor.executemany(_DELETE, gone)
    cursor.executemany(_PUT, [(*one.key, one.recorded) for one in differences if one.recorded is not None])
