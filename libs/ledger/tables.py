"""The tables of a ledger: the library's, and the keys and snapshots beside them. Only `migrate` creates."""

import os
from collections.abc import Mapping

from eventsourcing.utils import strtobool
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from libs.ledger import keys, snapshots
from libs.ledger.errors import SchemaUnknown, SettingsRefused
from libs.ledger.recorder import EVENTS_TABLE, TRACKING_TABLE, Datastore, GroupCommitRecorder

TABLES = (EVENTS_TABLE, TRACKING_TABLE, keys.TABLE, snapshots.TABLE)


def create_tables(dsn: str) -> None:
    """Create what is missing of a ledger's tables; changes nothing that is there."""
    datastore = Datastore(dsn, lock_timeout=5, pool_size=1)
    try:
        GroupCommitRecorder(datastore).create_table()
        with datastore.transaction(commit=True) as cursor:
            cursor.execute(keys.CREATE_TABLE)
            cursor.execute(snapshots.CREATE_TABLE)
    finally:
        datastore.close()


def check_environment(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse settings of the library that would silently break the ledger."""
    value = environment.get("POSTGRES_ENABLE_DB_FUNCTIONS") or "no"
    if strtobool(value):
        raise SettingsRefused(
            "POSTGRES_ENABLE_DB_FUNCTIONS is on: it drops the table lock and the tracking, and readers"
            " would miss events. Unset it"
        )


def check_tables(connection: Connection[object], service: str) -> None:
    """Raise `SchemaUnknown` unless the ledger's tables are there."""
    for table in TABLES:
        if not connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone():
            raise SchemaUnknown(
                f"the database of {service} has no table {table}: run `linli {service} migrate`"
            )


def check_durability(connection: Connection[object]) -> str | None:
    """What in the server's settings could lose acknowledged events, or None."""
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        row = connection.execute(SQL("SHOW {}").format(Identifier(setting))).fetchone()
        if row is not None and "off" in (row.values() if isinstance(row, dict) else row):
            return f"{setting} is off: a power cut can lose acknowledged events"
    return None
