"""How new an answer must be, and how long its reader waits for that."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, Self

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.revision import Revision, parse_revision
from libs.ledger.views.view import View, ViewBehind, Views
from libs.query.paging import ListRequest

PATIENCE = 5.0
"""Seconds that a query waits for the revision it was asked for, unless the caller's deadline is nearer."""
_POLL = 0.25


class Waiting(Protocol):
    """Who waits for an answer, and for how long at most."""

    def patience(self, most: float) -> float:
        """`most` seconds, or less when a deadline is nearer."""
        ...


class Query(Protocol):
    """A request that may name a revision that its answer must have seen."""

    at_least: str


class PageQuery(ListRequest, Query, Protocol):
    """A list request without a filter: page, and the revision that its answer must have seen."""


class Recording(Protocol):
    """What of a ledger tells how far it is."""

    @property
    def known_head(self) -> int:
        """The last position recorded, as far as this process has heard."""

    def head(self) -> int:
        """The last position recorded: asks the store."""

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until something is recorded after a position; False when `timeout` seconds passed."""


class ListQuery(PageQuery, Protocol):
    """A list request: page, filter, and the revision that its answer must have seen."""

    filter: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """How new an answer must be (a revision token, "" for any), and how long to wait for it (seconds)."""

    at_least: str = ""
    patience: float = PATIENCE

    def read(self, views: Views, view: View) -> AbstractContextManager[Cursor[DictRow]]:
        """A cursor on the view's tables, which are at least that new. Raises `ViewBehind`."""
        return views.read(view.name, self.at_least, self.patience)

    def wait_for(self, ledger: Recording) -> None:
        """Until the ledger holds what the revision names: for answers from a stream, not from a view.

        Raises `ViewBehind`, `Refusal` REVISION_MALFORMED, as reading a view does.
        """
        wanted = parse_revision(self.at_least).position if self.at_least else 0
        if wanted <= ledger.known_head:
            return
        deadline = time.monotonic() + self.patience
        while (head := ledger.head()) < wanted:
            left = deadline - time.monotonic()
            if left <= 0:
                raise ViewBehind("of the ledger", wanted, head)
            ledger.wait(head, min(left, _POLL))

    @classmethod
    def as_of_now(cls, ledger: Recording) -> Self:
        """For an answer that has seen everything recorded so far: asks the store."""
        return cls(str(Revision(ledger.head(), 0)))

    @classmethod
    def of(cls, request: Query, call: Waiting) -> Self:
        """What a request asks for."""
        return cls(request.at_least, call.patience(PATIENCE))
