"""Which calendars are there, as they are now?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

import msgspec
from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.values import Json
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.freshness import Fresh
from libs.query.listing import Listing
from libs.query.paging import ListRequest, ascending
from libs.runtime.host.parts import Lasting
from services.catalog.domain.calendar import CalendarDefined


class CalendarRow(TypedDict):
    """The newest version of a calendar, as a whole."""

    calendar_id: str
    content: Json


CALENDARS = Table.of("calendars", CalendarRow, key=("calendar_id",))
LISTED = Listing(table=CALENDARS, order=(ascending("calendar_id"),))


class NewestCalendars(View):
    """One row for each calendar: its newest version."""

    name = "calendars"
    tables = (CALENDARS,)
    holds = (("content", CalendarDefined),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Each version replaces the one before it."""
        match recorded.event:
            case CalendarDefined(calendar_id=calendar_id) as defined:
                content = msgspec.to_builtins(defined)
                rows.put(CALENDARS, CalendarRow(calendar_id=calendar_id, content=content))
            case _:
                pass


VIEW = NewestCalendars()
_DO = "define it again with a release that knows the next year, or `linli calendar import`"

_SAY = "import them with `linli calendar import`, or define it with `known_until_date` if it has none"
_KNOWN = "content->'working_time'->>'known_until'"
_COUNTING = (
    "SELECT FROM versions WHERE versions.calendar_id = calendars.calendar_id"
    " AND (replaced_from IS NULL OR now() < replaced_from)"
)


def lasting(cursor: Cursor[DictRow]) -> Iterator[Lasting]:
    """The calendars that say until when their holidays are known, or ought to: commitments count by them.

    The cursor must see the tables of this view and of that of the commitments.
    """
    cursor.execute(
        f"SELECT calendar_id, {_KNOWN} AS until FROM calendars"
        f" WHERE {_KNOWN} IS NOT NULL OR EXISTS ({_COUNTING}) ORDER BY 1"
    )
    for row in cursor:
        what = f"the holidays of the calendar {row['calendar_id']}"
        if row["until"] is None:
            yield Lasting(what=f"{what}, by which commitments count", until=None, do=_SAY)
        else:
            yield Lasting(what=what, until=date.fromisoformat(row["until"]), do=_DO)


@dataclass(frozen=True, slots=True)
class CalendarReads:
    """`ports.CalendarReads`, answered from the view."""

    views: Views

    def listed(self, query: ListRequest, fresh: Fresh) -> tuple[Sequence[CalendarDefined], str]:
        """A page of calendars, and the token of the next page."""
        with fresh.read(self.views, VIEW) as cursor:
            rows, token = LISTED.page(cursor, query)
        return [msgspec.convert(row["content"], CalendarDefined) for row in rows], token
