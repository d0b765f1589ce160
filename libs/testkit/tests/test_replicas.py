"""A pair of servers: what is restored or promoted has what it had, and lacks what came later."""

from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from libs.testkit.eventually import eventually
from libs.testkit.replicas import Pair, running_pair

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def servers() -> Iterator[Pair]:
    with running_pair() as pair:
        with psycopg.connect(pair.dsn(), autocommit=True) as connection:
            connection.execute("CREATE TABLE notes (note int)")
        yield pair


@pytest.fixture
def pair(servers: Pair) -> Pair:
    with psycopg.connect(servers.dsn(), autocommit=True) as connection:
        connection.execute("TRUNCATE notes")
    return servers


def note(pair: Pair, *notes: int) -> datetime:
    """Write them down, each in a transaction; answers the time afterwards."""
    address = make_conninfo(pair.through("postgres"), target_session_attrs="read-write")
    with psycopg.connect(address, autocommit=True) as connection:
        for each in notes:
            connection.execute("INSERT INTO notes VALUES (%s)", [each])
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


def notes(pair: Pair) -> list[int]:
    return list(pair.asked("SELECT coalesce(array_agg(note ORDER BY note), '{}') FROM notes"))


def timeline(pair: Pair) -> str:
    return str(pair.asked("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"))


def test_what_is_restored_has_what_the_backup_has_or_what_was_there_at_a_moment(pair: Pair) -> None:
    began = timeline(pair)
    note(pair, 1)
    pair.back_up()
    note(pair, 2)

    pair.restore()

    assert notes(pair) == [1]
    assert timeline(pair) == began
    pair.back_up()
    moment = note(pair, 3)
    note(pair, 4)

    pair.restore(moment)

    assert notes(pair) == [1, 3]
    assert timeline(pair) > began


def test_a_standby_that_lags_takes_over_without_what_it_had_not_heard_again_and_again(pair: Pair) -> None:
    for turn in (0, 10):
        pair.follow()
        note(pair, turn + 1)
        eventually(lambda: _caught_up(pair), "the standby has everything")
        pair.fall_behind()
        note(pair, turn + 2)

        pair.promote()
        note(pair, turn + 3)

    assert notes(pair) == [1, 3, 11, 13]


def _caught_up(pair: Pair) -> bool:
    return bool(pair.asked("SELECT replay_lsn = pg_current_wal_lsn() FROM pg_stat_replication"))
