"""Claims: what must be unique across streams, such as the natural key of a person, has one holder.

The events say which claims they make and release (`Events.claims`), and the append that records them does
so in its transaction. A claim is kept by a keyed digest of what is claimed, in a table beside the ledger:
once it is released nothing says who held it. The ledger can make the table anew (`reclaim`).
"""

from collections.abc import Mapping, Sequence

from libs.ledger.store.claiming import HOLDER, HOLDERS, Claimed
from libs.ledger.store.ledger import Ledger

__all__ = ["Claimed", "Claims"]


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
            row = connection.execute(HOLDER, [self._kind, digest]).fetchone()
        return None if row is None else str(row["holder"])

    def holders(self, digests: Sequence[str]) -> Mapping[str, str]:
        """Who holds each of them now; those that nobody holds are left out. Raises psycopg's errors."""
        with self._ledger.connection() as connection:
            rows = connection.execute(HOLDERS, [self._kind, list(digests)]).fetchall()
        return {str(row["digest"]): str(row["holder"]) for row in rows}
