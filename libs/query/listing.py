"""Lists: pages of a table's or a sub-select's rows within the caller's reach, filtered and ordered."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.views.view import Table
from libs.query.conditions import EVERYTHING, Condition
from libs.query.filters import Filters
from libs.query.paging import ListRequest, Order, Page, order_by
from libs.query.reach import Reach
from libs.query.sifting import Selected

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived(Generic[R]):
    """A derived table: rows that a sub-select makes of a view's tables, such as a join or a ranking.

    `row` is their type, a TypedDict. Conditions reach its columns by `name`. The `%s` in `sql` are filled by
    the `params` of `Listing.page`.
    """

    name: str
    row: type[R]
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[R]):
    """What may be listed of a table: by which fields callers filter, and in which order the rows come.

    CASES_LISTED = Listing(table=CASES, order=(ascending("case_id"),), filters=FILTERS, area="area_path")

    with fresh.read(views, ALL_CASES) as cursor:
        rows, next_page_token = CASES_LISTED.page(cursor, request, reach)

    `order` must be unique and never NULL; its columns together make the page token. `area` and `body` name
    the columns that a caller's reach is held against.
    """

    table: Table[R] | Derived[R]
    order: tuple[Order, ...]
    filters: Filters = field(default_factory=Filters)
    area: str = ""
    body: str = ""

    def page(
        self,
        cursor: Cursor[DictRow],
        request: ListRequest,
        reach: Reach | None = None,
        *,
        where: Condition = EVERYTHING,
        order: tuple[Order, ...] = (),
        params: tuple[object, ...] = (),
        as_of: datetime | None = None,
    ) -> tuple[list[R], str]:
        """The rows of the page that a request asks for, and the token of the next one ("" on the last).

        `reach` limits the rows to those that the caller's grants cover (None: this list is open to all
        callers of the rpc), `where` to those of this question. `order` replaces the usual one. `params` are
        those of a derived table. `as_of`: the rows as they were then, of a table that keeps its history.

        Raises `Refusal` FILTER_INVALID, PAGE_TOKEN_INVALID.
        """
        page = Page.of(request, order or self.order)
        rows, token = page.cut(
            self.select(cursor, request, page, reach, where=where, params=params, as_of=as_of)
        )
        return [*rows], token

    def select(
        self,
        cursor: Cursor[DictRow],
        request: ListRequest,
        page: Page,
        reach: Reach | None = None,
        *,
        where: Condition = EVERYTHING,
        params: tuple[object, ...] = (),
        as_of: datetime | None = None,
    ) -> list[R]:
        """The rows of a page, and one more where there is one; for `Page.cut`. Otherwise as `page`."""
        wanted = self._wanted(request, page, reach, where)
        select, given = self._first(wanted, page, page.fetch, as_of)
        return cast("list[R]", cursor.execute(select, (*params, *given)).fetchall())

    def walk(
        self,
        cursor: Cursor[DictRow],
        request: ListRequest,
        page: Page,
        reach: Reach | None = None,
        *,
        where: Condition = EVERYTHING,
        asked: Condition,
        most: int,
        as_of: datetime | None = None,
    ) -> Selected[R]:
        """The rows of a page that meet `asked`, which is asked of one row after the other, in the order.

        Of `most` rows at most, or of as many as it takes to fill the page. Otherwise as `select`.
        """
        wanted = self._wanted(request, page, reach, where)
        first, given = self._first(wanted, page, most, as_of)
        name = self.table.name
        placed = f"SELECT *, row_number() OVER (ORDER BY {page.order_by}) AS place_ FROM ({first}) AS {name}"
        met = f"SELECT *, ({asked.sql}) AS met_ FROM ({placed}) AS {name}"
        select = (
            f"SELECT * FROM ({met}) AS {name} WHERE met_ OR place_ = {most:d}"
            f" ORDER BY {page.order_by} LIMIT {page.fetch}"
        )
        rows = cursor.execute(select, (*asked.params, *given)).fetchall()
        last = rows[-1] if rows and rows[-1]["place_"] == most else None
        found: list[Any] = [row for row in rows if row["met_"]]
        for row in rows:
            del row["place_"], row["met_"]
        if len(found) > page.size or last is None:
            return Selected.of(page, found)
        return Selected(found, page.values(last), enough=len(found) < page.size)

    def _wanted(self, request: ListRequest, page: Page, reach: Reach | None, where: Condition) -> Condition:
        """What the rows of a page and behind it meet."""
        within = (
            EVERYTHING if reach is None else reach.condition(area_column=self.area, body_column=self.body)
        )
        given: str = getattr(request, "filter", "")
        return within & where & self.filters.compile(given) & page.condition

    def _first(
        self, wanted: Condition, page: Page, number: int, as_of: datetime | None
    ) -> tuple[str, tuple[object, ...]]:
        """The first so many of them in the order of the page."""
        ordered = f" ORDER BY {page.order_by} LIMIT {number:d}"
        if as_of is None:
            return f"SELECT * FROM {self._source} WHERE {wanted.sql}{ordered}", wanted.params
        return self._past(wanted, ordered, as_of)

    def one(self, cursor: Cursor[DictRow], **columns: Any) -> R | None:
        """The row with these values; the first in the usual order where there are several."""
        where = Condition.all_of([Condition(f"{name} = %s", (value,)) for name, value in columns.items()])
        select = f"SELECT * FROM {self._source} WHERE {where.sql} ORDER BY {order_by(self.order)} LIMIT 1"
        return cast("R | None", cursor.execute(select, where.params).fetchone())

    @property
    def _source(self) -> str:
        table = self.table
        return f"({table.sql}) {table.name}" if isinstance(table, Derived) else table.name

    def _past(self, wanted: Condition, ordered: str, as_of: datetime) -> tuple[str, tuple[object, ...]]:
        """The first rows as of a moment: those still so and those that were, each by its indexes."""
        if isinstance(self.table, Derived):
            raise TypeError(f"{self.table.name} is derived, and keeps no history")
        parts = [
            (f"({select} AND ({wanted.sql}){ordered})", (*(as_of,) * moments, *wanted.params))
            for select, moments in self.table.as_of_each()
        ]
        union = " UNION ALL ".join(sql for sql, _ in parts)
        params = tuple(value for _, values in parts for value in values)
        return f"SELECT * FROM ({union}) {self.table.name}{ordered}", params
