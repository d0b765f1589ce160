"""Whose turn it is: of several processes that could do a thing, one does it, and the others stand by.

The turn is a lock of PostgreSQL's that lives as long as the connection it was taken on.
"""

import hashlib
from threading import Event

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow, dict_row


def connect(dsn: str, purpose: str) -> Connection[DictRow]:
    """A connection for one follower of the ledger, in UTC.

    It does not wait for the disk at commit: what a follower writes and its position are lost
    together or not at all, and what is lost is done again from the ledger, which does wait.
    """
    connection = psycopg.connect(
        dsn,
        autocommit=True,
        row_factory=dict_row,
        application_name=f"linli {purpose}",
        connect_timeout=10,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )
    connection.execute("SET synchronous_commit = off; SET timezone = 'UTC'; SET lock_timeout = '10s'")
    return connection


def try_lock(connection: Connection[DictRow], name: str) -> bool:
    """Take the lock called `name` for as long as the connection lives, unless another has it."""
    key = int.from_bytes(hashlib.sha256(f"linli {name}".encode()).digest()[:8], "big", signed=True)
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", [key]).fetchone()
    return row is not None and bool(row["taken"])


def stand_by(connection: Connection[DictRow], name: str, stop: Event, every: float) -> bool:
    """Wait for the turn called `name`, looking `every` seconds; False when `stop` came first."""
    while not stop.is_set():
        if try_lock(connection, name):
            return True
        stop.wait(every)
    return False
