"""The leader lock: of several processes that could do a job, the leader does it, and the others stand by.

It is an advisory lock of PostgreSQL, held for as long as the connection that took it. The server
ends that connection, and with it the lock, when the client has vanished (its machine is gone, the
network is cut), or, with a lease, when the client has been silent for that long (stopped or stuck).
Without that nobody would take over.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from libs.ledger.datastore import NOTICE_SILENCE, writing

_VANISHED = 25_000  # milliseconds in which the other side says not even that it received something


def connect(dsn: str, purpose: str, *, lease: float | None = None) -> Connection[DictRow]:
    """A connection for one follower of the ledger, in UTC.

    `lease`: seconds of silence after which the server ends it; who agrees to one must speak more often.
    It does not wait for the disk at commit: what a follower writes and its position are lost
    together or not at all, and what is lost is done again from the ledger, which does wait.
    """
    own = {
        "application_name": f"linli {purpose}",
        "connect_timeout": 10,
        **NOTICE_SILENCE,
        "tcp_user_timeout": _VANISHED,
    }
    connection = psycopg.connect(**{**writing(dsn), **own}, autocommit=True, row_factory=dict_row)
    connection.execute(
        "SET synchronous_commit = off; SET timezone = 'UTC'; SET lock_timeout = '10s';"
        " SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
        f" SET tcp_user_timeout = {_VANISHED};"
        f" SET idle_session_timeout = {round(1000 * (lease or 0))}"
    )
    return connection


def try_lock(connection: Connection[DictRow], name: str) -> bool:
    """Take the lock called `name` for as long as the connection lives, unless another has it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", [_key(name)]).fetchone()
    return row is not None and bool(row["taken"])


def give_up(connection: Connection[DictRow], name: str) -> None:
    """Let another one have the lock that this connection took once."""
    connection.execute("SELECT pg_advisory_unlock(%s)", [_key(name)])


def stand_by(connection: Connection[DictRow], name: str, stop: Event, every: float) -> bool:
    """Wait for the lock called `name`, trying `every` seconds; False when `stop` came first."""
    while not stop.is_set():
        if try_lock(connection, name):
            return True
        stop.wait(every)
    return False


@contextmanager
def alone(dsn: str, name: str) -> Iterator[bool]:
    """Whether this process has the lock called `name`, for as long as it works; False: another one has it."""
    with connect(dsn, name) as connection:
        yield try_lock(connection, name)


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"linli {name}".encode()).digest()[:8], "big", signed=True)
