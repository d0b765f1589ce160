"""What the views answer, for the application and the gRPC face."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.rows import DictRow

from libs.ledger.views.view import Views
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import Page
from libs.query.reach import Reach
from services.volunteers.adapters.views import needs, volunteers


@dataclass(frozen=True, slots=True)
class ViewReads:
    """The port `Reads`, answered by PostgreSQL."""

    views: Views

    def open_needs(self, area_path: str) -> Sequence[str]:
        """Open needs of an area and of those below it."""
        with self.views.read("needs") as cursor:
            return needs.Needs().open_in(cursor, area_path)

    def active_volunteers(self) -> Sequence[tuple[str, int]]:
        """(id, offers had) of everybody who may be asked."""
        with self.views.read("volunteers") as cursor:
            return volunteers.Volunteers().active(cursor)

    def list_needs(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[DictRow], str]:
        """A page of needs, the next shift first, and the token of the next page."""
        page = Page.of(query, needs.ORDER)
        limits = reach.condition(area_column="area_path")
        where = limits & needs.FILTERS.compile(query.filter) & page.condition
        with self.views.read("needs", fresh.at_least, fresh.patience) as cursor:
            return page.cut(needs.Needs().listed(cursor, where, page))

    def list_volunteers(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[DictRow], str]:
        """A page of volunteers, and the token of the next page."""
        page = Page.of(query, volunteers.ORDER)
        limits = reach.condition(area_column="home_path")
        where = limits & volunteers.FILTERS.compile(query.filter) & page.condition
        with self.views.read("volunteers", fresh.at_least, fresh.patience) as cursor:
            return page.cut(volunteers.Volunteers().listed(cursor, where, page))

    def counts(self, volunteer_id: str, fresh: Fresh) -> tuple[int, int]:
        """(offers had, minutes given) of one volunteer."""
        with self.views.read("volunteers", fresh.at_least, fresh.patience) as cursor:
            return volunteers.Volunteers().counts(cursor, volunteer_id)

    def wait(self, fresh: Fresh) -> None:
        """Until both views have seen what the caller has seen."""
        for view in ("needs", "volunteers"):
            with self.views.read(view, fresh.at_least, fresh.patience):
                pass
