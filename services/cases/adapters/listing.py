"""Lists of cases within a caller's reach, also of those in whose texts some words stand.

Words are looked for by blind terms; then the texts of the candidates are opened and checked. Only cases that
the caller may read with their texts are ever looked at.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded, utc_now
from libs.ledger.views.view import Views, position_of
from libs.query.conditions import EVERYTHING, Condition
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page
from libs.query.pinning import pinned
from libs.query.reach import Reach
from libs.query.sifting import sifted
from libs.query.sought import Sought
from services.cases.adapters.finding import Finding, Wanted
from services.cases.adapters.ledger import searched
from services.cases.adapters.views.all_cases import LISTED, ORDERS, VIEW
from services.cases.application.ports import CaseRow, Search
from services.cases.domain.case import CASE

MOVING = ("due_time", "due_time desc")
"""The orders in which a case may come to another place: a pause moves its due time."""
MOST_OPENED = 800
"""Cases whose texts are opened for a page, unless it is a long one."""

_SKEW = timedelta(minutes=1)
"""More than the clocks of process and database ever differ by, while anything is recorded."""
_STREAM = f"{CASE.category}-"
# From one area to the next by the index, however many cases each has.
_AREAS = """
WITH RECURSIVE walk(area_path) AS (
    (SELECT area_path FROM cases ORDER BY area_path USING ~<~ LIMIT 1)
    UNION ALL
    SELECT (
        SELECT c.area_path FROM cases AS c WHERE c.area_path ~>~ walk.area_path
        ORDER BY c.area_path USING ~<~ LIMIT 1
    ) FROM walk WHERE walk.area_path IS NOT NULL
)
SELECT area_path FROM walk WHERE area_path IS NOT NULL
"""


# By the index: as EXISTS it would be planned as a scan that ends at the first row, and there is none.
_NEXT = "SELECT area_path FROM cases WHERE area_path ~>=~ %s ORDER BY area_path USING ~<~ LIMIT 1"
_RECORDED = (
    "SELECT recorded_at FROM public.stored_events WHERE notification_id <= %s"
    " ORDER BY notification_id DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class CaseLists:
    """`ports.CaseLists`, answered from the view, the blind terms and the streams of cases."""

    views: Views

    def page(
        self, query: ListQuery, order: str, reach: Reach, fresh: Fresh, search: Search | None = None
    ) -> tuple[Sequence[CaseRow], str]:
        """A page of the cases within reach, of those with some words, now or as of a moment."""
        if order in MOVING and fresh.as_of is None:
            return pinned(query, fresh, lambda query, fresh: self._page(query, order, reach, fresh, search))
        rows, token, _ = self._page(query, order, reach, fresh, search)
        return rows, token

    def _page(
        self, query: ListQuery, order: str, reach: Reach, fresh: Fresh, search: Search | None
    ) -> tuple[Sequence[CaseRow], str, datetime]:
        """A page, and until which moment it knows what happened."""
        page = Page.of(query, ORDERS[order])
        with fresh.read(self.views, VIEW) as cursor:
            pins = order in MOVING and fresh.as_of is None  # else nobody asks until when it knows
            until = _known_until(cursor) if pins else utc_now()
            readable_too = search is not None and search.readable == reach
            only, reach = _only_area(cursor, reach)
            where = _opened_by(fresh.as_of) & only
            if search is None:
                rows = LISTED.select(cursor, query, page, reach, where=where, as_of=fresh.as_of)
                return *page.cut(rows), until
            if not readable_too:  # twice the same would be taken for twice as selective
                where &= search.readable.condition(area_column=LISTED.area, body_column=LISTED.body)
            areas = [row["area_path"] for row in cursor.execute(_AREAS).fetchall()]
        wanted = Wanted.of(self.views.ledger, search.sought.terms, _within(areas, search.readable))
        bodies = any(limit.body for limit in search.readable.limits)
        finding = Finding(self.views, query, reach, fresh, where, wanted, by_cases=bodies)

        def keep(rows: Sequence[CaseRow]) -> Sequence[CaseRow]:
            return self._having(search.sought, rows, fresh.as_of)

        return *sifted(page, finding.select, keep, max(MOST_OPENED, 2 * page.size)), until

    def _having(self, sought: Sought, rows: Sequence[CaseRow], as_of: datetime | None) -> Sequence[CaseRow]:
        """Those whose texts really have it; nothing that was erased counts."""
        streams = {row["case_id"]: f"{_STREAM}{row['case_id']}" for row in rows}
        history = self.views.ledger.read_streams(dict.fromkeys(streams.values(), 0))
        return [row for row in rows if sought.is_in(_texts(history[streams[row["case_id"]]], as_of))]


def _within(areas: Iterable[str], reach: Reach) -> list[str]:
    """The paths of areas of which a reach covers at least some cases."""
    return [path for path in areas if any(limit.covers(path, limit.body) for limit in reach.limits)]


def _texts(history: Iterable[Recorded[Any]], as_of: datetime | None) -> list[str]:
    said = (
        text
        for recorded in history
        if as_of is None or recorded.recorded_at <= as_of
        for text in searched(recorded.event)
    )
    return [text.value for text in said if text is not None and text.value is not None]


def _only_area(cursor: Cursor[DictRow], reach: Reach) -> tuple[Condition, Reach]:
    """Where all within reach lies in one area: that, so that it is read in the order of the list.

    And what else limits the reach: named twice, the area would be taken for rarer than it is, and sorted.
    """
    paths = {limit.path for limit in reach.limits}
    if len(paths) != 1 or "" in paths:
        return EVERYTHING, reach
    [path] = paths
    row = cursor.execute(_NEXT, [f"{path}/"]).fetchone()
    if row is not None and row["area_path"].startswith(f"{path}/"):
        return EVERYTHING, reach
    rest = Reach(tuple(replace(limit, path="") for limit in reach.limits))
    return Condition("area_path = %s", (path,)), rest


def _opened_by(as_of: datetime | None) -> Condition:
    """What every case meets that was recorded by then: so that those of later are not even looked at."""
    return EVERYTHING if as_of is None else Condition("opened_time <= %s", (as_of + _SKEW,))


def _known_until(cursor: Cursor[DictRow]) -> datetime:
    """When the last event was recorded that the view has folded."""
    row = cursor.execute(_RECORDED, [position_of(cursor, VIEW)]).fetchone()
    return row["recorded_at"] if row else utc_now()
