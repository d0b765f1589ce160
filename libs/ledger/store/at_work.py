"""Which releases are at work on a database: every process holds a shared lock that says what it knows.

The lock lives as long as the committer's connection, so it is gone with its process, whatever ended that.
"""

from typing import Any

from psycopg import Connection

_CLASS = 0x6C696E6C  # the first half of the lock's key; the second is the newest step that the release knows
_HELD = """
SELECT DISTINCT objid::bigint AS knows FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND objid::bigint < %s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY knows
"""


def announce(connection: Connection[Any], knows: int) -> None:
    """Say over this connection which step of the schema is the newest that this release knows, if any."""
    if knows:
        connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", [_CLASS, knows])


def older_than(connection: Connection[tuple[Any, ...]], step: int) -> list[int]:
    """What releases know that do not know a step and are at work now, the oldest first."""
    return [int(row[0]) for row in connection.execute(_HELD, [_CLASS, step]).fetchall()]
