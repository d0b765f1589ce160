"""Tables of views that this release does not have, and when they go.

A release that is gone leaves the tables of its views, so that it can come back and go on from there. They
go when an operator says that it will not, or when they may hold rows of a person who was erased since:
nobody folds the erasure into them. A view is disposable: a release that comes back builds it anew.
"""

import time
from collections.abc import Iterable

from psycopg import Connection
from psycopg.errors import LockNotAvailable
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier

from libs.ledger.store import leader_lock
from libs.ledger.views import passed_over, view_tables
from libs.ledger.views.view import View, Views
from libs.telemetry import logs

log = logs.get("projector")

# A view of some shape, or one that a rebuild was making: nothing that somebody else put into the database.
_OTHERS = """
SELECT nspname AS schema FROM pg_namespace
WHERE nspname ~ '^view_[a-z0-9_]+_[0-9a-f]{8}(__new|__check)?$' AND nspname <> ALL(%s) ORDER BY 1
"""
# Those of them that have rows and were left before somebody was erased. An erasure counts from the moment
# at which its transaction began, so it may come a little before the moment of the event that it belongs to.
_OUTDATED = """
SELECT schema FROM public.view_position AS left_behind WHERE schema <> ALL(%s) AND position > 0 AND EXISTS (
    SELECT FROM subject_keys WHERE destroyed_at > (
        SELECT recorded_at - interval '1 minute' FROM stored_events
        WHERE notification_id <= left_behind.position ORDER BY notification_id DESC LIMIT 1
    )
) ORDER BY 1
"""


def others(dsn: str, views: Iterable[View]) -> list[str]:
    """The schemas of views that are none of `views`: of other releases, or of a rebuild."""
    with leader_lock.connect(dsn, "migrate") as connection:
        return _others(connection, views)


def drop_others(dsn: str, views: Iterable[View]) -> tuple[list[str], list[str]]:
    """Drop those schemas; answers what was dropped, and what was not because somebody writes into it."""
    dropped: list[str] = []
    in_use: list[str] = []
    with leader_lock.connect(dsn, "migrate") as connection:
        for schema in _others(connection, views):
            (dropped if _drop(connection, schema) else in_use).append(schema)
    return dropped, in_use


def _others(connection: Connection[DictRow], views: Iterable[View]) -> list[str]:
    rows = connection.execute(_OTHERS, [[view.schema for view in views]]).fetchall()
    return [str(row["schema"]) for row in rows]


class Sweep:
    """Looks now and then, and drops the tables that may still hold rows of somebody who was erased."""

    def __init__(self, views: Views, connection: Connection[DictRow], every: float) -> None:
        self._service = views.ledger.service
        self._own = [view.schema for view in views]
        self._connection = connection
        self._every = every
        self._next = time.monotonic() + every

    def look_again(self) -> None:
        """Look, if it is time to."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every
        for row in self._connection.execute(_OUTDATED, [self._own]).fetchall():
            if _drop(self._connection, row["schema"]):
                log.info(
                    "drops tables that another release left", service=self._service, schema=row["schema"]
                )


def _drop(connection: Connection[DictRow], schema: str) -> bool:
    """Drop a view's tables unless somebody follows, makes or reads them; says whether that was done."""
    lock = view_tables.lock_of(schema)
    if not leader_lock.try_lock(connection, lock):
        return False
    try:
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '1s'")
            connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))
            connection.execute("DELETE FROM public.view_position WHERE schema = %s", [schema])
            with connection.cursor() as cursor:
                passed_over.forget(cursor, schema)
    except LockNotAvailable:
        return False
    finally:
        leader_lock.give_up(connection, lock)
    return True
