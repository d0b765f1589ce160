"""The library's pool of connections, opened by a connection string."""

from typing import Any

from eventsourcing.postgres import PostgresDatastore
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

# A server that vanished without a word is noticed within about half a minute; libpq's own default is hours.
_NOTICE_SILENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}


class Datastore(PostgresDatastore):
    """A pool and single connections by a libpq connection string, whose every parameter counts (TLS too)."""

    def __init__(self, dsn: str, *, lock_timeout: int, pool_size: int, connect_timeout: float = 30.0) -> None:
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
        own = {"connect_timeout": max(2, int(connect_timeout)), **_NOTICE_SILENCE}
        kept = self.pool.kwargs if isinstance(self.pool.kwargs, dict) else {}
        self._arguments: dict[str, Any] = {"row_factory": kept["row_factory"], **own, **given}
        self.pool.kwargs = self._arguments

    def connect(self) -> Connection[Any]:
        """A connection of its own, outside the pool (autocommit, rows as dicts)."""
        return Connection.connect(**self._arguments, autocommit=True)
