"""A database is tried as a process that starts would use it: what is in its way has a name."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from libs.ledger.store.reached import trouble_of, try_database
from libs.testkit.postgres import make_read_only, make_writable


def test_a_database_that_is_well_has_no_trouble(dsn: str) -> None:
    assert try_database(dsn) == ""


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"dbname": "linli_gone"}, "database"),
        ({"user": "linli_nobody_knows"}, "role"),
        ({"host": "127.0.0.1", "port": "1"}, "away"),
    ],
    ids=["no such database", "no such role", "nobody there"],
)
def test_what_is_in_the_way_is_named(dsn: str, change: dict[str, str], trouble: str) -> None:
    assert try_database(make_conninfo(dsn, **change)) == trouble


def test_a_server_that_takes_no_events_is_read_only(dsn: str) -> None:
    make_read_only(dsn)
    try:
        assert try_database(dsn) == "read_only"
    finally:
        make_writable(dsn)


def test_a_full_disk_is_no_absence() -> None:
    assert trouble_of(psycopg.errors.DiskFull("could not write to file: No space left on device")) == "full"
