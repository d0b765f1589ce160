"""Which affairs are there, and what lies below them?"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.text import Text
from libs.ledger.views.view import Row, Rows, Table, View, Views
from libs.query.filters import Filters, area, flag, text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page, ascending
from services.catalog.domain import events
from services.catalog.domain.affair import Defined
from services.catalog.domain.values import Matter

ORDER = (ascending("affair_path"),)
FILTERS = Filters(
    affair_path=area("affair_path"),
    parent_id=text("parent_id"),
    retired=flag("retired"),
    anonymous_allowed=flag("anonymous_allowed"),
)


class AffairTree(View):
    """One row for each affair. By its path an affair comes before those below it."""

    name = "affairs"
    tables = (
        Table(
            "affairs",
            {
                "affair_id": "text",
                "parent_id": "text",
                "affair_path": "text",
                "name_zh": "text",
                "name_en": "text",
                "anonymous_allowed": "boolean",
                "keywords": "text[]",
                "retired": "boolean",
            },
            key=("affair_id",),
            indexes=("affair_path",),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Each event says the whole affair anew, or that it is retired."""
        match recorded.event:
            case (
                events.AffairDefined(matter=matter)
                | events.AffairRenamed(matter=matter)
                | events.AnonymityDecided(matter=matter)
            ):
                rows.put("affairs", _row(matter))
            case events.AffairRetired(affair_id=affair_id):
                rows.change("affairs", affair_id, retired=True)
            case _:
                pass


class AffairQueries:
    """Answers from the view: `AffairReads`."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def listed(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[Defined], str]:
        """A page of affairs, each before those below it."""
        page = Page.of(query, ORDER)
        where = FILTERS.compile(query.filter) & page.condition
        with self._reading(fresh) as cursor:
            cursor.execute(
                f"SELECT * FROM affairs WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}",
                where.params,
            )
            rows, token = page.cut(cursor.fetchall())
        return [_defined(row) for row in rows], token

    def part_in_use(self, affair_path: str, fresh: Fresh) -> str:
        """The first affair below this one that is not retired, or ""."""
        with self._reading(fresh) as cursor:
            cursor.execute(
                "SELECT affair_id FROM affairs WHERE affair_path ^@ %s AND NOT retired"
                " ORDER BY affair_path LIMIT 1",
                (f"{affair_path}/",),
            )
            row = cursor.fetchone()
        return "" if row is None else str(row["affair_id"])

    def _reading(self, fresh: Fresh) -> AbstractContextManager[Cursor[DictRow]]:
        return self._views.read(AffairTree.name, fresh.at_least, fresh.patience)


def _row(matter: Matter) -> Row:
    return {
        "affair_id": matter.affair_id,
        "parent_id": matter.parent_id,
        "affair_path": matter.path,
        "name_zh": matter.name.zh,
        "name_en": matter.name.en,
        "anonymous_allowed": matter.anonymous_allowed,
        "keywords": matter.keywords,
        "retired": False,
    }


def _defined(row: DictRow) -> Defined:
    matter = Matter(
        affair_id=row["affair_id"],
        parent_id=row["parent_id"],
        path=row["affair_path"],
        name=Text(zh=row["name_zh"], en=row["name_en"]),
        anonymous_allowed=row["anonymous_allowed"],
        keywords=tuple(row["keywords"]),
    )
    return Defined(matter=matter, retired=row["retired"])
