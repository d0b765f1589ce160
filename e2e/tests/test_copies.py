"""The ledgers that measurements stand on are sound ones."""

from collections.abc import Iterator

import psycopg
import pytest

from e2e.bench.alone import Database
from e2e.bench.copies import multiply_all
from e2e.bench.lives import EVENTS_EACH, fill
from libs.ledger.store.verify import verify
from libs.messaging.schema import migrate
from libs.testkit.postgres import TestServer


def _migrate(dsn: str) -> None:
    migrate(dsn, "cases")


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
