"""Where what happened in an area that has ended counts by the areas of a later moment."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import Cursor
from psycopg.rows import DictRow, dict_row

from libs.rules.areas import AreaPath
from libs.testkit.recorded import recorded
from libs.testkit.views import folded
from services.supervision.adapters.views.successions import Successions, ended_by
from services.supervision.domain.noted import AreaEndNoted

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
SUMMER = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def cursor(database: str) -> Iterator[Cursor[DictRow]]:
    """Stands in the empty table of the view."""
    with psycopg.connect(database, row_factory=dict_row) as connection, connection.cursor() as cursor:
        for table in Successions.tables:
            cursor.execute(table.ddl())
        yield cursor


def moved(cursor: Cursor[DictRow], at: datetime, *ends: AreaEndNoted) -> dict[str, str]:
    rows = folded(Successions(), recorded("name-area", *ends)).all("ends")
    cursor.executemany("INSERT INTO ends VALUES (%(path)s, %(valid_until)s, %(successor_ids)s)", rows)
    return dict(ended_by(cursor, at).moved)


def end(path: str, *successors: str, at: datetime = SPRING) -> AreaEndNoted:
    area_id = path.rpartition("/")[2]
    return AreaEndNoted(area_id=area_id, path=AreaPath(path), valid_until=at, successor_ids=successors)


def test_what_was_merged_counts_in_what_came_of_it_also_over_several_mergers(
    cursor: Cursor[DictRow],
) -> None:
    ends = end("la/a", "c"), end("la/b", "c"), end("la/c", "d", at=SUMMER)

    assert moved(cursor, SUMMER, *ends) == {"la/a": "la/d", "la/b": "la/d", "la/c": "la/d"}


def test_what_has_not_ended_by_then_counts_where_it_lies(cursor: Cursor[DictRow]) -> None:
    assert moved(cursor, SPRING, end("la/a", "c"), end("la/c", "d", at=SUMMER)) == {"la/a": "la/c"}


def test_what_was_split_counts_undivided_and_what_came_to_an_end_in_the_area_above(
    cursor: Cursor[DictRow],
) -> None:
    ends = end("la/a", "a1", "a2"), end("la/b"), end("la/c/cell"), end("la/c", "d")

    assert moved(cursor, SPRING, *ends) == {"la/b": "la", "la/c/cell": "la/d", "la/c": "la/d"}


def test_a_root_that_has_ended_without_a_successor_counts_as_itself(cursor: Cursor[DictRow]) -> None:
    assert moved(cursor, SPRING, end("la")) == {}


def test_the_newest_end_of_an_area_holds(cursor: Cursor[DictRow]) -> None:
    assert moved(cursor, SPRING, end("la/a", "b"), end("la/a", "c", at=SUMMER)) == {}
