"""The library's pool of connections, opened by a connection string."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed

from libs.ledger.errors import LedgerUnavailable
from libs.retry.backoff import Backoff, Failures

log = logging.getLogger(__name__)

_BACKOFF = Backoff(first=0.02, most=0.5)

# A server that vanished without a word is noticed within about half a minute; libpq's own default is hours.
NOTICE_SILENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

_WRITES = {"target_session_attrs": "read-write"}

# Errors of a statement, or of the moment: the connection is as good as before.
_HARMLESS = (
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.TransactionRollback,  # a deadlock, or a conflict of transactions
)


def writing(dsn: str) -> dict[str, Any]:
    """What to connect with to the server that takes writes, of several hosts that a string names.

    A string that asks for other servers itself (`target_session_attrs`) is obeyed.
    """
    given = {name: value for name, value in conninfo_to_dict(dsn).items() if value not in (None, "")}
    return {**_WRITES, **given}


def harms(error: psycopg.Error) -> bool:
    """Whether a connection that gave this error is to be dropped.

    It is unless the error is known to say nothing about the connection. A server that has become a
    standby, for instance, refuses every write on a connection that looks healthy.
    """
    return not isinstance(error, _HARMLESS)


def told(error: BaseException) -> str:
    """What an error of the database says, in one line, without the values that its details may quote."""
    diagnosis = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return (diagnosis or str(error)).strip().partition("\n")[0] or type(error).__name__


class Datastore(PostgresDatastore):
    """A pool and single connections by a libpq connection string, whose every parameter counts (TLS too)."""

    def __init__(
        self,
        dsn: str,
        *,
        lock_timeout: int,
        pool_size: int,
        connect_timeout: float = 30.0,
        retry_for: float = 15.0,
    ) -> None:
        super().__init__(
            dbname="",
            host="",
            port="",
            user="",
            password="",
            lock_timeout=lock_timeout,
            pool_size=1,
            max_overflow=pool_size - 1,
            connect_timeout=connect_timeout,
            originator_id_type="text",
        )
        self.retry_for = retry_for
        own = {"connect_timeout": max(2, int(connect_timeout)), **NOTICE_SILENCE}
        kept = self.pool.kwargs if isinstance(self.pool.kwargs, dict) else {}
        self._arguments: Mapping[str, Any] = {"row_factory": kept["row_factory"], **own, **writing(dsn)}
        self.pool.kwargs = dict(self._arguments)

    @contextmanager
    def connection(self, timeout: float | None = None) -> Iterator[Connection[Any]]:
        """A connection of the pool; one that gave an error which `harms` does not go back into it.

        `timeout`: seconds to wait for one, if not those of the constructor. Raises psycopg's errors.
        """
        with self.pool.connection(timeout) as connection:
            try:
                yield connection
            except psycopg.Error as error:
                if harms(error) and not connection.closed:
                    log.warning("drops a connection (%s: %s)", type(error).__name__, told(error))
                    connection.close()
                raise

    def select(self, query: SQL | Composed, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Read rows (binary, prepared), outlasting a restart of the database for `retry_for` seconds.

        Raises `LedgerUnavailable` after that. Nothing but reading: it may be done twice.
        """
        give_up, failures = time.monotonic() + self.retry_for, Failures(_BACKOFF)
        while True:
            try:
                with self.connection() as connection:
                    cursor = connection.cursor(row_factory=tuple_row, binary=True)
                    return cursor.execute(query, parameters, prepare=True).fetchall()
            except psycopg.Error as error:
                if not (harms(error) or isinstance(error, psycopg.OperationalError)):
                    raise
                if self.pool.closed or time.monotonic() > give_up:
                    raise LedgerUnavailable("the database does not answer: try again later") from error
            time.sleep(failures.pause())

    def connect(self) -> Connection[Any]:
        """A connection of its own, outside the pool (autocommit, rows as dicts)."""
        return Connection.connect(**self._arguments, autocommit=True)
