"""Claims about views, and views without a database."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.folding import fold
from libs.ledger.views.rebuild import differences
from libs.ledger.views.rows import RowStore
from libs.ledger.views.view import Row, View, Views
from libs.testkit import patience


def assert_rebuilt_equals_live(ledger: Ledger, views: Iterable[View]) -> None:
    """Every view, built anew from the ledger, has exactly the rows of the live one.

    May run while the projector does: each view is compared at the position it has.
    """
    found = [line for view in views for line in differences(ledger, view)]
    assert not found, "rebuilt views differ from the live ones:\n" + "\n".join(found)


def read_when_there(
    views: Views, view: str, at_least: str, *, seconds: float = 20.0
) -> AbstractContextManager[Cursor[DictRow]]:
    """`views.read` of what a projector is about to write, after `seconds` of a calm machine at most."""
    return views.read(view, at_least, timeout=patience.seconds(seconds))


class MemoryRows(RowStore):
    """The rows of a view without a store, to test a fold as the pure function it is.

    The very rows that a projector works on, at the moment when nothing is written yet.
    """

    def __init__(self, view: View) -> None:
        super().__init__(view, NO_CONNECTION)
        self.start_empty()

    def all(self, table: str) -> list[Row]:
        """All rows of a table, by key."""
        return [row for _, row in sorted(self.known(table).items())]


def folded(view: View, history: Iterable[Recorded[Any]]) -> MemoryRows:
    """The rows after a history: `folded(view, recorded(...)).all("cases")`."""
    rows = MemoryRows(view)
    fold(view, list(history), rows)
    return rows


class _NoConnection:
    """Stands where a connection would be, and is never asked for anything."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a fold in memory needs no connection, but {name} was asked for")


NO_CONNECTION: Any = _NoConnection()
