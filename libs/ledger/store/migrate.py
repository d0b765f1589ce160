"""The schema of a service's database: numbered steps that create and upgrade it, and the check at start."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import UndefinedTable
from psycopg.rows import tuple_row

from libs.ledger.datastore import writing
from libs.ledger.errors import SchemaUnknown

OLDEST_SERVER = 14
_CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema; once released it is never edited, renumbered or removed.

    `apply` runs in the transaction that records the step, with a cursor, and must bear being
    repeated if it also works through a connection of its own (by the dsn).
    """

    number: int
    name: str
    apply: Callable[[Cursor[Any], str], object]


TABLE = "linli_schema"
_CREATE = f"""
CREATE TABLE IF NOT EXISTS public.{TABLE} (
    step integer PRIMARY KEY,
    name text NOT NULL,
    service text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


def take_steps(dsn: str, service: str, steps: Sequence[Step]) -> list[str]:
    """Bring the database of `service` to this release's schema; answers the names of the steps taken.

    Does nothing where nothing is to be done; several may run at once. Raises `SchemaUnknown` for a
    database of another service or of a newer release.
    """
    with _connect(dsn) as connection:
        _check_server(connection)
        connection.execute("SET lock_timeout = '60s'")
        connection.execute("SELECT pg_advisory_lock(hashtextextended('linli migrate', 0))")
        connection.execute(_CREATE)
        applied = _applied(connection)
        _check_fits(applied, service, steps)
        missing = [step for step in steps if step.number not in applied]
        for step in missing:
            with connection.transaction(), connection.cursor() as cursor:
                step.apply(cursor, dsn)
                cursor.execute(
                    "INSERT INTO public.linli_schema (step, name, service) VALUES (%s, %s, %s)",
                    [step.number, step.name, service],
                )
    return [step.name for step in missing]


def check_steps(dsn: str, service: str, steps: Sequence[Step]) -> None:
    """Raise `SchemaUnknown`, saying what to do, unless the database has this release's schema."""
    with _connect(dsn) as connection:
        _check_server(connection)
        try:
            applied = _applied(connection)
        except UndefinedTable:
            applied = {}
        _check_fits(applied, service, steps)
        missing = [step.name for step in steps if step.number not in applied]
        if missing:
            raise SchemaUnknown(
                f"the database of {service} lacks {', '.join(missing)}: run `linli {service} migrate`"
            )


def _connect(dsn: str) -> Connection[tuple[Any, ...]]:
    """Within a limit: a database that takes the connection and says nothing would be waited for for ever."""
    arguments = {**writing(dsn), "connect_timeout": _CONNECT_SECONDS}
    return psycopg.connect(**arguments, autocommit=True, row_factory=tuple_row)


def _applied(connection: Connection[tuple[Any, ...]]) -> dict[int, str]:
    rows = connection.execute("SELECT step, service FROM public.linli_schema")
    return {row[0]: row[1] for row in rows}


def _check_fits(applied: dict[int, str], service: str, steps: Sequence[Step]) -> None:
    others = {owner for owner in applied.values() if owner != service}
    if others:
        raise SchemaUnknown(
            f"this is the database of {', '.join(sorted(others))}, not of {service}:"
            " every service needs its own; check the connection string"
        )
    newest = max((step.number for step in steps), default=0)
    if max(applied, default=0) > newest:
        raise SchemaUnknown(
            f"the database of {service} has step {max(applied)}, this release knows steps up to {newest}:"
            " run a release at least as new as the one that made it"
        )


def _check_server(connection: Connection[tuple[Any, ...]]) -> None:
    found = connection.info.server_version // 10000
    if found < OLDEST_SERVER:
        raise SchemaUnknown(f"PostgreSQL {found} is too old: use {OLDEST_SERVER} or newer")
    encoding = connection.execute("SHOW server_encoding").fetchone()
    if encoding != ("UTF8",):
        raise SchemaUnknown("the database does not store UTF-8: create it with ENCODING 'UTF8'")
