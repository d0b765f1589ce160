"""Whether the database of a service can be reached, takes events, and agrees with our clock."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from libs.ledger.errors import SchemaUnknown
from libs.ledger.recorded import utc_now
from libs.ledger.store.migrate import OLDEST_SERVER
from libs.ledger.store.reached import ROOM_MIB, Trouble, trouble_of, try_room
from libs.ledger.store.tables import check_tables, dangers
from libs.ledger.store.timekeeper import MOST_SKEW
from libs.messaging.schema import check_schema
from libs.runtime.config.settings import Settings
from libs.runtime.doctor.finding import Finding, Looking, said
from libs.runtime.host.parts import Service

_PATIENCE = 5
_FULL = 0.9

_ITS_DISK = "if that says `No space left on device`: OPERATING.md, PostgreSQL's disk is full"
_REFUSED: dict[Trouble, tuple[str, str]] = {
    "password": (
        "refuses the password",
        "LINLI_DATABASE_PASSWORD (or _FILE) and PostgreSQL must agree: OPERATING.md, A password is refused",
    ),
    "role": ("refuses the role", "the role in LINLI_DATABASE_URL must exist and be let in (pg_hba.conf)"),
    "database": (
        "has no such database",
        "restore its last backup, and do not begin with an empty one: OPERATING.md, A database is gone",
    ),
    "connections": (
        "has no connection left",
        "raise max_connections, or lower LINLI_POOL_SIZE of the processes",
    ),
    "starting": (
        "is starting up or shutting down",
        f"wait; if it does so again and again, look into its log: {_ITS_DISK}",
    ),
    "authority": (
        "cannot be verified: there is no file with its authority",
        "mount the file that sslrootcert in LINLI_DATABASE_URL names",
    ),
    "certificate": (
        "shows a certificate that cannot be verified",
        "is it expired, or for another name? else sslrootcert in LINLI_DATABASE_URL must name its authority",
    ),
    "tls": ("speaks no TLS", "set `ssl = on` in it, with a certificate"),
}
"""By what keeps us out: what the server answers, and what to do."""


def look_at_database(looking: Looking, service: Service, settings: Settings) -> Iterator[Finding]:
    """All about the database; nothing more if it cannot be reached."""
    dsn = settings.database_url.reveal()
    where = _where(dsn, looking.service)
    try:
        connection = psycopg.connect(
            dsn,
            connect_timeout=_PATIENCE,
            autocommit=True,
            row_factory=dict_row,
            application_name="linli doctor",
        )
    except psycopg.Error as error:
        yield unreached(looking, where, error)
        return
    with connection:
        yield from _look(looking, service, settings, where, connection)


def _look(
    looking: Looking, service: Service, settings: Settings, where: str, connection: Connection[dict[str, Any]]
) -> Iterator[Finding]:
    if connection.info.server_version // 10_000 < OLDEST_SERVER:
        says = f"{where} is older than PostgreSQL {OLDEST_SERVER}"
        yield looking.broken("database", says, "upgrade PostgreSQL")
    unwritable = _unwritable(looking, where, connection)
    yield from unwritable
    if unwritable:
        return
    schema = _schema(looking, service, settings, connection)
    yield from schema
    if schema:
        return
    yield _appends(looking, where, connection)
    yield from _room(looking, connection)
    yield _clock(looking, connection)
    yield _connections(looking, connection)
    for danger in dangers(connection, standby=settings.require_durable):
        yield looking.soon("safety", danger, "OPERATING.md, Verify a ledger; PostgreSQL with standbys")


def _unwritable(looking: Looking, where: str, connection: Connection[dict[str, Any]]) -> list[Finding]:
    row = connection.execute(
        "SELECT current_setting('transaction_read_only')::boolean AS read_only,"
        " pg_is_in_recovery() AS standby"
    ).fetchone()
    assert row is not None  # noqa: S101  # a SELECT without FROM has one row
    if row["standby"]:
        do = "name all servers in LINLI_DATABASE_URL: the one that takes writes is found; or promote it"
        return [looking.broken("database", f"{where} is a standby: it takes no events", do)]
    if row["read_only"]:
        do = "is its disk full? then make room and set default_transaction_read_only off again"
        return [looking.broken("database", f"{where} is read-only: it takes no events", do)]
    return []


def _schema(
    looking: Looking, service: Service, settings: Settings, connection: Connection[dict[str, Any]]
) -> list[Finding]:
    try:
        check_schema(settings.database_url.reveal(), looking.service, events=service.events)
        check_tables(connection, looking.service)
    except SchemaUnknown as error:
        do = f"run `linli {looking.service} migrate` of this release"
        return [looking.broken("schema", str(error), do)]
    except psycopg.Error as error:
        says = f"cannot be read as this role ({said(error)})"
        return [looking.broken("schema", says, _prepare(looking, connection))]
    return []


def _appends(looking: Looking, where: str, connection: Connection[dict[str, Any]]) -> Finding:
    row = connection.execute(
        "SELECT has_function_privilege(to_regproc('public.ledger_record'), 'EXECUTE') AS may_append"
    ).fetchone()
    assert row is not None  # noqa: S101  # a SELECT without FROM has one row
    if not row["may_append"]:
        says = f"the role {connection.info.user} may not append events"
        return looking.broken("database", says, _prepare(looking, connection))
    return looking.ok("database", f"{where} takes events; the schema is of this release")


def _room(looking: Looking, connection: Connection[dict[str, Any]]) -> Iterator[Finding]:
    """Whether its disk takes some more."""
    try:
        if try_room(connection):
            yield looking.ok("database's disk", f"has room for {ROOM_MIB} MiB and more")
    except psycopg.errors.DiskFull as error:
        yield full(looking, error)


def full(looking: Looking, error: psycopg.Error) -> Finding:
    """What it means that PostgreSQL could not write a file of some MiB."""
    says = (
        f"PostgreSQL has no room left for {ROOM_MIB} MiB ({said(error)}): soon it takes no events, and stops"
    )
    return looking.broken("database's disk", says, "make room there: OPERATING.md, PostgreSQL's disk is full")


def _clock(looking: Looking, connection: Connection[dict[str, Any]]) -> Finding:
    asked = utc_now()
    row = connection.execute("SELECT clock_timestamp() AS moment").fetchone()
    assert row is not None  # noqa: S101  # as above
    return clock_finding(looking, asked, row["moment"], utc_now())


def clock_finding(looking: Looking, asked: datetime, moment: datetime, heard: datetime) -> Finding:
    """What it means that the database said `moment` between two moments of our clock."""
    ahead = max((asked - moment).total_seconds(), 0.0) or -max((moment - heard).total_seconds(), 0.0)
    do = "set both clocks by NTP; then see OPERATING.md, Annul what a wrong clock recorded"
    if abs(ahead) <= MOST_SKEW / 2:
        return looking.ok("clock", "agrees with the database's")
    side = "ahead of" if ahead > 0 else "behind"
    says = f"the clock of this machine is {abs(ahead):,.1f} s {side} the database's"
    if abs(ahead) > MOST_SKEW:
        return looking.broken("clock", f"{says}: commands are refused, no deadline fires", do)
    return looking.soon("clock", f"{says}: beyond {MOST_SKEW:.0f} s commands are refused", do)


def _connections(looking: Looking, connection: Connection[dict[str, Any]]) -> Finding:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,"
        " current_setting('max_connections')::int AS most"
    ).fetchone()
    assert row is not None  # noqa: S101  # as above
    says = f"{row['used']} of {row['most']} are used"
    if row["used"] > _FULL * row["most"]:
        do = "raise max_connections, or lower LINLI_POOL_SIZE or the number of processes"
        return looking.soon("connections", f"{says}: soon processes cannot connect", do)
    return looking.ok("connections", says)


def unreached(looking: Looking, where: str, error: psycopg.Error) -> Finding:
    """What it means that no connection came about."""
    text = said(error)
    if (trouble := trouble_of(error)) in _REFUSED:
        what, do = _REFUSED[trouble]
        return looking.broken("database", f"{where} {what}", do)
    do = (
        "is the address in LINLI_DATABASE_URL right, within reach, and PostgreSQL running there?"
        f" else look into its log: {_ITS_DISK}"
    )
    return looking.broken("database", f"{where} does not answer ({text})", do)


def _prepare(looking: Looking, connection: Connection[dict[str, Any]]) -> str:
    user = connection.info.user
    return f"run `linli {looking.service} migrate` as the owner, with LINLI_RUNTIME_ROLE={user}"


def _where(dsn: str, service: str) -> str:
    told = conninfo_to_dict(dsn)
    host = told.get("hostaddr") or told.get("host")
    return f"PostgreSQL database {told.get('dbname') or service}" + (f" at {host}" if host else "")
