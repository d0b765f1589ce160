"""Where the keys of buckets are kept, by an address: a folder, or a database of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.sql import SQL, Identifier

from libs.ledger.datastore import Datastore
from libs.ledger.privacy.bucket_files import BucketFiles
from libs.ledger.privacy.bucket_table import BucketTable
from libs.ledger.privacy.buckets import BucketStore
from libs.ledger.privacy.key_address import folder_of
from libs.ledger.privacy.tables import BUCKET_KEYS

_GRANT = SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON bucket_keys TO {}")
_ONE_AT_A_TIME = SQL("SELECT pg_advisory_xact_lock(hashtextextended('linli key store', 0))")
_CONNECTIONS = 2
_RETRY_FOR = 5.0


def open_store(address: str, service: str) -> BucketStore | None:
    """The store at `file:///folder` or a libpq address; None for "" (then the ledger's own database).

    Raises `BucketsUnavailable` where the folder cannot be used. Close it at the end.
    """
    if not address:
        return None
    if (folder := folder_of(address)) is not None:
        return BucketFiles(folder / service)
    return BucketTable(_datastore(address), service, owned=True)


def make_store(address: str, role: str = "") -> None:
    """Make the table of a store in a database, for a service that runs as `role`. Raises psycopg's errors."""
    if not address or folder_of(address) is not None:
        return
    with open_datastore(address) as datastore, datastore.connection() as connection, connection.transaction():
        connection.execute(_ONE_AT_A_TIME)  # CREATE IF NOT EXISTS and GRANT fail where two come together
        connection.execute(BUCKET_KEYS)
        if role:
            connection.execute(_GRANT.format(Identifier(role)))


@contextmanager
def open_datastore(address: str) -> Iterator[Datastore]:
    """A few connections to a database, for a while."""
    datastore = _datastore(address)
    try:
        yield datastore
    finally:
        datastore.close()


def _datastore(address: str) -> Datastore:
    made = Datastore(
        address, lock_timeout=5, pool_size=_CONNECTIONS, connect_timeout=_RETRY_FOR, retry_for=_RETRY_FOR
    )
    made.pool.open()
    return made
