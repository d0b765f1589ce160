"""Which releases are at work on a database: every process holds a shared lock that says what it knows.

The lock lives as long as the committer's connection, so it is gone with its process, whatever ended that.
"""

from typing import Any

from psycopg import Connection

from libs.ledger.errors import ReleaseTooOld

_CLASS = 0x6C696E6C  # the first half of the lock's key; the second is the newest step that the release knows
_BEYOND = "SELECT step, name, needs FROM public.linli_schema WHERE needs > %s ORDER BY step DESC LIMIT 1"
_HELD = """
SELECT DISTINCT objid::bigint AS knows FROM pg_locks
WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2 AND objid::bigint BETWEEN 1 AND %s - 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY knows
"""


def announce(connection: Connection[Any], knows: int) -> None:
    """Say over this connection which step of the schema is the newest that this release knows, if any.

    Waits for a contraction under way. Raises `ReleaseTooOld` where one has shut this release out.
    """
    if not knows:
        return
    connection.execute("SELECT pg_advisory_lock_shared(%s, 0)", [_CLASS])
    connection.execute("SELECT pg_advisory_lock_shared(%s, %s)", [_CLASS, knows])
    connection.execute("SELECT pg_advisory_unlock_shared(%s, 0)", [_CLASS])
    row = connection.execute(_BEYOND, [knows]).fetchone()
    if row is not None:
        connection.close()
        raise ReleaseTooOld(
            f"the database has step {row['step']}, {row['name']}, since this process started: only releases"
            f" that know step {row['needs']} can run with it; replace this process"
        )


def hold_up(connection: Connection[Any]) -> None:
    """Let nobody announce a release until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_CLASS])


def older_than(connection: Connection[tuple[Any, ...]], step: int) -> list[int]:
    """What releases know that do not know a step and are at work now, the oldest first."""
    return [int(row[0]) for row in connection.execute(_HELD, [_CLASS, step]).fetchall()]
