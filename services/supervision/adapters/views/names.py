"""What are areas, bodies and affairs called, and where do areas and affairs stand in their trees?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View, Views
from libs.query.conditions import Condition
from libs.query.freshness import Fresh
from libs.query.listing import Listing
from libs.query.paging import ascending
from services.supervision.application.ports import Name
from services.supervision.domain.noted import NameNoted
from services.supervision.domain.values import Named


class NameRow(TypedDict):
    """A thing with a name."""

    named: str
    id: str
    path: str
    zh: str
    en: str


NAMES = Table.of("names", NameRow, key=("named", "id"))
LISTED = Listing(table=NAMES, order=(ascending("named"), ascending("id")))


class Names(View):
    """One row for each thing with a name."""

    name = "names"
    tables = (NAMES,)

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:  # it looks nothing up
        """None: a name replaces the one before."""
        return ()

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """The newest name holds."""
        match recorded.event:
            case NameNoted(named=named, id=subject_id, path=path, zh=zh, en=en):
                rows.put(NAMES, NameRow(named=named.value, id=subject_id, path=path, zh=zh, en=en))
            case _:
                pass


VIEW = Names()


@dataclass(frozen=True, slots=True)
class NameReads:
    """`ports.NameReads`, answered from the view."""

    views: Views

    def path_of(self, named: Named, subject_id: str) -> str | None:
        """Where a thing stands in its tree; None if it is not known."""
        with Fresh().read(self.views, VIEW) as cursor:
            row = LISTED.one(cursor, named=named.value, id=subject_id)
            return None if row is None else row["path"]

    def ids_below(self, named: Named, path: str) -> Sequence[str]:
        """The thing at a path and all below it."""
        where = Condition("named = %s", (named.value,)) & Condition.within("path", path)
        with Fresh().read(self.views, VIEW) as cursor:
            found = cursor.execute(f"SELECT id FROM names WHERE {where.sql}", where.params)
            return [row["id"] for row in found]

    def called(self, wanted: Mapping[Named, Sequence[str]]) -> Mapping[Named, Mapping[str, Name]]:
        """What things are called, as far as known."""
        with Fresh().read(self.views, VIEW) as cursor:
            return {named: _called(cursor, named, ids) for named, ids in wanted.items()}


def _called(cursor: Cursor[DictRow], named: Named, ids: Sequence[str]) -> dict[str, Name]:
    found = cursor.execute(
        "SELECT id, zh, en FROM names WHERE named = %s AND id = ANY(%s)", (named.value, list(ids))
    )
    return {row["id"]: (row["zh"], row["en"]) for row in found}
