"""Claims about views, and views without a database."""

from collections.abc import Iterable, Mapping
from typing import Any

from libs.ledger.ledger import Ledger
from libs.ledger.rebuild import differences
from libs.ledger.recorded import Recorded
from libs.ledger.view import Key, Row, View


def assert_rebuilt_equals_live(ledger: Ledger, views: Iterable[View]) -> None:
    """Every view, built anew from the ledger, has exactly the rows of the live one.

    May run while the projector does: each view is compared at the position it has.
    """
    found = [line for view in views for line in differences(ledger, view)]
    assert not found, "rebuilt views differ from the live ones:\n" + "\n".join(found)


class MemoryRows:
    """The rows of a view in plain dictionaries, to test a fold as the pure function it is."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.tables: dict[str, dict[tuple[Any, ...], Row]] = {table.name: {} for table in view.tables}

    def get(self, table: str, key: Key) -> Row | None:
        """A copy of the row of `key`, or None."""
        row = self.tables[table].get(self._view.table(table).key_of(key))
        return None if row is None else dict(row)

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert or replace a row."""
        declared = self._view.table(table)
        unknown = row.keys() - declared.columns.keys()
        assert not unknown, f"table {table} has no columns {sorted(unknown)}"
        whole = {**dict.fromkeys(declared.columns), **row}
        self.tables[table][tuple(whole[column] for column in declared.key)] = whole

    def change(self, table: str, key: Key, **columns: Any) -> None:
        """Set some columns of a row that exists."""
        row = self.get(table, key)
        if row is None:
            raise KeyError(f"table {table} has no row {key!r}")
        self.put(table, {**row, **columns})

    def delete(self, table: str, key: Key) -> None:
        """Delete the row if there is one."""
        self.tables[table].pop(self._view.table(table).key_of(key), None)

    def all(self, table: str) -> list[Row]:
        """All rows of a table, by key."""
        return [row for _, row in sorted(self.tables[table].items())]


def folded(view: View, history: Iterable[Recorded[Any]]) -> MemoryRows:
    """The rows after a history: `folded(view, recorded(...)).all("cases")`."""
    rows = MemoryRows(view)
    for event in history:
        view.fold(event, rows)
    return rows
