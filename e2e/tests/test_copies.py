"""The ledgers that measurements stand on are sound ones."""

from collections.abc import Iterator

import psycopg
import pytest

from e2e.bench.alone import Database
from e2e.bench.copies import multiply, multiply_all
from e2e.bench.lives import EVENTS_EACH, fill
from libs.ledger.store.verify import verify
from libs.ledger.views.rebuild import rebuild
from libs.messaging.schema import migrate
from libs.testkit.postgres import TestServer
from services.cases.adapters.views.all_cases import VIEW
from services.cases.wiring import SERVICE


def _migrate(dsn: str) -> None:
    migrate(dsn, "cases", SERVICE.views)


@pytest.fixture
def database(postgres_server: TestServer) -> Iterator[Database]:
    dsn = postgres_server.copy_of("growing", _migrate)
    yield Database(dsn, dsn)
    postgres_server.drop(dsn)


def test_made_up_lives_and_their_copies_are_recorded_like_any_events(database: Database) -> None:
    said: list[int] = []

    with database.open() as ledger:
        fill(ledger, 3 * EVENTS_EACH, said.append)
    multiply_all(database.dsn, 9 * EVENTS_EACH)

    assert said == [3 * EVENTS_EACH]
    assert verify(database.dsn).position == 9 * EVENTS_EACH
    with database.open() as ledger:
        copied = ledger.read(after=8 * EVENTS_EACH)
        assert [one.version for one in copied] == [1, 2, 3, 4, 5, 6]
        assert copied == ledger.read_stream(copied[0].stream)
        assert copied[0].event.case_id == copied[0].subject_id


def test_without_events_there_is_nothing_to_copy(database: Database) -> None:
    multiply_all(database.dsn, 100)

    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM stored_events").fetchone() == (0,)


def test_copies_have_the_rows_that_a_fold_of_their_events_makes(database: Database) -> None:
    """But for the time since when a row is so: the copies have that of their originals."""
    with database.open() as ledger:
        fill(ledger, 3 * EVENTS_EACH, lambda _: None)
        for view in SERVICE.views:
            rebuild(ledger, view)
        multiply(database.dsn, "case", 8, SERVICE.views)

        copied = _rows(database.dsn)
        for view in SERVICE.views:
            rebuild(ledger, view)

    assert len(copied) == 8
    assert _rows(database.dsn) == copied


def _rows(dsn: str) -> list[tuple[object, ...]]:
    schema, (table, *_) = VIEW.schema, VIEW.tables
    with psycopg.connect(dsn) as connection:
        select = f"SELECT {', '.join(table.columns)} FROM {schema}.{table.name} ORDER BY case_id"
        return connection.execute(select.encode()).fetchall()
