"""Who has enrolled, how often were they asked, and what did they give?"""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Key, Rows, Table, View
from libs.query.conditions import Condition
from libs.query.filters import Filters, flag, text
from libs.query.paging import Page, ascending
from services.volunteers.domain import events

ORDER = (ascending("volunteer_id"),)
FILTERS = Filters(home_area_id=text("home_area_id"), active=flag("active"))


class Volunteers(View):
    """One row for each party that ever enrolled."""

    name = "volunteers"
    tables = (
        Table(
            "volunteers",
            {
                "volunteer_id": "text",
                "active": "boolean",
                "home_path": "text",
                "home_area_id": "text",
                "reach_path": "text",
                "offers": "integer",
                "minutes": "bigint",
            },
            key=("volunteer_id",),
            indexes=("active, reach_path",),
        ),
    )

    def keys(self, recorded: Recorded[Any]) -> Iterable[tuple[str, Key]]:
        """The volunteer that the event is about."""
        volunteer_id = getattr(recorded.event, "volunteer_id", None)
        return [("volunteers", volunteer_id)] if volunteer_id else []

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Keep profiles' places, and count offers and minutes."""
        match recorded.event:
            case events.VolunteerEnrolled(volunteer_id=volunteer_id, profile=profile):
                known = rows.get("volunteers", volunteer_id) or {"offers": 0, "minutes": 0}
                counts = {"offers": known["offers"], "minutes": known["minutes"]}
                row = {"volunteer_id": volunteer_id, "active": True, **_places(profile), **counts}
                rows.put("volunteers", row)
            case events.ProfileRevised(volunteer_id=volunteer_id, profile=profile):
                rows.change("volunteers", volunteer_id, **_places(profile))
            case events.VolunteerLeft(volunteer_id=volunteer_id):
                rows.change("volunteers", volunteer_id, active=False)
            case events.OfferMade(volunteer_id=volunteer_id):
                _add(rows, volunteer_id, "offers", 1)
            case events.HoursRecorded(volunteer_id=volunteer_id, minutes=minutes):
                _add(rows, volunteer_id, "minutes", minutes)
            case _:
                pass

    def listed(self, cursor: Cursor[DictRow], where: Condition, page: Page) -> list[DictRow]:
        """The rows of a page."""
        cursor.execute(
            f"SELECT * FROM volunteers WHERE {where.sql} ORDER BY {page.order_by} LIMIT {page.fetch}",
            where.params,
        )
        return cursor.fetchall()

    def counts(self, cursor: Cursor[DictRow], volunteer_id: str) -> tuple[int, int]:
        """(offers had, minutes given) of one volunteer."""
        cursor.execute("SELECT offers, minutes FROM volunteers WHERE volunteer_id = %s", (volunteer_id,))
        row = cursor.fetchone()
        return (row["offers"], row["minutes"]) if row else (0, 0)

    def active(self, cursor: Cursor[DictRow]) -> Sequence[tuple[str, int]]:
        """(id, offers had) of everybody who may be asked."""
        cursor.execute("SELECT volunteer_id, offers FROM volunteers WHERE active ORDER BY volunteer_id")
        return [(row["volunteer_id"], row["offers"]) for row in cursor.fetchall()]


def _places(profile: Any) -> dict[str, str]:
    return {
        "home_path": profile.home_path,
        "home_area_id": profile.home_path.rpartition("/")[2],
        "reach_path": profile.reach_path,
    }


def _add(rows: Rows, volunteer_id: str, column: str, more: int) -> None:
    known = rows.get("volunteers", volunteer_id)
    if known is None:
        raise KeyError(volunteer_id)
    rows.change("volunteers", volunteer_id, **{column: known[column] + more})
