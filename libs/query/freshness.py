"""How new an answer must be, and how long its reader waits for that."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, Self

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.decider import Kind, Refusal
from libs.ledger.revision import Revision
from libs.ledger.views.view import View, ViewBehind, Views
from libs.query.paging import ListRequest

PATIENCE = 5.0
"""Seconds that a query waits for the revision it was asked for, unless the caller's deadline is nearer."""

Aside = Callable[[], AbstractContextManager[None]]
"""Where to wait: inside of it a thread does nothing else, and another one serves in its place."""


class Waiting(Protocol):
    """Who waits for an answer, where, and for how long at most."""

    def patience(self, most: float) -> float:
        """`most` seconds, less when a deadline is nearer, none for those who may not wait."""
        ...

    def aside(self) -> AbstractContextManager[None]:
        """To be entered while the thread only waits. Raises when too many do."""
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

    def seen(self, token: str, field: str = "at_least") -> Revision:
        """What a token says that a caller has seen. Refuses what is no token, and what was lost."""

    def revision(self, position: int, version: int = 0) -> str:
        """The token for something that was read just now."""


class ListQuery(PageQuery, Protocol):
    """A list request: page, filter, and the revision that its answer must have seen."""

    filter: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """How new an answer must be (a revision token, "" for any); how long (seconds) and where to wait.

    `as_of`: the answer is that of an earlier moment, by recorded time; None: of now.
    """

    at_least: str = ""
    patience: float = PATIENCE
    aside: Aside = field(default=nullcontext, compare=False)
    as_of: datetime | None = None

    def read(self, views: Views, view: View) -> AbstractContextManager[Cursor[DictRow]]:
        """A cursor on the view's tables, which are at least that new. Raises `ViewBehind`.

        For an earlier moment they hold all that is recorded now, so that nothing of that moment is missing.
        """
        at_least = self.at_least
        if self.as_of is not None:
            self.assure_recorded(views.ledger)
            at_least = views.ledger.revision(views.ledger.head())
        return views.read(view.name, at_least, self.patience, self.aside)

    def past(self, as_of: datetime | None, now: datetime) -> Self:
        """The same for the moment `as_of`, if one is given. Raises `Refusal` AS_OF_TIME_AHEAD."""
        if as_of is not None and as_of > now:
            raise Refusal(
                Kind.INVALID,
                "AS_OF_TIME_AHEAD",
                f"this moment has not come yet: give one up to {now:%Y-%m-%dT%H:%M:%SZ}, or leave it out",
                field="as_of_time",
            )
        return replace(self, as_of=as_of)

    def assure_recorded(self, ledger: Recording) -> None:
        """Refuse a revision beyond what is recorded: a command answers after it has recorded its events.

        So nobody waits for what will never come. Raises `ViewBehind`, `Refusal` REVISION_MALFORMED and
        HISTORY_CHANGED, as reading a view does.
        """
        wanted = ledger.seen(self.at_least).position
        if wanted > ledger.known_head and wanted > (head := ledger.head()):
            raise ViewBehind("of the ledger", wanted, head)

    @classmethod
    def as_of_now(cls, ledger: Recording) -> Self:
        """For an answer that has seen everything recorded so far: asks the store."""
        return cls(ledger.revision(ledger.head()))

    @classmethod
    def of(cls, request: Query, call: Waiting) -> Self:
        """What a request asks for."""
        return cls(request.at_least, call.patience(PATIENCE), call.aside)
