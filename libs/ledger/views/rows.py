"""The rows of a view in memory, between a fold and PostgreSQL: fetched and written a batch at a time."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import msgspec
from psycopg import Connection, Cursor
from psycopg.rows import DictRow

from libs.ledger.views.table import FROM, UNTIL, Key, Row
from libs.ledger.views.values import COPIES, EXACT_TYPES, normaliser, without_nul
from libs.ledger.views.view import Table, View

KeyTuple = tuple[Any, ...]


class TableRows:
    """The known rows of one table: a write-through cache of the only writer.

    `known` maps a key to its row, or to None where there is none. `complete` means that every row
    of the table is known, so a key that is not known does not exist.
    """

    def __init__(self, table: Table[Any], schema: str, past: "TableRows | None" = None) -> None:
        """`past`: takes the earlier rows of a table that keeps its history."""
        self.table = table
        self.past = past
        self.at = _NEVER  # the recorded time of the event that is folded
        self.known: dict[KeyTuple, Row | None] = {}
        self.changed: set[KeyTuple] = set()
        self.complete = False
        self._normalise = {column: normaliser(kind) for column, kind in table.stored.items()}
        self._exact = {column: EXACT_TYPES.get(kind) for column, kind in table.stored.items()}
        self._copies = [(column, COPIES[kind]) for column, kind in table.columns.items() if kind in COPIES]
        self._blank: Row = dict.fromkeys(table.stored)
        self._statements(f"{schema}.{table.name}")

    def put(self, row: Mapping[str, Any], base: Row | None = None) -> None:
        """Take `row`, over the columns of `base`, as the newest of its key."""
        new = dict(base or self._blank)
        for column, value in row.items():
            if (value is None and column in new) or type(value) is self._exact.get(column, _NOTHING):
                new[column] = value
            else:
                new[column] = self._normal(column, value)
        key = self.table.key_of(tuple([new[column] for column in self.table.key]))
        if None in key:
            raise ValueError(
                f"table {self.table.name}: the key {self.table.key} has no value in {sorted(row)}"
            )
        if self.past is not None and not self._supersede(key, new):
            return
        # the last written comes last, so that the longest untouched is forgotten first
        self.known.pop(key, None)
        self.known[key] = new
        self.changed.add(key)

    def delete(self, key: KeyTuple) -> None:
        """Take the row away."""
        if self.past is not None:
            self._keep(self.known[key])
        self.known[key] = None
        self.changed.add(key)

    def _supersede(self, key: KeyTuple, new: Row) -> bool:
        """Keep what the row was, and say since when it is the new one; False if nothing is new."""
        old = self.known.get(key)
        if old is not None and all(new[column] == old[column] for column in self.table.columns):
            return False
        new[FROM] = self.at
        self._keep(old)
        return True

    def _keep(self, row: Row | None) -> None:
        """Keep a row that is no more; not one that the same moment made and changed."""
        if self.past is not None and row is not None and row[FROM] < self.at:
            self.past.put({**row, UNTIL: self.at})

    def copied(self, row: Row) -> Row:
        """A copy that a fold may change without changing what is known."""
        copied = dict(row)
        if self.past is not None:
            del copied[FROM]
        for column, copy in self._copies:
            if copied[column] is not None:
                copied[column] = copy(copied[column])
        return copied

    def unknown(self, keys: Iterable[KeyTuple]) -> list[KeyTuple]:
        """Those of the keys that must be asked of the database."""
        if self.complete:
            return []
        return [key for key in dict.fromkeys(keys) if key not in self.known]

    def ask(self, cursor: Cursor[DictRow], keys: list[KeyTuple]) -> None:
        """Send for the rows of `keys`; `learn` takes in what the cursor then has."""
        cursor.execute(self._select, [_json([dict(zip(self.table.key, key, strict=True)) for key in keys])])

    def learn(self, cursor: Cursor[DictRow], keys: list[KeyTuple]) -> None:
        """Take in the rows that were asked for."""
        self.known.update(dict.fromkeys(keys))
        for row in cursor.fetchall():
            self.known[tuple([row[column] for column in self.table.key])] = row

    def write(self, cursor: Cursor[DictRow]) -> None:
        """Write what has changed: at most two statements."""
        rows = [(key, self.known[key]) for key in self.changed]
        deleted = [dict(zip(self.table.key, key, strict=True)) for key, row in rows if row is None]
        written = [row for _, row in rows if row is not None]
        if deleted:
            cursor.execute(self._delete, [_json(deleted)])
        if written:
            cursor.execute(self._upsert, [self._storable(written)])

    def settle(self, limit: int) -> None:
        """The changes are committed: forget the longest untouched rows beyond `limit`."""
        self.changed.clear()
        surplus = len(self.known) - limit
        if surplus > 0:
            for key in list(islice(self.known, surplus)):
                del self.known[key]
            self.complete = False

    def forget(self) -> None:
        """The changes were not committed: know nothing."""
        self.known.clear()
        self.changed.clear()
        self.complete = False

    def _normal(self, column: str, value: Any) -> Any:
        try:
            normalise = self._normalise[column]
            return None if value is None else normalise(value)
        except KeyError:
            raise KeyError(f"table {self.table.name} has no column {column!r}") from None
        except (TypeError, ValueError) as error:
            raise type(error)(f"table {self.table.name}, column {column}: {error}") from None

    def _storable(self, rows: list[Row]) -> str:
        """The rows as JSON; PostgreSQL cannot store NUL, so it is replaced, in memory too."""
        encoded = _json(rows)
        if "\\u0000" not in encoded:
            return encoded
        for row in rows:
            for column, value in row.items():
                row[column] = without_nul(value)
        return _json(rows)

    def _statements(self, name: str) -> None:
        # json_to_recordset takes a whole batch in one parameter, and msgspec makes the text: about six times
        # less work here than arrays for unnest, and more rows a second there
        table = self.table
        columns = ", ".join(table.stored)
        keys = ", ".join(table.key)
        key_types = ", ".join(f"{column} {table.stored[column]}" for column in table.key)
        types = ", ".join(f"{column} {kind}" for column, kind in table.stored.items())
        rest = [column for column in table.stored if column not in table.key]
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
    """All rows of one view: what its fold sees (`libs.ledger.views.view.Rows`), over one connection.

    Everything between two `settle`s is one transaction; after a rollback call `forget`.
    """

    def __init__(
        self, view: View, connection: Connection[DictRow], *, schema: str = "", limit: int = 2000
    ) -> None:
        self.view = view
        self._connection = connection
        self._limit = limit
        self._schema = schema or view.schema
        self._tables: dict[str, TableRows] = {}
        self._historic: list[TableRows] = []
        for table in view.tables:
            self._add(table)
        self._asked: list[tuple[TableRows, Cursor[DictRow], list[KeyTuple]]] = []

    def _add(self, table: Table[Any]) -> None:
        past = TableRows(table.past, self._schema) if table.past is not None else None
        rows = self._tables[table.name] = TableRows(table, self._schema, past)
        if past is not None:
            self._tables[past.table.name] = past
            self._historic.append(rows)

    def at(self, moment: datetime) -> None:
        """What follows is changed by an event recorded at this moment."""
        for rows in self._historic:
            rows.at = moment

    def get(self, table: Table[Any] | str, key: Key) -> Any:
        """The row of `key`, or None."""
        rows = self._of(table)
        row = self._row(rows, rows.table.key_of(key))
        return None if row is None else rows.copied(row)

    def put(self, table: Table[Any] | str, row: Any) -> None:
        """Insert or replace a row."""
        rows = self._of(table)
        if rows.past is not None:  # what it was must be known
            self._row(rows, rows.table.key_of(tuple([row.get(column) for column in rows.table.key])))
        rows.put(row)

    def change(self, table: Table[Any] | str, key: Key, **columns: Any) -> None:
        """Set some columns of a row that exists."""
        rows = self._of(table)
        wanted = rows.table.key_of(key)
        row = self._row(rows, wanted)
        if row is None:
            raise KeyError(f"table {rows.table.name} of view {self.view.name} has no row {key!r}")
        if any(columns.get(column, row[column]) != row[column] for column in rows.table.key):
            where = f"table {rows.table.name} of view {self.view.name}"
            raise ValueError(f"{where}: a key is not changed; delete and put")
        rows.put(columns, row)

    def delete(self, table: Table[Any] | str, key: Key) -> None:
        """Delete the row if there is one."""
        rows = self._of(table)
        wanted = rows.table.key_of(key)
        if self._row(rows, wanted) is not None:
            rows.delete(wanted)

    @property
    def complete(self) -> bool:
        """Every row is known: nothing needs to be asked for."""
        return all(rows.complete for rows in self._tables.values())

    def ask(self, keys: Iterable[tuple[str, Key]], none: Iterable[tuple[str, Key]] = ()) -> None:
        """Send for rows that will be needed, with one statement per table; `learn` takes them in.

        `none`: there are no rows of these keys; nobody is asked.
        """
        for table, key in none:
            rows = self._tables[table]
            rows.known.setdefault(rows.table.key_of(key))
        wanted: dict[str, list[KeyTuple]] = {}
        for table, key in keys:
            wanted.setdefault(table, []).append(self._tables[table].table.key_of(key))
        for table, found in wanted.items():
            rows = self._tables[table]
            if missing := rows.unknown(found):
                cursor = self._connection.cursor()
                rows.ask(cursor, missing)
                self._asked.append((rows, cursor, missing))

    def learn(self) -> None:
        """Take in the rows that were asked for."""
        for rows, cursor, keys in self._asked:
            rows.learn(cursor, keys)
        self._asked.clear()

    def write(self, cursor: Cursor[DictRow]) -> None:
        """Write all changes."""
        for rows in self._tables.values():
            if rows.changed:
                rows.write(cursor)

    def settle(self) -> None:
        """The changes are committed."""
        for rows in self._tables.values():
            rows.settle(self._limit)

    def forget(self) -> None:
        """The changes were rolled back, or somebody else may have written: start afresh."""
        self._asked.clear()
        for rows in self._tables.values():
            rows.forget()

    def start_empty(self) -> None:
        """The tables have just been made: every row is known, there being none."""
        for rows in self._tables.values():
            rows.forget()
            rows.complete = True

    def known(self, table: str) -> dict[KeyTuple, Row]:
        """The rows that are known just now."""
        rows = self._tables[table]
        return {key: rows.copied(row) for key, row in rows.known.items() if row is not None}

    def _of(self, table: Table[Any] | str) -> TableRows:
        return self._tables[table if isinstance(table, str) else table.name]

    def _row(self, rows: TableRows, key: KeyTuple) -> Row | None:
        if key not in rows.known and not rows.complete:
            cursor = self._connection.cursor()
            rows.ask(cursor, [key])
            rows.learn(cursor, [key])
        return rows.known.get(key)


_NOTHING = object()
_NEVER = datetime.min.replace(tzinfo=UTC)


def _json(rows: list[Row]) -> str:
    return msgspec.json.encode(rows).decode()
