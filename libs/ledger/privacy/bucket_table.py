"""Keys of buckets in a table, best in a database of its own, whose backups and WAL live shortly."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.sql import SQL

from libs.ledger.datastore import Datastore, told
from libs.ledger.errors import BucketsUnavailable, LedgerUnavailable
from libs.ledger.privacy.buckets import Kept

_READ = SQL(
    "SELECT bucket, wrapped, members FROM bucket_keys WHERE service = %s AND bucket = ANY(%s::bytea[])"
)
_NAMES = SQL("SELECT bucket FROM bucket_keys WHERE service = %s")
_ADD = "INSERT INTO bucket_keys (service, bucket, wrapped, members) VALUES (%s, %s, %s, %s)"
_REPLACE = """
UPDATE bucket_keys SET wrapped = %s, members = %s
WHERE service = %s AND bucket = %s AND wrapped = %s AND members = %s
"""
_DESTROY = "DELETE FROM bucket_keys WHERE service = %s AND bucket = %s"


class BucketTable:
    """The buckets of one service; several services may share the table.

    The database forgets what is deleted when its dead rows are vacuumed, its write-ahead log is recycled
    and its backups are removed. Where an erasure must be final sooner, use `BucketFiles`.
    """

    def __init__(self, datastore: Datastore, service: str, *, owned: bool = False) -> None:
        """The datastore stays with its owner, who opens and closes it, unless it is `owned`."""
        self._datastore = datastore
        self._service = service
        self._owned = owned

    def add(self, name: bytes, kept: Kept) -> None:
        """Keep a new bucket."""
        with self._connection() as connection:
            connection.execute(_ADD, [self._service, name, kept.wrapped, kept.members])

    def read(self, names: Iterable[bytes]) -> dict[bytes, Kept]:
        """Those of these buckets that are kept."""
        rows = self._select(_READ, [self._service, [*names]])
        return {name: Kept(wrapped, members) for name, wrapped, members in rows}

    def names(self) -> set[bytes]:
        """All buckets that are kept."""
        return {name for (name,) in self._select(_NAMES, [self._service])}

    def replace(self, name: bytes, old: Kept, new: Kept) -> bool:
        """Keep a bucket otherwise, unless it is gone or not as it was: then False, and nothing changes."""
        values = [new.wrapped, new.members, self._service, name, old.wrapped, old.members]
        with self._connection() as connection:
            return connection.execute(_REPLACE, values).rowcount > 0

    def destroy(self, name: bytes) -> None:
        """Forget a bucket; nothing to do if it is gone."""
        with self._connection() as connection:
            connection.execute(_DESTROY, [self._service, name])

    def close(self) -> None:
        """Let go of the database."""
        if self._owned:
            self._datastore.close()

    def _select(self, query: SQL, parameters: list[Any]) -> list[tuple[Any, ...]]:
        try:
            return self._datastore.select(query, parameters)
        except LedgerUnavailable as error:
            raise BucketsUnavailable("the database with the keys of buckets does not answer") from error

    @contextmanager
    def _connection(self) -> Iterator[Connection[Any]]:
        try:
            with self._datastore.connection() as connection:
                yield connection
        except psycopg.Error as error:
            raise BucketsUnavailable(
                f"the database with the keys of buckets cannot be used: {told(error)}"
            ) from error
