"""Whether a process that connects now could use a database, and whether the disk below it takes more."""

from typing import Any, Literal, get_args

import psycopg
from psycopg import Connection

from libs.ledger.datastore import NOTICE_SILENCE, writing

Trouble = Literal[
    "password",
    "role",
    "database",
    "connections",
    "starting",
    "read_only",
    "authority",
    "certificate",
    "tls",
    "full",
    "away",
]
"""In this order: the server refuses the password, or the role; has no such database, or no connection left;
starts, or stops; takes no events; we have no file with its authority; its certificate is wrong; it speaks no
TLS; its disk is full; it does not answer.
"""
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)

ROOM_MIB = 32
"""How much of its disk is tried: two segments of the write-ahead log."""

_SECONDS = 10
_STATES: dict[str, Trouble] = {
    "28P01": "password",
    "28000": "role",
    "3D000": "database",
    "53300": "connections",
    "57P03": "starting",
    "25006": "read_only",
    "53100": "full",
}
_WORDS: dict[str, Trouble] = {
    "root certificate file": "authority",
    "certificate verify failed": "certificate",
    "does not match host name": "certificate",
    "server does not support SSL": "tls",
    'FATAL: role "': "role",
    "password authentication failed": "password",
    "no password supplied": "password",
    "does not exist": "database",
    "no pg_hba.conf entry": "role",
    "too many clients": "connections",
    "remaining connection slots": "connections",
    "the database system is": "starting",
    "session is read-only": "read_only",
    "server is in hot standby mode": "read_only",
}
"""libpq gives no SQLSTATE for a connection that did not come about: its words must do, the first that fit."""
_SPILL = f"""
WITH lines AS MATERIALIZED (
    SELECT repeat('x', 1000) || number AS line FROM generate_series(1, {ROOM_MIB * 1024}) AS number
)
SELECT count(*) FROM lines
"""
"""Keeps more than the memory takes, so that PostgreSQL writes it to its disk: into no table."""


def trouble_of(error: psycopg.Error) -> Trouble:
    """What it was that kept us from a database."""
    if known := _STATES.get(error.sqlstate or ""):
        return known
    said = " ".join(str(error).split())
    for words, trouble in _WORDS.items():
        if words in said:
            return trouble
    return "away"


def try_room(connection: Connection[Any]) -> bool:
    """Let PostgreSQL write a temporary file, gone at the end of the query; False if its settings forbid it.

    Raises `psycopg.errors.DiskFull`.
    """
    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL work_mem = '64kB'; SET LOCAL statement_timeout = '{_SECONDS}s'")
            connection.execute(_SPILL)
    except psycopg.errors.ConfigurationLimitExceeded:  # temp_file_limit
        return False
    return True


def try_database(dsn: str) -> Trouble | Literal[""]:
    """Connect anew, and try the disk; what was in the way, or nothing."""
    about = {**writing(dsn), **NOTICE_SILENCE, "connect_timeout": _SECONDS, "application_name": "linli try"}
    try:
        with psycopg.connect(autocommit=True, **about) as connection:
            try_room(connection)
    except psycopg.Error as error:
        return trouble_of(error)
    return ""
