"""Which needs are there, and how do they stand?"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View
from libs.query.conditions import Condition
from libs.query.filters import Filters, choice, moment, text
from libs.query.paging import Page, ascending
from services.volunteers.domain import events

ORDER = (ascending("start_time", datetime), ascending("need_id"))
STATES = {"OPEN": "open", "FILLED": "filled", "WITHDRAWN": "withdrawn"}
FILTERS = Filters(
    state=choice("state", STATES),
    area_id=text("area_id"),
    case_id=text("case_id"),
    start_time=moment("start_time"),
)


class Needs(View):
    """One row for each need; `accepted` counts those who will come."""

    name = "needs"
    tables = (
        Table(
            "needs",
            {
                "need_id": "text",
                "state": "text",
                "case_id": "text",
                "area_path": "text",
                "area_id": "text",
                "start_time": "timestamptz",
                "end_time": "timestamptz",
                "wanted": "integer",
                "accepted": "integer",
                "skills": "text[]",
                "priority": "integer",
            },
            key=("need_id",),
            indexes=("start_time, need_id", "state, area_path text_pattern_ops"),
        ),
        Table("answers", {"need_id": "text", "volunteer_id": "text"}, key=("need_id", "volunteer_id")),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The need, and the yes that an answer may take back."""
        event = recorded.event
        if isinstance(event, events.OfferAccepted | events.OfferDeclined):
            return [("needs", event.need_id), ("answers", (event.need_id, event.volunteer_id))]
        return [("needs", event.need_id)] if isinstance(event, events.NeedWithdrawn) else []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Count the answers of each need."""
        match recorded.event:
            case events.NeedRaised() as raised:
                rows.put("needs", _row(raised))
            case events.NeedWithdrawn(need_id=need_id):
                rows.change("needs", need_id, state="withdrawn")
            case events.OfferAccepted(need_id=need_id, volunteer_id=volunteer_id):
                rows.put("answers", {"need_id": need_id, "volunteer_id": volunteer_id})
                _count(rows, need_id, 1)
            case events.OfferDeclined(need_id=need_id, volunteer_id=volunteer_id):
                if rows.get("answers", (need_id, volunteer_id)) is not None:
                    rows.delete("answers", (need_id, volunteer_id))
                    _count(rows, need_id, -1)
            case _:
                pass

    def listed(self, cursor: Cursor[DictRow], where: Condition, page: Page) -> list[DictRow]:
        """The rows of a page, the next shift first."""
        cursor.execute(
            f"SELECT * FROM needs WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}",
            where.params,
        )
        return cursor.fetchall()

    def open_in(self, cursor: Cursor[DictRow], area_path: str) -> Sequence[str]:
        """Ids of the open needs of an area and of those below it."""
        cursor.execute(
            "SELECT need_id FROM needs WHERE state = 'open'"
            " AND (area_path = %s OR starts_with(area_path, %s)) ORDER BY need_id",
            (area_path, f"{area_path}/"),
        )
        return [row["need_id"] for row in cursor.fetchall()]


def _row(raised: events.NeedRaised) -> dict[str, Any]:
    return {
        "need_id": raised.need_id,
        "state": "open",
        "case_id": raised.case_id,
        "area_path": raised.area_path,
        "area_id": raised.area_path.rpartition("/")[2],
        "start_time": raised.shift.start,
        "end_time": raised.shift.end,
        "wanted": raised.wanted,
        "accepted": 0,
        "skills": sorted(raised.skills),
        "priority": raised.priority,
    }


def _count(rows: Rows, need_id: str, more: int) -> None:
    need = rows.get("needs", need_id)
    if need is None:
        raise KeyError(need_id)
    accepted = need["accepted"] + more
    state = "filled" if accepted >= need["wanted"] else "open"
    rows.change("needs", need_id, accepted=accepted, state=state)
