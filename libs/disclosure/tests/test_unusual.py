"""An unusual reader is found by their own past, and a busy one is not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from libs.disclosure.unusual import FEWEST, unusual_readers
from libs.disclosure.view import DISCLOSURES

pytestmark = pytest.mark.store
NOW = datetime.now(UTC)
numbers = count(1)
Cursor = psycopg.Cursor[dict[str, Any]]


@pytest.fixture
def cursor(database: str) -> Iterator[Cursor]:
    """On a table of the view."""
    with psycopg.connect(database, row_factory=dict_row) as connection, connection.cursor() as made:
        columns = ", ".join(f"{name} {kind}" for name, kind in DISCLOSURES.columns.items())
        made.execute(f"CREATE TABLE disclosures ({columns})")
        yield made


def reads(cursor: Cursor, reader: str, persons: int, *, hours_ago: float = 0.1, times: int = 1) -> None:
    """Somebody reads of so many persons."""
    rows = [
        (f"d-{next(numbers)}", f"person-{each}", reader, NOW - timedelta(hours=hours_ago))
        for each in range(persons)
        for _ in range(times)
    ]
    insert = "INSERT INTO disclosures (disclosure_id, subject_id, reader_id, read_at) VALUES (%s, %s, %s, %s)"
    cursor.executemany(insert, rows)


def found(cursor: Cursor) -> list[tuple[str, int, float]]:
    return [(each.reader_id, each.persons, each.usual) for each in unusual_readers(cursor)]


@pytest.mark.capability("002.5")
def test_who_suddenly_reads_of_many_is_unusual(cursor: Cursor) -> None:
    for days in range(1, 21):
        reads(cursor, "nosy", 6, hours_ago=24 * days)
    reads(cursor, "nosy", FEWEST + 1)
    reads(cursor, "new", FEWEST)

    assert found(cursor) == [("nosy", FEWEST + 1, 6.0), ("new", FEWEST, 0.0)]


def test_who_begins_and_works_through_their_cases_is_not(cursor: Cursor) -> None:
    reads(cursor, "new", 45)

    assert found(cursor) == []


def lists(cursor: Cursor, reader: str, persons: range, *, hours_ago: float = 0.1) -> None:
    """Somebody is shown so many persons by one answer."""
    answer, at = f"d-{next(numbers)}", NOW - timedelta(hours=hours_ago)
    insert = "INSERT INTO disclosures (disclosure_id, subject_id, reader_id, read_at) VALUES (%s, %s, %s, %s)"
    cursor.executemany(insert, [(answer, f"person-{each}", reader, at) for each in persons])


def test_a_list_that_somebody_opens_is_no_reading_of_each(cursor: Cursor) -> None:
    for _ in range(5):
        lists(cursor, "new", range(200))
    reads(cursor, "new", 30)

    assert found(cursor) == []


@pytest.mark.capability("002.5")
def test_who_lists_a_whole_city_is_unusual(cursor: Cursor) -> None:
    for begin in range(0, 1000, 100):
        lists(cursor, "nosy", range(begin, begin + 100))

    assert found(cursor) == [("nosy", 100, 0.0)]


@pytest.mark.capability("002.5")
def test_who_goes_from_a_list_to_each_on_it_is_unusual(cursor: Cursor) -> None:
    lists(cursor, "nosy", range(100))
    reads(cursor, "nosy", 100)

    assert found(cursor) == [("nosy", 100, 0.0)]


@pytest.mark.capability("002.5")
def test_who_takes_lists_of_few_people_reads_each(cursor: Cursor) -> None:
    for begin in range(0, 70, 10):
        lists(cursor, "nosy", range(begin, begin + 10))

    assert found(cursor) == [("nosy", 70, 0.0)]


def test_who_always_reads_of_many_is_not(cursor: Cursor) -> None:
    for days in range(1, 21):
        reads(cursor, "busy", 40, hours_ago=24 * days)
    reads(cursor, "busy", 200)

    assert found(cursor) == []


def test_a_few_persons_read_often_are_not_many(cursor: Cursor) -> None:
    reads(cursor, "worker", FEWEST - 1, times=20)

    assert found(cursor) == []


def test_what_was_read_before_the_last_hour_is_past(cursor: Cursor) -> None:
    reads(cursor, "nosy", 500, hours_ago=1.1)
    reads(cursor, "nosy", 3)

    assert found(cursor) == []


def test_an_outlier_in_the_past_hides_nobody(cursor: Cursor) -> None:
    for days in range(1, 10):
        reads(cursor, "nosy", 4, hours_ago=24 * days)
    reads(cursor, "nosy", 900, hours_ago=300)
    reads(cursor, "nosy", FEWEST)

    assert found(cursor) == [("nosy", FEWEST, 4.0)]
