"""Ledgers for the tests of the ledger: several processes' worth of them over one database."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.store.ledger import Ledger, LedgerSettings
from libs.ledger.store.tables import TABLES
from libs.ledger.streams.stream import Stream
from libs.ledger.tests import mailbox
from libs.messaging.schema import migrate
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer

MASTER_KEY = MasterKey(bytes(range(32)))

Mailboxes = Stream[mailbox.Command, mailbox.State, mailbox.Event]


def _migrate(dsn: str) -> None:
    migrate(dsn, "post")


@pytest.fixture(scope="module")
def _module_dsn(postgres_server: TestServer) -> Iterator[str]:
    database = postgres_server.copy_of("ledger", _migrate)
    yield database
    postgres_server.drop(database)


@pytest.fixture
def dsn(_module_dsn: str) -> str:
    """A database with a ledger's tables, all empty."""
    with psycopg.connect(_module_dsn, autocommit=True) as connection:
        connection.execute(
            SQL("TRUNCATE {} RESTART IDENTITY").format(SQL(", ").join(map(Identifier, TABLES)))
        )
    return _module_dsn


@pytest.fixture
def open_ledger(dsn: str) -> Iterator[Callable[[], Ledger]]:
    """Opens one more ledger over the same database, as another process would."""
    opened: list[Ledger] = []

    def connect() -> Ledger:
        settings = LedgerSettings(dsn=dsn, service="post", retry_for=5.0)
        opened.append(Ledger.connect(settings, mailbox.EVENTS, MASTER_KEY))
        listener = opened[-1]._listener
        assert listener is not None
        eventually(listener.listening.is_set, "it listens")  # before that it forgets keys once
        return opened[-1]

    yield connect
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Callable[[], Ledger]) -> Ledger:
    return open_ledger()


@pytest.fixture
def other_ledger(open_ledger: Callable[[], Ledger]) -> Ledger:
    """The ledger as another process has it."""
    return open_ledger()


@pytest.fixture
def mailboxes(ledger: Ledger) -> Mailboxes:
    return Stream(ledger, mailbox.MAILBOX)


@pytest.fixture
def others_mailboxes(other_ledger: Ledger) -> Mailboxes:
    return Stream(other_ledger, mailbox.MAILBOX)
