"""Which calendars are there, as they are now?"""

from collections.abc import Sequence
from typing import Any

import msgspec

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.freshness import Fresh
from libs.query.paging import ListRequest, Page, ascending
from services.catalog.domain import events

ORDER = (ascending("calendar_id"),)


class NewestCalendars(View):
    """One row for each calendar: its newest version as a whole."""

    name = "calendars"
    tables = (Table("calendars", {"calendar_id": "text", "content": "jsonb"}, key=("calendar_id",)),)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Each version replaces the one before it."""
        match recorded.event:
            case events.CalendarDefined() as defined:
                content = msgspec.to_builtins(defined)
                rows.put("calendars", {"calendar_id": defined.calendar_id, "content": content})
            case _:
                pass


class CalendarQueries:
    """Answers from the view: `CalendarReads`."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def listed(self, query: ListRequest, fresh: Fresh) -> tuple[Sequence[events.CalendarDefined], str]:
        """A page of calendars."""
        page = Page.of(query, ORDER)
        with self._views.read(NewestCalendars.name, fresh.at_least, fresh.patience) as cursor:
            cursor.execute(
                f"SELECT * FROM calendars WHERE {page.condition.sql}"
                f" ORDER BY {page.order_by} LIMIT {page.fetch}",
                page.condition.params,
            )
            rows, token = page.cut(cursor.fetchall())
        return [msgspec.convert(row["content"], events.CalendarDefined) for row in rows], token
