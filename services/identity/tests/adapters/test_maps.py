"""The map in memory, over the view of boundaries."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import Cursor
from psycopg.rows import DictRow, dict_row

from libs.geo.tests.drawing import IN_2020, square
from services.identity.adapters.maps import Maps


class Ledger:
    """Whether the store may have become another."""

    def __init__(self) -> None:
        self.doubts: list[Callable[[], None]] = []

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        self.doubts.append(forget)


@pytest.fixture
def cursor(database: str) -> Iterator[Cursor[DictRow]]:
    """A cursor on what the map reads of the view."""
    with psycopg.connect(database, row_factory=dict_row) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE areas (area_id text, path text, changed bigint, valid_until timestamptz)"
        )
        cursor.execute("CREATE TEMP TABLE renamings (area_id text, position bigint)")
        cursor.execute(
            "CREATE TEMP TABLE boundaries"
            " (area_id text, version int, boundary text, valid_from timestamptz, position bigint)"
        )
        yield cursor


def draw(cursor: Cursor[DictRow], area_id: str, position: int) -> None:
    cursor.execute("INSERT INTO areas VALUES (%s, %s, %s)", [area_id, area_id, position])
    cursor.execute(
        "INSERT INTO boundaries VALUES (%s, 1, %s, %s, %s)",
        [area_id, square(position, 0, 1), IN_2020, position],
    )


def test_the_map_is_of_the_store_that_a_failover_left(cursor: Cursor[DictRow]) -> None:
    ledger = Ledger()
    maps = Maps(ledger)
    draw(cursor, "pine", 1)
    draw(cursor, "lost", 2)
    maps.current(cursor)

    cursor.execute("DELETE FROM boundaries WHERE position = 2; DELETE FROM areas WHERE changed = 2")
    draw(cursor, "oak", 2)
    for forget in ledger.doubts:
        forget()

    assert set(maps.current(cursor).areas) == {"pine", "oak"}
    assert set(maps.current(cursor).atlas.versions()) == {"pine", "oak"}
