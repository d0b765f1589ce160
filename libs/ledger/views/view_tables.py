"""Where views live in PostgreSQL: a schema each, and one row each that says how far it has got."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier

from libs.ledger.store import leader_lock
from libs.ledger.views import passed_over
from libs.ledger.views.view import View

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS public.view_position (
    view text PRIMARY KEY,
    position bigint NOT NULL,
    shape text NOT NULL,
    version integer NOT NULL,
    generation bigint NOT NULL,
    ready boolean NOT NULL
) WITH (fillfactor = 50);
CREATE SEQUENCE IF NOT EXISTS public.view_generation;
"""
"""`position`: the last event folded. `shape`, `version`: what the tables were made from. `generation`:
changes whenever the tables are replaced. `ready`: has once been up to date, so it may be asked."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is recorded of a view."""

    position: int
    shape: str
    version: int
    generation: int
    ready: bool


def stored(cursor: Cursor[DictRow], names: list[str]) -> dict[str, Stored]:
    """What is recorded of the views; nobody else moves them until the transaction ends."""
    ask(cursor, names)
    return answered(cursor)


def ask(cursor: Cursor[DictRow], names: list[str]) -> None:
    """Send for what is recorded of the views; `answered` gives it."""
    cursor.execute(
        "SELECT view, position, shape, version, generation, ready FROM public.view_position"
        " WHERE view = ANY(%s) ORDER BY view FOR UPDATE",
        [names],
    )


def answered(cursor: Cursor[DictRow]) -> dict[str, Stored]:
    """What `ask` asked for."""
    return {row.pop("view"): Stored(**row) for row in cursor.fetchall()}


def exists(cursor: Cursor[Any], view: View) -> bool:
    """Whether the view has tables at all."""
    row = cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL AS there", [view.schema]).fetchone()
    return row is not None and bool(row["there"])


def create(cursor: Cursor[Any], view: View, schema: str = "", *, indexes: bool = True) -> None:
    """Create the view's tables, empty, in place of what was in the schema."""
    schema = schema or view.schema
    cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    cursor.execute(f"CREATE SCHEMA {schema}")
    cursor.execute(f"SET LOCAL search_path TO {schema}")
    for table in view.tables:
        cursor.execute(table.ddl())
    if indexes:
        create_indexes(cursor, view, schema)


def create_indexes(cursor: Cursor[Any], view: View, schema: str) -> None:
    """Create the indexes of tables made without them."""
    cursor.execute(f"SET LOCAL search_path TO {schema}")
    for table in view.tables:
        for statement in table.index_ddl():
            cursor.execute(statement)


def record(cursor: Cursor[Any], view: View, position: int, *, ready: bool) -> None:
    """Record that the view's tables are new, made from this declaration, and folded up to `position`."""
    cursor.execute(
        "INSERT INTO public.view_position (view, position, shape, version, generation, ready)"
        " VALUES (%s, %s, %s, %s, nextval('public.view_generation'), %s)"
        " ON CONFLICT (view) DO UPDATE SET position = excluded.position, shape = excluded.shape,"
        " version = excluded.version, generation = excluded.generation, ready = excluded.ready",
        [view.name, position, view.shape, view.version, ready],
    )
    passed_over.forget(cursor, view.name)


def advance(cursor: Cursor[Any], names: list[str], position: int, *, ready: bool) -> None:
    """Record that the views are folded up to `position`; `ready` is never taken back."""
    cursor.execute(
        "UPDATE public.view_position SET position = %s, ready = ready OR %s WHERE view = ANY(%s)",
        [position, ready, names],
    )


def create_missing(dsn: str, views: Iterable[View], role: str = "") -> None:
    """Make the tables of new views, empty; those of another shape are left to the projector.

    They belong to the `role` as which the service runs, if there is one: views are its own to replace.
    """
    with leader_lock.connect(dsn, "migrate") as connection, connection.cursor() as cursor:
        if role:
            cursor.execute(SQL("SET ROLE {}").format(Identifier(role)))
        empty = cursor.execute("SELECT NOT EXISTS (SELECT FROM stored_events) AS empty").fetchone()
        for view in views:
            with connection.transaction():
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('linli views', 0))")
                if not stored(cursor, [view.name]):
                    create(cursor, view)
                    record(cursor, view, 0, ready=bool(empty and empty["empty"]))
