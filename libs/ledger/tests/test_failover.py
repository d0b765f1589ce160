"""A server that turns read-only, and another one that takes over: nobody has to restart anything."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.recorded import Draft, utc_now
from libs.ledger.store.ledger import Append, Ledger, LedgerSettings
from libs.ledger.store.tables import create_tables
from libs.ledger.tests.conftest import MASTER_KEY
from libs.ledger.tests.mailbox import EVENTS, LetterPut, context
from libs.testkit.eventually import eventually
from libs.testkit.postgres import KillablePostgres, killable_server, make_read_only, make_writable


def letter(stream: str) -> Append:
    pair = (LetterPut(letter="l-1"), context().metadata(utc_now()))
    return Append(drafts=[Draft(stream=stream, expected_version=0, events=[pair])])


def can_append(ledger: Ledger, stream: str) -> bool:
    try:
        ledger.append(letter(stream))
    except LedgerUnavailable:
        return False
    return True


@pytest.fixture
def impatient(dsn: str) -> Iterator[Ledger]:
    """A ledger that outlasts an absent database for a moment only."""
    with Ledger.connect(LedgerSettings(dsn=dsn, service="post", retry_for=0.3), EVENTS, MASTER_KEY) as ledger:
        yield ledger


@pytest.fixture
def _writable_again(dsn: str) -> Iterator[None]:
    yield
    make_writable(dsn)


@pytest.mark.usefixtures("_writable_again")
@pytest.mark.parametrize("asked_for", ["", "any"], ids=["as set by us", "as the address says"])
def test_a_server_that_may_only_read_is_an_outage_that_passes(dsn: str, asked_for: str) -> None:
    address = make_conninfo(dsn, target_session_attrs=asked_for) if asked_for else dsn
    settings = LedgerSettings(dsn=address, service="post", retry_for=0.3)
    with Ledger.connect(settings, EVENTS, MASTER_KEY) as ledger:
        ledger.append(letter("mailbox-1"))
        make_read_only(dsn)

        with pytest.raises(LedgerUnavailable):
            ledger.append(letter("mailbox-2"))

        make_writable(dsn)
        eventually(lambda: can_append(ledger, "mailbox-2"), "it takes appends again, untouched")


def test_a_store_that_refuses_for_an_unknown_reason_is_unavailable_until_it_is_mended(
    impatient: Ledger, dsn: str
) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute("ALTER TABLE stored_events RENAME TO gone")
        try:
            with pytest.raises(LedgerUnavailable):
                impatient.append(letter("mailbox-1"))
            trouble = impatient.trouble(patience=5.0)
        finally:
            admin.execute("ALTER TABLE gone RENAME TO stored_events")

    assert "stored_events" in trouble
    impatient.append(letter("mailbox-1"))
    assert impatient.trouble(patience=5.0) == ""


@pytest.mark.usefixtures("_writable_again")
def test_the_committers_own_connection_says_that_it_may_only_read(impatient: Ledger, dsn: str) -> None:
    impatient.append(letter("mailbox-1"))
    make_read_only(dsn)

    eventually(lambda: "read-only" in impatient.trouble(patience=5.0), "it says so, though nobody appends")
    make_writable(dsn)
    eventually(lambda: impatient.trouble(patience=5.0) == "", "it finds out by itself")


@pytest.fixture
def pair() -> Iterator[tuple[KillablePostgres, KillablePostgres]]:
    """A server that takes writes, and one that may only read."""
    with ExitStack() as stack:
        first, second = (stack.enter_context(killable_server()) for _ in range(2))
        for server in (first, second):
            create_tables(server.ensure_database("post"))
        set_read_only(second, on=True)
        yield first, second


def set_read_only(server: KillablePostgres, *, on: bool) -> None:
    """From now on, for those who are connected, too."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(SQL("ALTER SYSTEM SET default_transaction_read_only = {}").format(on))
        admin.execute("SELECT pg_reload_conf()")


@pytest.mark.store
def test_of_two_servers_the_one_that_takes_writes_is_found_again_and_again(
    pair: tuple[KillablePostgres, KillablePostgres],
) -> None:
    first, second = pair
    hosts = ",".join(str(conninfo_to_dict(server.dsn())["host"]) for server in reversed(pair))
    settings = LedgerSettings(dsn=make_conninfo(first.dsn("post"), host=hosts), service="post")
    with Ledger.connect(settings, EVENTS, MASTER_KEY) as ledger:
        ledger.append(letter("mailbox-1"))

        set_read_only(first, on=True)
        set_read_only(second, on=False)
        ledger.append(letter("mailbox-2"))
        first.kill()
        ledger.append(letter("mailbox-3"))

    assert streams_of(second) == {"mailbox-2", "mailbox-3"}
    first.restart()
    assert streams_of(first) == {"mailbox-1"}


def streams_of(server: KillablePostgres) -> set[str]:
    with psycopg.connect(server.dsn("post")) as connection:
        return {row[0] for row in connection.execute("SELECT originator_id FROM stored_events")}
