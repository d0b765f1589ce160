"""Which open cases does nobody answer for, and whose decision is it?"""

from collections.abc import Sequence
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.view import Rows, Table, View
from libs.rpc.conditions import Condition
from libs.rpc.paging import Page
from services.cases.domain import events


class UnownedMatters(View):
    """One row for each case; `since_time` is set while nobody answers for it."""

    name = "unowned_matters"
    tables = (
        Table(
            "matters",
            {
                "case_id": "text",
                "affair_id": "text",
                "area_path": "text",
                "deciding_path": "text",
                "opened_time": "timestamptz",
                "cause": "text",
                "since_time": "timestamptz",
            },
            key=("case_id",),
            indexes=("(since_time, case_id) WHERE since_time IS NOT NULL",),
        ),
    )

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Note since when, and why, nobody answers for the case."""
        case_id = recorded.subject_id
        match recorded.event:
            case events.CaseOpened() as opened:
                rows.put(
                    "matters",
                    {
                        "case_id": case_id,
                        "affair_id": opened.affair_id,
                        "area_path": opened.area_path,
                        "deciding_path": opened.area_path,
                        "opened_time": opened.at,
                    },
                )
            case events.CaseUnowned(at=at):
                rows.change("matters", case_id, cause="no responsibility", since_time=at)
            case events.CaseReturned(at=at):
                rows.change("matters", case_id, cause="returned", since_time=at)
            case events.AdjudicationOpened(area_path=path):
                rows.change("matters", case_id, deciding_path=path)
            case events.CaseReassigned() | events.CaseWithdrawn() | events.CaseRejected():
                rows.change("matters", case_id, cause=None, since_time=None)
            case _:
                pass

    def listed(self, cursor: Cursor[DictRow], where: Condition, page: Page) -> Sequence[DictRow]:
        """The rows of a page, and one more: the longest unowned first."""
        return cursor.execute(
            f"SELECT * FROM matters WHERE since_time IS NOT NULL AND {where.sql}"
            f" ORDER BY {page.order_by} LIMIT {page.fetch}",
            where.params,
        ).fetchall()
