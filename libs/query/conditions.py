"""Pieces of a WHERE clause whose values always travel as parameters."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """A boolean SQL expression with `%s` placeholders, and the values for them in order."""

    sql: str
    params: tuple[object, ...] = ()

    def __and__(self, other: "Condition") -> "Condition":
        """Both hold."""
        return Condition.all_of((self, other))

    @staticmethod
    def all_of(conditions: Iterable["Condition"]) -> "Condition":
        """All hold; true when there are none."""
        return _joined(" AND ", [c for c in conditions if c.sql != "true"], EVERYTHING)

    @staticmethod
    def any_of(conditions: Iterable["Condition"]) -> "Condition":
        """One holds; false when there are none."""
        return _joined(" OR ", [c for c in conditions if c.sql != "false"], NOTHING)

    @staticmethod
    def one_of(column: str, values: Collection[str]) -> "Condition":
        """The column has one of the values; of one alone, in a form that an index can order by, too."""
        if len(values) == 1:
            return Condition(f"{column} = %s", (*values,))
        return Condition(f"{column} = ANY(%s)", (list(values),))

    @staticmethod
    def within(column: str, path: str) -> "Condition":
        """The area in the column is the one at `path`, or lies below it; all rows for ""."""
        return Condition(f"({column} = %s OR {column} ^@ %s)", (path, path + "/")) if path else EVERYTHING


EVERYTHING = Condition("true")
NOTHING = Condition("false")


def _joined(word: str, conditions: list[Condition], empty: Condition) -> Condition:
    if len(conditions) < 2:
        return conditions[0] if conditions else empty
    sql = word.join(f"({condition.sql})" for condition in conditions)
    return Condition(sql, tuple(value for condition in conditions for value in condition.params))
