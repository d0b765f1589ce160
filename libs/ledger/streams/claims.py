"""Claims: what must be unique across streams, such as the natural key of a person, has one holder.

A claim is made and released in the transaction of the events that go with it, as an effect of their
append. It is kept by a keyed digest of what is claimed, outside the ledger: once it is released nothing
says who held it.
"""

from typing import Any

from psycopg import Cursor
from psycopg.sql import SQL

from libs.ledger.store.ledger import Ledger
from libs.ledger.store.unit import Effect

_HOLDER = SQL("SELECT holder FROM claims WHERE kind = %s AND digest = %s")
_CLAIM = "INSERT INTO claims (kind, digest, holder) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_RELEASE = "DELETE FROM claims WHERE kind = %s AND holder = %s"


class Claimed(Exception):
    """Another one holds it already; nothing was stored."""

    def __init__(self, holder: str) -> None:
        super().__init__("another one holds this claim")
        self.holder = holder


class Claims:
    """The claims of one kind in a service's database. Safe for many threads and processes."""

    def __init__(self, ledger: Ledger, kind: str) -> None:
        self._ledger = ledger
        self._kind = kind

    def digest(self, text: str) -> str:
        """What a text is claimed by: the same text gives the same, and it cannot be turned back."""
        return self._ledger.keys.digest(self._kind, text)

    def holder(self, digest: str) -> str | None:
        """Who holds it now. Raises psycopg's errors."""
        with self._ledger.connection() as connection:
            row = connection.execute(_HOLDER, [self._kind, digest]).fetchone()
        return None if row is None else str(row["holder"])

    def claim(self, digest: str, holder: str) -> Effect:
        """An effect of an append: from then on `holder` holds it; the append is refused with `Claimed`."""

        def effect(cursor: Cursor[Any]) -> None:
            cursor.execute(_CLAIM, [self._kind, digest, holder])
            row = cursor.execute(_HOLDER, [self._kind, digest]).fetchone()
            if row is not None and row["holder"] != holder:
                raise Claimed(str(row["holder"]))

        return effect

    def release(self, holder: str) -> Effect:
        """An effect of an append: from then on `holder` holds nothing of this kind."""

        def effect(cursor: Cursor[Any]) -> None:
            cursor.execute(_RELEASE, [self._kind, holder])

        return effect
