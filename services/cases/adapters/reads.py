"""What the application asks of the views, answered by PostgreSQL; and the picture it keeps in memory."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.views.view import Views
from libs.query.conditions import Condition
from libs.query.freshness import Fresh
from libs.query.paging import Page
from libs.query.reach import Reach
from services.cases.adapters.views.all_cases import FILTERS, AllCases
from services.cases.adapters.views.due_moments import DueMoments
from services.cases.adapters.views.reference import ReferenceFacts
from services.cases.application.ports import Row
from services.cases.application.reference import Reference

ALL_CASES = AllCases()
DUE_MOMENTS = DueMoments()
REFERENCE = ReferenceFacts()


class ViewReads:
    """`ports.Reads` over the views of the service."""

    def __init__(self, views: Views) -> None:
        self._views = views

    def cases(self, reach: Reach, wanted: str, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of the cases within reach that a filter wants, and one row more."""
        within = reach.condition(area_column="area_path", body_column="body_id")
        where = within & FILTERS.compile(wanted) & page.condition
        with self._read(ALL_CASES.name, fresh) as cursor:
            return ALL_CASES.listed(cursor, where, page)

    def cases_of(self, reporter_id: str, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of a reporter's cases, and one row more."""
        where = Condition("reporter_id = %s", (reporter_id,)) & page.condition
        with self._read(ALL_CASES.name, fresh) as cursor:
            return ALL_CASES.listed(cursor, where, page)

    def public_case(self, public_id: str, fresh: Fresh) -> Row | None:
        """The case with a public number."""
        with self._read(ALL_CASES.name, fresh) as cursor:
            return ALL_CASES.by_public_id(cursor, public_id)

    def unowned_matters(self, reach: Reach, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of the matters that nobody answers for and that areas within reach decide; one row more."""
        where = reach.condition(area_column="deciding_path") & page.condition
        with self._read(ALL_CASES.name, fresh) as cursor:
            return ALL_CASES.unowned(cursor, where, page)

    def held_cases(self, reach: Reach, system: str, limit: int, fresh: Fresh) -> tuple[Sequence[str], int]:
        """Imported cases within reach, of a system, that are not released: some ids, and how many."""
        where = Condition("external_system = %s", (system,)) & reach.condition(area_column="area_path")
        with self._read(ALL_CASES.name, fresh) as cursor:
            return ALL_CASES.held(cursor, where, limit)

    def routing_facts(self, known: int) -> Reference:
        """The responsibilities as they were known at a ledger position."""
        with self._read(REFERENCE.name, Fresh()) as cursor:
            return Reference().after(REFERENCE.known_to_the_router(cursor, known))

    @contextmanager
    def _read(self, view: str, fresh: Fresh) -> Iterator[Cursor[DictRow]]:
        with self._views.read(view, fresh.at_least, fresh.patience) as cursor:
            yield cursor


class LatestPicture:
    """`ports.Picture`: asks the view for news at most every `every` seconds, in whoever's thread comes by.

    Everybody else goes on with the picture there is: what was noted a moment ago may be missing,
    and the decision says on which facts it rests.
    """

    def __init__(
        self, views: Views, every: float = 0.2, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._views = views
        self._every = every
        self._monotonic = monotonic
        self._lock = Lock()
        self._picture: Reference | None = None
        self._looked = 0.0

    def __call__(self) -> Reference:
        """The picture."""
        picture = self._picture
        if picture is None:
            with self._lock:
                return self._picture or self._look(Reference())
        if self._monotonic() - self._looked >= self._every and self._lock.acquire(blocking=False):
            try:
                return self._look(picture)
            finally:
                self._lock.release()
        return picture

    def _look(self, before: Reference) -> Reference:
        self._looked = self._monotonic()
        with self._views.read(REFERENCE.name) as cursor:
            picture = before.after(REFERENCE.after(cursor, before.known))
        self._picture = picture
        return picture
