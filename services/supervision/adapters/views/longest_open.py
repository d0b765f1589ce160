"""Finds the rows of `case_facts` that have been open longest."""

from collections.abc import Sequence

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.query.conditions import Condition
from libs.query.filters import Filters, area, choice, moment, text
from libs.query.paging import Page
from services.supervision.application.scoreboard import OPEN_STATES

FILTERS = Filters(
    body_id=text("body_id"),
    affair_id=text("affair_id"),
    area_path=area("area_path"),
    channel=text("channel"),
    state=choice("state", {state.upper(): state for state in OPEN_STATES}),
    opened_time=moment("opened_at"),
    due_time=moment("due_at"),
)

_OPEN = Condition("ended_at IS NULL AND resolved_at IS NULL")


def longest_open(cursor: Cursor[DictRow], filter_text: str, page: Page) -> tuple[Sequence[DictRow], str]:
    """The rows of one page, and the token of the next. The cursor stands in `case_facts`."""
    where = _OPEN & FILTERS.compile(filter_text) & page.condition
    cursor.execute(
        f"SELECT * FROM cases WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}", where.params
    )
    return page.cut(cursor.fetchall())
