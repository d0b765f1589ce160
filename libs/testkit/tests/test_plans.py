"""Rows and blocks are those that PostgreSQL says it has read."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import Cursor
from psycopg.rows import DictRow, dict_row

from libs.testkit.plans import Read, explaining

BEYOND = 500


@pytest.fixture
def cursor(database: str) -> Iterator[Cursor[DictRow]]:
    with psycopg.connect(database, row_factory=dict_row) as connection, connection.cursor() as made:
        made.execute("CREATE TABLE books (book_id integer PRIMARY KEY, shelf text)")
        made.execute("INSERT INTO books SELECT n, 'shelf ' || n % 7 FROM generate_series(1, 700) AS n")
        made.execute("ANALYZE books")
        yield made


def test_a_row_that_a_filter_refuses_was_read_too(cursor: Cursor[DictRow]) -> None:
    read = Read()

    found = explaining(cursor, read).execute("SELECT * FROM books WHERE shelf = %s", ["shelf 3"]).fetchall()

    assert len(found) == 100
    assert read.rows == 700
    assert read.blocks > 0


def test_a_row_that_an_index_leads_to_is_the_only_one_read(cursor: Cursor[DictRow]) -> None:
    read = Read()
    cursor.execute("SET enable_seqscan = off")  # so small a table is read whole, else

    explaining(cursor, read).execute("SELECT * FROM books WHERE book_id = %s", [41])

    assert read.rows == 1
    assert read.blocks < 10


def test_what_statements_read_is_added_up_and_what_another_node_read_counts_once(
    cursor: Cursor[DictRow],
) -> None:
    read = Read()
    counted = (
        "WITH shelved AS MATERIALIZED (SELECT * FROM books) SELECT count(*) FROM shelved WHERE book_id > %s"
    )

    for _ in range(2):
        explaining(cursor, read).execute(counted, [BEYOND])

    assert read.rows == 2 * 700
    assert "CTE Scan" in read.plans[-1]
