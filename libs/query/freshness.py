"""How new an answer must be, and how long its reader waits for that."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.views.view import View, Views
from libs.query.paging import ListRequest

PATIENCE = 5.0
"""Seconds that a query waits for the revision it was asked for, unless the caller's deadline is nearer."""


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


class ListQuery(PageQuery, Protocol):
    """A list request: page, filter, and the revision that its answer must have seen."""

    filter: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """How new an answer must be (a revision token, "" for any), and how long to wait for it (seconds)."""

    at_least: str = ""
    patience: float = PATIENCE

    @contextmanager
    def read(self, views: Views, view: View) -> Iterator[Cursor[DictRow]]:
        """A cursor on the view's tables, which are at least that new. Raises `ViewBehind`."""
        with views.read(view.name, self.at_least, self.patience) as cursor:
            yield cursor

    @classmethod
    def of(cls, request: Query, call: Waiting) -> Self:
        """What a request asks for."""
        return cls(request.at_least, call.patience(PATIENCE))
