"""In which area does a case count by the areas of a moment?

What happened in an area that has ended keeps its path. By the areas of a later moment it counts in the one
that came after it, or in the one above where nothing did. Where several came after it, it stays where it
is: which of them it would lie in depends on its place. Where cases told that, it is in `case_facts`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.freshness import Fresh
from libs.rules.areas import below, parent_of
from services.supervision.application.ports import Ended
from services.supervision.domain.noted import AreaEndNoted


class EndRow(TypedDict):
    """An area that has ended, or is to end."""

    path: str
    valid_until: datetime
    successor_ids: list[str]


ENDS = Table.of("ends", EndRow, key=("path",))


class Successions(View):
    """One row for each end."""

    name = "successions"
    tables = (ENDS,)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:  # it looks nothing up
        """None: an end replaces the one before."""
        return ()

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """The newest end holds."""
        match recorded.event:
            case AreaEndNoted(path=path, valid_until=until, successor_ids=successors):
                rows.put(ENDS, EndRow(path=path, valid_until=until, successor_ids=[*successors]))
            case _:
                pass


VIEW = Successions()


@dataclass(frozen=True, slots=True)
class SuccessionReads:
    """`ports.SuccessionReads`, answered from the view."""

    views: Views

    def ended(self, at: datetime, fresh: Fresh) -> Ended:
        """The areas that have ended by a moment."""
        with fresh.read(self.views, VIEW) as cursor:
            return ended_by(cursor, at)


def ended_by(cursor: Cursor[DictRow], at: datetime) -> Ended:
    """The same, of the table that the cursor stands in."""
    cursor.execute("SELECT path, successor_ids FROM ends WHERE valid_until <= %s", (at,))
    ends = {row["path"]: row["successor_ids"] for row in cursor.fetchall()}
    moved = {path: _at_last(path, ends) for path in ends}
    return Ended(moved={path: last for path, last in moved.items() if last != path}, paths=frozenset(ends))


def _at_last(path: str, ends: Mapping[str, list[str]]) -> str:
    """Where what happened in an area counts in the end. There are no circles: identity refuses them."""
    passed = {path}
    while path in ends and len(ends[path]) < 2:
        after = below(parent_of(path), ends[path][0]) if ends[path] else parent_of(path)
        if not after or after in passed:
            break
        passed.add(after)
        path = after
    return path
