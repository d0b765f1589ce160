"""The rows of a view in memory, between a fold and PostgreSQL: fetched and written a batch at a time."""

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from psycopg import Cursor

from libs.ledger.values import MUTABLE_TYPES, normaliser
from libs.ledger.view import Key, Row, Table, View

KeyTuple = tuple[Any, ...]


class TableRows:
    """The known rows of one table: a write-through cache of the only writer.

    `known` maps a key to its row, or to None where there is none. `complete` means that every row
    of the table is known, so a key that is not known does not exist.
    """

    def __init__(self, table: Table, schema: str) -> None:
        self.table = table
        self.known: dict[KeyTuple, Row | None] = {}
        self.changed: set[KeyTuple] = set()
        self.complete = False
        self._normalise = {column: normaliser(kind) for column, kind in table.columns.items()}
        self._mutable = tuple(column for column, kind in table.columns.items() if kind in MUTABLE_TYPES)
        self._blank: Row = dict.fromkeys(table.columns)
        self._one_column = len(table.key) == 1
        self._statements(f"{schema}.{table.name}")

    def put(self, row: Mapping[str, Any]) -> None:
        """Take the row as the newest of its key."""
        new = dict(self._blank)
        for column, value in row.items():
            try:
                new[column] = value if value is None else self._normalise[column](value)
            except KeyError:
                raise KeyError(f"table {self.table.name} has no column {column!r}") from None
            except (TypeError, ValueError) as error:
                raise type(error)(f"table {self.table.name}, column {column}: {error}") from None
        key = tuple([new[column] for column in self.table.key])
        if None in key:
            raise ValueError(
                f"table {self.table.name}: the key {self.table.key} has no value in {sorted(row)}"
            )
        # the last written comes last, so that the longest untouched is forgotten first
        self.known.pop(key, None)
        self.known[key] = new
        self.changed.add(key)

    def delete(self, key: KeyTuple) -> None:
        """Take the row away."""
        self.known[key] = None
        self.changed.add(key)

    def copied(self, row: Row) -> Row:
        """A copy that a fold may change without changing what is known."""
        copied = dict(row)
        for column in self._mutable:
            copied[column] = copy.deepcopy(copied[column])
        return copied

    def unknown(self, keys: Iterable[KeyTuple]) -> list[KeyTuple]:
        """Those of the keys that must be asked of the database."""
        if self.complete:
            return []
        return [key for key in dict.fromkeys(keys) if key not in self.known]

    def fetch(self, cursor: Cursor[Any], keys: list[KeyTuple]) -> None:
        """Learn the rows of `keys`."""
        wanted = [dict(zip(self.table.key, key, strict=True)) for key in keys]
        self.known.update(dict.fromkeys(keys))
        for row in cursor.execute(self._select, [_json(wanted)]):
            self.known[tuple([row[column] for column in self.table.key])] = row

    def write(self, cursor: Cursor[Any]) -> None:
        """Write what has changed: at most two statements."""
        rows = [(key, self.known[key]) for key in self.changed]
        deleted = [dict(zip(self.table.key, key, strict=True)) for key, row in rows if row is None]
        written = [row for _, row in rows if row is not None]
        if deleted:
            cursor.execute(self._delete, [_json(deleted)])
        if written:
            cursor.execute(self._upsert, [_json(written)])

    def settle(self, limit: int) -> None:
        """The changes are committed: forget the longest untouched rows beyond `limit`."""
        self.changed.clear()
        surplus = len(self.known) - limit
        if surplus > 0:
            for key in list(self.known)[:surplus]:
                del self.known[key]
            self.complete = False

    def forget(self) -> None:
        """The changes were not committed: know nothing."""
        self.known.clear()
        self.changed.clear()
        self.complete = False

    def _statements(self, name: str) -> None:
        # json_to_recordset takes a whole batch in one parameter, and msgspec makes the text: about six times
        # less work here than arrays for unnest, and more rows a second there
        table = self.table
        columns = ", ".join(table.columns)
        keys = ", ".join(table.key)
        key_types = ", ".join(f"{column} {table.columns[column]}" for column in table.key)
        types = ", ".join(f"{column} {kind}" for column, kind in table.columns.items())
        rest = [column for column in table.columns if column not in table.key]
        update = "UPDATE SET " + ", ".join(f"{column} = excluded.{column}" for column in rest)
        matches = " AND ".join(f"t.{column} = wanted.{column}" for column in table.key)
        wanted = f"json_to_recordset(%s::json) AS wanted({key_types})"
        self._select = f"SELECT {columns} FROM {name} JOIN {wanted} USING ({keys})"
        self._delete = f"DELETE FROM {name} t USING {wanted} WHERE {matches}"
        self._upsert = (
            f"INSERT INTO {name} ({columns}) SELECT {columns}"
            f" FROM json_to_recordset(%s::json) AS new({types})"
            f" ON CONFLICT ({keys}) DO {update if rest else 'NOTHING'}"
        )


class RowStore:
    """All rows of one view: what its fold sees (`libs.ledger.view.Rows`), over one connection.

    Everything between two `settle`s is one transaction; after a rollback call `forget`.
    """

    def __init__(self, view: View, cursor: Cursor[Any], *, schema: str = "", limit: int = 1000) -> None:
        self.view = view
        self._cursor = cursor
        self._limit = limit
        self._tables = {table.name: TableRows(table, schema or view.schema) for table in view.tables}
        self._names = schema or view.schema

    def get(self, table: str, key: Key) -> Row | None:
        """The row of `key`, or None."""
        rows = self._tables[table]
        wanted = rows.table.key_of(key)
        if wanted in rows.known:
            row = rows.known[wanted]
        elif rows.complete:
            return None
        else:
            rows.fetch(self._cursor, [wanted])
            row = rows.known[wanted]
        return None if row is None else rows.copied(row)

    def put(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert or replace a row."""
        self._tables[table].put(row)

    def change(self, table: str, key: Key, **columns: Any) -> None:
        """Set some columns of a row that exists."""
        row = self.get(table, key)
        if row is None:
            raise KeyError(f"table {table} of view {self.view.name} has no row {key!r}")
        self.put(table, {**row, **columns})

    def delete(self, table: str, key: Key) -> None:
        """Delete the row if there is one."""
        if self.get(table, key) is not None:
            rows = self._tables[table]
            rows.delete(rows.table.key_of(key))

    def prefetch(self, keys: Iterable[tuple[str, Key]]) -> None:
        """Learn rows that will be asked for, with one statement per table."""
        wanted: dict[str, list[KeyTuple]] = {}
        for table, key in keys:
            wanted.setdefault(table, []).append(self._tables[table].table.key_of(key))
        for table, found in wanted.items():
            rows = self._tables[table]
            if missing := rows.unknown(found):
                rows.fetch(self._cursor, missing)

    def write(self) -> None:
        """Write all changes."""
        for rows in self._tables.values():
            if rows.changed:
                rows.write(self._cursor)

    def settle(self) -> None:
        """The changes are committed."""
        for rows in self._tables.values():
            rows.settle(self._limit)

    def forget(self) -> None:
        """The changes were rolled back, or somebody else may have written: start afresh."""
        for rows in self._tables.values():
            rows.forget()

    def look(self) -> None:
        """Find out which tables are empty: of those, every row is known."""
        for rows in self._tables.values():
            name = f"{self._names}.{rows.table.name}"
            row = self._cursor.execute(f"SELECT EXISTS (SELECT FROM {name}) AS filled").fetchone()
            rows.forget()
            rows.complete = row is not None and not row["filled"]


def _json(rows: list[Row]) -> str:
    return msgspec.json.encode(rows).decode()
