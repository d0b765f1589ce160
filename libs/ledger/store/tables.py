"""The tables of a ledger: the library's, and the keys and snapshots beside them. Only `migrate` creates."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

from eventsourcing.utils import strtobool
from psycopg import Connection, Cursor
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier

from libs.ledger.datastore import Datastore
from libs.ledger.errors import SchemaUnknown, SettingsRefused
from libs.ledger.privacy import tables as key_tables
from libs.ledger.store import blinding, incarnation, roles
from libs.ledger.store.recorder import EVENTS_TABLE, TRACKING_TABLE, GroupCommitRecorder

SNAPSHOTS_TABLE = "snapshots"
CLAIMS_TABLE = "claims"
TABLES = (
    EVENTS_TABLE,
    TRACKING_TABLE,
    *key_tables.TABLES,
    SNAPSHOTS_TABLE,
    CLAIMS_TABLE,
    blinding.TABLE,
    incarnation.TABLE,
)
FUNCTIONS = ("ledger_append", "ledger_enter", "ledger_lock", "ledger_record", "ledger_stand")
_CREATE_CLAIMS = f"""
CREATE TABLE IF NOT EXISTS {CLAIMS_TABLE} (
    kind text NOT NULL,
    digest text NOT NULL,
    holder text NOT NULL,
    PRIMARY KEY (kind, digest)
);
CREATE INDEX IF NOT EXISTS claims_by_holder ON {CLAIMS_TABLE} (holder);
"""
_CREATE_SNAPSHOTS = f"""
CREATE TABLE IF NOT EXISTS {SNAPSHOTS_TABLE} (
    stream text PRIMARY KEY,
    version bigint NOT NULL,
    position bigint NOT NULL,
    fingerprint text NOT NULL,
    body bytea NOT NULL
)
"""


def create_tables(dsn: str) -> None:
    """Create what is missing of a ledger's tables; changes nothing that is there."""
    datastore = Datastore(dsn, lock_timeout=5, pool_size=1)
    try:
        GroupCommitRecorder(datastore).create_table()
        with datastore.transaction(commit=True) as cursor:
            for statement in incarnation.create_statements(EVENTS_TABLE):
                cursor.execute(statement)
            cursor.execute(key_tables.CREATE_TABLES)
            cursor.execute(_CREATE_SNAPSHOTS)
            cursor.execute(_CREATE_CLAIMS)
            cursor.execute(blinding.CREATE_TABLE)
    finally:
        datastore.close()


def replace_functions(cursor: Cursor[Any], dsn: str) -> None:
    """Bring a ledger's functions to this release's form; touches no table."""
    datastore = Datastore(dsn, lock_timeout=5, pool_size=1)
    try:
        _, enter = incarnation.create_statements(EVENTS_TABLE)
        for statement in (enter, *GroupCommitRecorder(datastore).functions):
            cursor.execute(statement)
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


def check_tables(connection: Connection[DictRow], service: str) -> None:
    """Raise `SchemaUnknown` unless the ledger's tables are there."""
    found = connection.execute(
        "SELECT t FROM unnest(%s::text[]) AS t WHERE to_regclass(t) IS NOT NULL", [[*TABLES]]
    )
    missing = {*TABLES} - {row["t"] for row in found}
    known = connection.execute(
        "SELECT f FROM unnest(%s::text[]) AS f WHERE to_regproc(f) IS NOT NULL", [[*FUNCTIONS]]
    )
    missing |= {f"{name}()" for name in {*FUNCTIONS} - {row["f"] for row in known}}
    if missing:
        raise SchemaUnknown(
            f"the database of {service} lacks {', '.join(sorted(missing))}: run `linli {service} migrate`"
        )


def dangers(connection: Connection[DictRow], *, standby: bool = False) -> Iterator[str]:
    """What about this database could lose acknowledged events, or let a service alter them.

    `standby`: also that no synchronous standby has them.
    """
    for setting in ("fsync", "full_page_writes"):
        row = connection.execute(SQL("SHOW {}").format(Identifier(setting))).fetchone()
        if row is not None and row[setting] == "off":
            yield f"{setting} is off: a power cut can lose acknowledged events"
    named = connection.execute("SELECT current_setting('synchronous_standby_names') AS names").fetchone()
    if standby and (named is None or not named["names"].strip()):
        yield (
            "it has no synchronous standby (synchronous_standby_names is empty): a failover can lose"
            " acknowledged events; name one, or unset LINLI_REQUIRE_DURABLE"
        )
    if roles.may_alter_events(connection):
        yield (
            "this process may alter and delete events: run it as a role of its own, which"
            " `migrate` prepares if LINLI_RUNTIME_ROLE names it"
        )
