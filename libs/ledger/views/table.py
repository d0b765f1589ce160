"""One table of a view: columns, key, indexes, and the rows as they were, if it keeps them.

A table with `history` keeps its earlier rows: each row has `recorded_from`, the recorded time of the event
that made it so, and the table beside it, `<name>_past`, holds the rows before it, each with
`recorded_until`. So the rows as of any moment can be selected, and are equal to the fold of all events
recorded until then. Personal data has no place in such a table: a row that a fold deletes stays in the past.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, get_type_hints

from typing_extensions import TypeVar

from libs.ledger.views.values import COLUMN_TYPES, column_type, without_nul

Key = Any
"""The value of a table's key column, or a tuple of values where the key has several columns."""
Row = dict[str, Any]
R = TypeVar("R", default=Row)
"""The type of a table's rows: a TypedDict."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""Names of views, tables and columns."""

FROM, UNTIL = "recorded_from", "recorded_until"
"""Columns of tables that keep their history: since which recorded time a row was so, and until when."""


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """One table of a view: columns with their SQL types, key columns, indexes.

    `Table.of` derives the columns from a row's type.

    Types: text, bigint, integer, boolean, double precision, numeric, timestamptz, date, jsonb,
    text[], bigint[]. An index is a list of columns (`"state, due_time DESC"`) or what follows the
    table's name in CREATE INDEX (`"USING gin (words)"`, `"(due_time) WHERE state = 'open'"`).
    `history`: the indexes of the earlier rows; None: they are not kept.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    indexes: tuple[str, ...] = ()
    history: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls,
        name: str,
        row: type[R],
        key: tuple[str, ...],
        indexes: tuple[str, ...] = (),
        history: tuple[str, ...] | None = None,
    ) -> "Table[R]":
        """The table whose rows are of the type `row`, a TypedDict.

        str, int, bool, float, Decimal, datetime (aware), date, list[str] and list[int] have a column type;
        `Json` keeps anything else that JSON can. A column that may be left out is `NotRequired`, and NULL.
        """
        hints = get_type_hints(row, include_extras=True)
        return cls(name, {column: column_type(hint) for column, hint in hints.items()}, key, indexes, history)

    def __post_init__(self) -> None:
        for name in (self.name, *self.columns):
            if not NAME.fullmatch(name):
                raise ValueError(
                    f"table {self.name}: {name!r} is not a lower_snake name of 40 letters at most"
                )
        for column, kind in self.columns.items():
            if kind not in COLUMN_TYPES:
                raise ValueError(
                    f"table {self.name}: {column} has the type {kind!r}, not one of {COLUMN_TYPES}"
                )
        if not self.key or not set(self.key) <= set(self.columns):
            raise ValueError(f"table {self.name}: the key {self.key} is not made of its columns")
        if self.history is not None and {FROM, UNTIL} & set(self.columns):
            raise ValueError(f"table {self.name}: {FROM} and {UNTIL} come with the history")

    @property
    def stored(self) -> Mapping[str, str]:
        """The columns in the database."""
        return self.columns if self.history is None else {**self.columns, FROM: "timestamptz"}

    @property
    def past(self) -> "Table[Row] | None":
        """The table of the earlier rows."""
        if self.history is None:
            return None
        columns = {**self.stored, UNTIL: "timestamptz"}
        return Table(f"{self.name}_past", columns, (*self.key, FROM), (UNTIL, *self.history))

    def as_of(self) -> str:
        """A SELECT of the rows as they were at a moment, which is its parameter, three times."""
        if self.history is None:
            raise ValueError(f"table {self.name} keeps no history")
        return " UNION ALL ".join(select for select, _ in self.as_of_each())

    def as_of_each(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The SELECT of the rows that are still as they were, and that of the others.

        Each with how often the moment is its parameter; to both a condition may be added.
        """
        columns = ", ".join(self.columns)
        return (
            (f"SELECT {columns} FROM {self.name} WHERE {FROM} <= %s", 1),
            (f"SELECT {columns} FROM {self.name}_past {self.name} WHERE {FROM} <= %s AND {UNTIL} > %s", 2),
        )

    def key_of(self, key: Key) -> tuple[Any, ...]:
        """The key as a tuple. Raises `TypeError` when its length does not fit."""
        values = key if isinstance(key, tuple) else (key,)
        if len(values) != len(self.key):
            raise TypeError(f"table {self.name}: the key is {self.key}, got {len(values)} values")
        if any(type(value) is str and "\0" in value for value in values):
            return tuple(without_nul(value) for value in values)
        return values

    def ddl(self) -> str:
        """CREATE TABLE, for a search_path at the view's schema."""
        columns = [
            f"{name} {kind}{' NOT NULL' if name in self.key else ''}" for name, kind in self.stored.items()
        ]
        return f"CREATE TABLE {self.name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(self.key)}))"

    def index_ddl(self) -> list[str]:
        """CREATE INDEX statements."""
        whole = ("(", "using")
        return [
            f"CREATE INDEX ON {self.name} {index if index.lower().startswith(whole) else f'({index})'}"
            for index in self.indexes
        ]
