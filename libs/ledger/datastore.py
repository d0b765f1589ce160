"""The library's pool of connections, opened by a connection string."""

import time
from collections.abc import Sequence
from typing import Any

import psycopg
from eventsourcing.postgres import PostgresDatastore
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed

from libs.ledger.errors import LedgerUnavailable
from libs.retry.backoff import Backoff, Failures

_BACKOFF = Backoff(first=0.02, most=0.5)

# A server that vanished without a word is noticed within about half a minute; libpq's own default is hours.
_NOTICE_SILENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


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
        given = {name: value for name, value in conninfo_to_dict(dsn).items() if value not in (None, "")}
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
        own = {"connect_timeout": max(2, int(connect_timeout)), **_NOTICE_SILENCE}
        kept = self.pool.kwargs if isinstance(self.pool.kwargs, dict) else {}
        self._arguments: dict[str, Any] = {"row_factory": kept["row_factory"], **own, **given}
        self.pool.kwargs = self._arguments

    def select(self, query: SQL | Composed, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Read rows (binary, prepared), outlasting a restart of the database for `retry_for` seconds.

        Raises `LedgerUnavailable` after that. Nothing but reading: it may be done twice.
        """
        give_up, failures = time.monotonic() + self.retry_for, Failures(_BACKOFF)
        while True:
            try:
                with self.pool.connection() as connection:
                    cursor = connection.cursor(row_factory=tuple_row, binary=True)
                    return cursor.execute(query, parameters, prepare=True).fetchall()
            except psycopg.OperationalError as error:
                if self.pool.closed or time.monotonic() > give_up:
                    raise LedgerUnavailable("the database does not answer: try again later") from error
            time.sleep(failures.pause())

    def connect(self) -> Connection[Any]:
        """A connection of its own, outside the pool (autocommit, rows as dicts)."""
        return Connection.connect(**self._arguments, autocommit=True)
