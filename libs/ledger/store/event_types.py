"""Which types of events a ledger may hold: every release registers its own before it stores any.

So a release that meets a type which it does not know can tell a newer release's from a corruption, and a
private one, which it may pass over, from one that neighbours wait for.
"""

import threading
from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.errors import UndefinedTable
from psycopg.sql import SQL

from libs.ledger.datastore import Datastore

TABLE = "event_types"
DDL = f"""
CREATE TABLE IF NOT EXISTS public.{TABLE} (
    name text PRIMARY KEY,
    published boolean NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);
"""
"""The table, made by `migrate`; nothing is ever removed from it, and what was published once stays so."""

_REGISTER = f"""
INSERT INTO public.{TABLE} AS known (name, published) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET published = true WHERE excluded.published AND NOT known.published
"""
_PUBLISHED = SQL(f"SELECT published FROM public.{TABLE} WHERE name = %s")


def register(connection: Connection[Any], types: Mapping[str, bool]) -> None:
    """Register the stored names of a release, each with whether it is published. May be repeated."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_REGISTER, sorted(types.items()))


def unregistered(connection: Connection[tuple[Any, ...]], types: Mapping[str, bool]) -> list[str]:
    """Which of these names are not registered, or only as private though they are published."""
    try:
        rows = connection.execute(f"SELECT name, published FROM public.{TABLE}").fetchall()
    except UndefinedTable:
        return sorted(types)
    known = {str(row[0]): bool(row[1]) for row in rows}
    return sorted(name for name, published in types.items() if published > known.get(name, -1))


class EventTypes:
    """The registered types of one ledger, for whoever meets a name that it does not know; thread-safe."""

    def __init__(self, datastore: Datastore) -> None:
        self._datastore = datastore
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}

    def published(self, name: str) -> bool | None:
        """Whether events of this type are published; None if no release has registered it."""
        with self._lock:
            if name not in self._known:
                found = self._datastore.select(_PUBLISHED, (name,))
                if not found:
                    return None
                self._known[name] = bool(found[0][0])
            return self._known[name]
