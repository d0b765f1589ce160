"""Blind terms made anew from the ledger: once they were lost or altered, or words are made differently."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from psycopg import Cursor

from libs.ledger.store.blinding import TABLE, Key, Terms, columns, joined
from libs.ledger.store.ledger import Append, Ledger

_PAGE = 1_000
_AT_ONCE = 200  # rows that are looked at while nobody records anything
_STORED = (
    f"SELECT t.subject, t.stream, t.kind, t.terms FROM {TABLE} AS t"
    " JOIN unnest(%s::text[], %s::text[], %s::text[]) AS u(subject, stream, kind)"
    " USING (subject, stream, kind)"
)
_ALL = (
    f"SELECT subject, stream, kind FROM {TABLE}"
    " WHERE (subject, stream, kind) > (%s, %s, %s) ORDER BY subject, stream, kind LIMIT %s"
)
_DELETE = f"DELETE FROM {TABLE} WHERE subject = %s AND stream = %s AND kind = %s"
_PUT = (
    f"INSERT INTO {TABLE} (subject, stream, kind, terms)"
    " SELECT u.subject, u.stream, u.kind, u.terms::integer[]"
    " FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS u(subject, stream, kind, terms)"
    " ON CONFLICT (subject, stream, kind) DO UPDATE SET terms = excluded.terms"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the ledger says: how many terms it lacks, and how many it has too many."""

    key: Key
    missing: int
    surplus: int

    def __str__(self) -> str:
        return (
            f"{self.key.kind} of {self.key.stream}: {self.missing} terms are missing, {self.surplus} too many"
        )


class Reblinding:
    """Compares the table of blind terms with the ledger, page by page.

    It holds no terms in memory, but eight bytes for each row, to find those that the ledger does not know.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._kinds = {blinding.kind for blinding in ledger.mapper.events.blinded}

    def differences(self) -> list[Difference]:
        """Where the table is not what the ledger says; changes nothing.

        Raises `EventTypeUnknown` where a newer release has recorded something.
        """
        return self._look(put_right=False)

    def put_right(self) -> list[Difference]:
        """Bring the table to what the ledger says; answers what differed. May be interrupted and repeated.

        Few rows at a time, and only those that seem to differ, while the ledger takes no events. Raises as
        `differences` does.
        """
        return self._look(put_right=True)

    def _look(self, *, put_right: bool) -> list[Difference]:
        self._ledger.assure_known(0, self._ledger.head())
        found: list[Difference] = []
        suspects = self._suspects()
        while keys := list(islice(suspects, _AT_ONCE)):

            def settle(cursor: Cursor[Any], keys: Sequence[Key] = keys) -> None:
                found.extend(self._settle(cursor, keys, put_right=put_right))

            self._ledger.append(Append(effects=[settle]))
        return found

    def _suspects(self) -> Iterator[Key]:
        """The rows that differ, or seem to because somebody records or erases something just now."""
        known: set[int] = set()
        for streams in self._streams():
            recorded = self._recorded(streams)
            stored = self._stored(recorded)
            known.update(map(hash, recorded))
            yield from (key for key, terms in recorded.items() if stored.get(key) != terms)
        for key in self._rows():
            if key.kind in self._kinds and hash(key) not in known:
                yield key

    def _streams(self) -> Iterator[list[str]]:
        """All streams that may have terms, each once."""
        position, until, seen = 0, self._ledger.head(), set[int]()
        while page := self._ledger.read_blinded(position, until, _PAGE):
            position = page[-1].position
            new = {each.stream: None for each in page if hash(each.stream) not in seen}
            seen.update(map(hash, new))
            yield list(new)

    def _rows(self) -> Iterator[Key]:
        """The keys of the whole table."""
        last = Key("", "", "")
        while True:
            with self._ledger.connection() as connection:
                page = connection.execute(_ALL, [*last, _PAGE]).fetchall()
            if not page:
                return
            yield from (Key(**row) for row in page)
            last = Key(**page[-1])

    def _recorded(self, streams: Iterable[str]) -> Terms:
        """What the ledger says, of those who are not erased."""
        mapper, keys = self._ledger.mapper, self._ledger.keys
        history = self._ledger.read_streams(dict.fromkeys(streams, 0))
        rows = joined(
            added
            for events in history.values()
            for one in events
            for added in mapper.terms(keys, one.stream, one.event, one.metadata)
        )
        erased = keys.erased({key.subject for key in rows})  # of them there may be words that no text says
        return {key: terms for key, terms in rows.items() if key.subject not in erased}

    def _stored(self, keys: Iterable[Key], cursor: Cursor[Any] | None = None) -> Terms:
        """What the table says."""
        wanted = columns(dict.fromkeys(keys, ()))[:3]
        if cursor is not None:
            rows = cursor.execute(_STORED, wanted).fetchall()
        else:
            with self._ledger.connection() as connection:
                rows = connection.execute(_STORED, wanted).fetchall()
        return {Key(row["subject"], row["stream"], row["kind"]): row["terms"] for row in rows}

    def _settle(self, cursor: Cursor[Any], keys: Sequence[Key], *, put_right: bool) -> list[Difference]:
        """Look again, now that nobody records anything."""
        recorded = self._recorded({key.stream for key in keys})
        stored = self._stored({*keys, *recorded}, cursor)
        different = {
            key: recorded.get(key, ()) for key in (*keys, *recorded) if stored.get(key) != recorded.get(key)
        }
        if put_right:
            cursor.executemany(_DELETE, [key for key, terms in different.items() if not terms])
            if rows := {key: terms for key, terms in different.items() if terms}:
                cursor.execute(_PUT, columns(rows))
        return [_difference(key, stored.get(key, ()), terms) for key, terms in different.items()]


def _difference(key: Key, stored: Iterable[int], recorded: Iterable[int]) -> Difference:
    has, should = set(stored), set(recorded)
    return Difference(key, len(should - has), len(has - should))
