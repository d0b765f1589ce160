"""A ledger that loses its end, as a restore from a backup or a standby that lags does."""

import psycopg

# no restore is so quick that two incarnations begin in one second, which is their number
_SECOND_PASSES = """
SELECT pg_sleep(greatest(0, max(incarnation) + 1
    - extract(epoch FROM clock_timestamp() - timestamptz '2026-01-01 00:00:00Z')::float8))
FROM ledger_incarnations WHERE incarnation > 1
"""


def lose_all_behind(dsn: str, position: int, *, elsewhere: bool = False) -> None:
    """Take a ledger back to a position, and cut all connections to it; needs the owner's address.

    `elsewhere`: to another place (a standby, a dump restored), not the same files of an earlier moment.
    """
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(_SECOND_PASSES)
        owner.execute("DELETE FROM stored_events WHERE notification_id > %s", [position])
        owner.execute("SELECT setval('stored_events_notification_id_seq', %s)", [position])
        owner.execute("DELETE FROM ledger_incarnations WHERE position > %s", [position])
        if elsewhere:
            owner.execute("UPDATE ledger_incarnations SET place = 'before'")
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
