"""How far a relay has published its ledger, as stored: everything up to here the broker has confirmed."""

from typing import Any

from psycopg import Connection
from psycopg.rows import scalar_row

DDL = """
CREATE TABLE IF NOT EXISTS public.relay_position (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL
) WITH (fillfactor = 50);
"""
"""The table, made by `migrate` in the service's own database: one row."""


def stored(connection: Connection[Any]) -> int:
    """The position up to which everything is published; 0 at the beginning."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        found = cursor.execute("SELECT position FROM public.relay_position").fetchone()
    return int(found or 0)


def store(connection: Connection[Any], position: int) -> None:
    """Remember a position."""
    connection.execute(
        "INSERT INTO public.relay_position (position) VALUES (%s)"
        " ON CONFLICT (single) DO UPDATE SET position = excluded.position",
        [position],
    )
