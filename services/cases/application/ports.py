"""What the application needs besides its streams: the picture of the neighbours, and the views."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from libs.query.freshness import Fresh
from libs.query.paging import Order, Page, ascending, descending
from libs.query.reach import Reach
from services.cases.application.reference import Reference

Row = Mapping[str, Any]
"""A row of a view."""

Picture = Callable[[], Reference]
"""The newest picture of what neighbours told, at no cost."""


NEWEST_FIRST = (descending("opened_time", datetime), descending("case_id"))
LONGEST_UNOWNED_FIRST = (ascending("unowned_since", datetime), ascending("case_id"))

CASE_ORDERS: Mapping[str, tuple[Order, ...]] = {
    "": NEWEST_FIRST,
    "opened_time": (ascending("opened_time", datetime), ascending("case_id")),
    "opened_time desc": NEWEST_FIRST,
    "due_time": (ascending("due_order", datetime), ascending("case_id")),
    "due_time desc": (descending("due_order", datetime), descending("case_id")),
}
"""The orders that a caller may ask for; `due_order` puts cases without a promise last."""


class Reads(Protocol):
    """What the views answer. Each raises `ViewBehind` when a view is not fresh enough in time."""

    def cases(self, reach: Reach, wanted: str, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of the cases within reach that a filter wants, and one row more. Refuses FILTER_INVALID."""
        ...

    def cases_of(self, reporter_id: str, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of a reporter's cases, and one row more."""
        ...

    def public_case(self, public_id: str, fresh: Fresh) -> Row | None:
        """The case with a public number."""
        ...

    def unowned_matters(self, reach: Reach, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of the matters that nobody answers for and that areas within reach decide; one row more."""
        ...

    def held_cases(self, reach: Reach, system: str, limit: int, fresh: Fresh) -> tuple[Sequence[str], int]:
        """Imported cases within reach, of a system, that are not released: some ids, and how many."""
        ...

    def routing_facts(self, known: int) -> Reference:
        """The responsibilities as they were known at a ledger position."""
        ...
