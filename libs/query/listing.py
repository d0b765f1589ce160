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

    def next_of(
        self,
        cursor: Cursor[DictRow],
        request: ListRequest,
        page: Page,
        reach: Reach | None = None,
        *,
        columns: tuple[str, ...],
        most: int,
        where: Condition = EVERYTHING,
        asked: Condition | None = None,
        as_of: datetime | None = None,
    ) -> list[DictRow]:
        """`most` rows from where the page begins: only these columns, and those of the order.

        For whoever looks for the rows of a page among many. `asked` is asked of each of these rows, and of no
        other; `met` is the answer. Otherwise as `select`.
        """
        wanted = self._wanted(request, page, reach, where)
        named = ", ".join(dict.fromkeys((*columns, *(each.column for each in page.order))))
        if asked is None:
            return cursor.execute(*self._first(wanted, page, most, as_of, named)).fetchall()
        first, given = self._first(wanted, page, most, as_of)
        told = f"SELECT {named}, ({asked.sql}) AS met FROM ({first}) AS {self.table.name}"
        select = f"{told} ORDER BY {page.order_by}"
        return cursor.execute(select, (*asked.params, *given)).fetchall()

    def _wanted(self, request: ListRequest, page: Page, reach: Reach | None, where: Condition) -> Condition:
        """What the rows of a page and behind it meet."""
        within = (
            EVERYTHING if reach is None else reach.condition(area_column=self.area, body_column=self.body)
        )
        given: str = getattr(request, "filter", "")
        return within & where & self.filters.compile(given) & page.condition

    def _first(
        self, wanted: Condition, page: Page, number: int, as_of: datetime | None, columns: str = "*"
    ) -> tuple[str, tuple[object, ...]]:
        """The first so many of them in the order of the page."""
        if as_of is not None:
            return self._past(wanted, page, number, as_of, columns)
        ordered = f" ORDER BY {page.order_by} LIMIT {number:d}"
        return f"SELECT {columns} FROM {self._source} WHERE {wanted.sql}{ordered}", wanted.params

    def one(self, cursor: Cursor[DictRow], **columns: Any) -> R | None:
        """The row with these values; the first in the usual order where there are several."""
        where = Condition.all_of([Condition(f"{name} = %s", (value,)) for name, value in columns.items()])
        select = f"SELECT * FROM {self._source} WHERE {where.sql} ORDER BY {order_by(self.order)} LIMIT 1"
        return cast("R | None", cursor.execute(select, where.params).fetchone())

    @property
    def _source(self) -> str:
        table = self.table
        return f"({table.sql}) {table.name}" if isinstance(table, Derived) else table.name

    def _past(
        self, wanted: Condition, page: Page, number: int, as_of: datetime, columns: str
    ) -> tuple[str, tuple[object, ...]]:
        """The first rows as of a moment: those still so and those that were, each by its indexes.

        Of those that were, only such as come before the last of so many that are still so: else all that ever
        was would be looked at for the few that were so at that moment.
        """
        if isinstance(self.table, Derived):
            raise TypeError(f"{self.table.name} is derived, and keeps no history")
        ordered = f" ORDER BY {page.order_by} LIMIT {number:d}"
        (still, once), (were, twice) = self.table.as_of_each()
        before = _until_last(page, number)
        select = (
            f"WITH still_ AS MATERIALIZED ({still} AND ({wanted.sql}){ordered})"
            f" SELECT {columns} FROM (SELECT * FROM still_ UNION ALL"
            f" ({were} AND ({wanted.sql}){before}{ordered})) {self.table.name}{ordered}"
        )
        return select, (*(as_of,) * once, *wanted.params, *(as_of,) * twice, *wanted.params)


def _until_last(page: Page, number: int) -> str:
    """What rows meet that come no later than the last of so many in `still_`; nothing where it has fewer.

    Only of moments: other types have no value beyond all others.
    """
    first = page.order[0]
    if first.kind is not datetime:
        return ""
    sign, end = (">=", "-infinity") if first.descending else ("<=", "infinity")
    last = f"SELECT {first.column} FROM still_ ORDER BY {page.order_by} OFFSET {number - 1:d}"
    return f" AND {first.column} {sign} coalesce(({last}), '{end}'::timestamptz)"
