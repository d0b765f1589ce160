"""What stands and lives in an area is counted by the database: no answer is sent all ids of a city."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, cast

import psycopg
import pytest
from psycopg.rows import dict_row

from libs.ledger.views.view import Table, View, Views
from libs.query.freshness import Fresh
from libs.rules.areas import AreaPath
from services.identity.adapters.views import buildings, households

pytestmark = pytest.mark.store
CITY, AT, SINCE = AreaPath("la"), datetime(2024, 7, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
HOMES, MOST = 500, 20
NO_VIEWS = cast("Views", None)  # `Reading` has the cursor


class Watched(psycopg.Cursor[dict[str, Any]]):
    """Keeps how many rows it was sent for each query."""

    sent: list[int]

    def execute(self, *args: Any, **more: Any) -> Self:
        super().execute(*args, **more)
        self.sent = [*getattr(self, "sent", ()), self.rowcount]
        return self


@dataclass
class Reading:
    """Stands for `Fresh`, on the tables of a test."""

    cursor: Watched

    def read(self, _views: Views, _view: View) -> AbstractContextManager[Watched]:
        return nullcontext(self.cursor)


def fill(cursor: Watched, table: Table[Any], **columns: str) -> None:
    """As many rows as there are homes; the columns in SQL, `n` is the number of the row."""
    kinds = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    cursor.execute(f"CREATE TABLE {table.name} ({kinds})")
    cursor.execute(
        f"INSERT INTO {table.name} ({', '.join(columns)})"
        f" SELECT {', '.join(columns.values())} FROM generate_series(1, {HOMES}) AS n"
    )


@pytest.fixture
def cursor(database: str) -> Iterator[Watched]:
    """On a city in which every building has one dwelling, and every household two members."""
    since, city = f"'{SINCE.isoformat()}'::timestamptz", "'la/willow'"
    with (
        psycopg.connect(database, row_factory=dict_row, cursor_factory=Watched) as connection,
        cast("Watched", connection.cursor()) as made,
    ):
        fill(made, buildings.BUILDINGS, building_id="'b-' || n", area_path=city, stands_from=since)
        fill(made, buildings.DWELLINGS, dwelling_id="'d-' || n", area_path=city, stands_from=since)
        fill(made, households.STAYS, household_id="'h-' || n / 2", since=since, area_path=city)
        fill(made, households.MEMBERS, household_id="'h-' || n / 2", resident_id="'r-' || n", since=since)
        made.sent = []
        yield made


@pytest.mark.parametrize(
    "reads", [buildings.BuildingReads(NO_VIEWS), households.HouseholdReads(NO_VIEWS)], ids=["stands", "lives"]
)
def test_no_more_ids_are_read_than_somebody_opens(
    cursor: Watched, reads: buildings.BuildingReads | households.HouseholdReads
) -> None:
    fresh = cast("Fresh", Reading(cursor))

    first, second = reads.within(CITY, AT, MOST, fresh)

    assert (len(first), len(second)) == (MOST, MOST)
    assert (first, second) == (sorted(first), sorted(second))
    assert max(cursor.sent) == MOST


def test_numbers_are_counted_where_the_rows_are(cursor: Watched) -> None:
    fresh = cast("Fresh", Reading(cursor))

    stand = buildings.BuildingReads(NO_VIEWS).count(CITY, AT, fresh)
    live = households.HouseholdReads(NO_VIEWS).count(CITY, AT, fresh)
    before = households.HouseholdReads(NO_VIEWS).count(CITY, datetime(2023, 1, 1, tzinfo=UTC), fresh)

    assert (stand, live, before) == ((HOMES, HOMES), (HOMES // 2 + 1, HOMES), (0, 0))
    assert max(cursor.sent) == 1
