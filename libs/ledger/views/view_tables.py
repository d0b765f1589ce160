"""Where views live in PostgreSQL: a schema for each shape, and a row each that says how far it has got.

A schema is named for the view and its shape, so releases that declare a view differently do not meet.
"""

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
    schema text PRIMARY KEY,
    view text NOT NULL,
    position bigint NOT NULL,
    generation bigint NOT NULL,
    ready boolean NOT NULL
) WITH (fillfactor = 50);
CREATE SEQUENCE IF NOT EXISTS public.view_generation;
"""
"""`schema`: holds the tables. `position`: the last event folded. `generation`: changes whenever the
tables are replaced. `ready`: has once been up to date, so it may be asked."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is recorded of a view of some shape."""

    view: str
    position: int
    generation: int
    ready: bool


def lock_of(schema: str) -> str:
    """The name of the leader lock of whoever writes into a view's tables."""
    return f"view {schema}"


def stored(cursor: Cursor[DictRow], schema: str) -> Stored | None:
    """What is recorded of a view's tables; nobody else moves it until the transaction ends."""
    ask(cursor, [schema])
    return answered(cursor).get(schema)


def ask(cursor: Cursor[DictRow], schemas: list[str]) -> None:
    """Send for what is recorded of views; `answered` gives it, by schema."""
    cursor.execute(
        "SELECT schema, view, position, generation, ready FROM public.view_position"
        " WHERE schema = ANY(%s) ORDER BY schema FOR UPDATE",
        [schemas],
    )


def answered(cursor: Cursor[DictRow]) -> dict[str, Stored]:
    """What `ask` asked for."""
    return {row.pop("schema"): Stored(**row) for row in cursor.fetchall()}


def unbuilt(cursor: Cursor[DictRow], views: Iterable[View]) -> tuple[str, ...]:
    """The names of those views that cannot be asked yet."""
    rows = cursor.execute("SELECT schema FROM public.view_position WHERE ready").fetchall()
    ready = {row["schema"] for row in rows}
    return tuple(view.name for view in views if view.schema not in ready)


def positions(cursor: Cursor[DictRow], views: Iterable[View]) -> dict[str, int]:
    """How far each of the views is, by name."""
    rows = cursor.execute("SELECT schema, position FROM public.view_position").fetchall()
    found = {str(row["schema"]): int(row["position"]) for row in rows}
    return {view.name: found[view.schema] for view in views if view.schema in found}


def make_missing(cursor: Cursor[DictRow], view: View, *, ready: bool) -> Stored:
    """What is recorded of the view; its tables are made, empty, if there are none."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('linli views', 0))")
    found = stored(cursor, view.schema)
    there = cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL AS there", [view.schema]).fetchone()
    if found is None or there is None or not there["there"]:
        create(cursor, view)
        record(cursor, view, 0, ready=ready)
        found = stored(cursor, view.schema)
    assert found is not None  # noqa: S101  # just recorded
    return found


def create(cursor: Cursor[Any], view: View, schema: str = "", *, indexes: bool = True) -> None:
    """Create the view's tables, empty, in place of what was in the schema."""
    schema = schema or view.schema
    cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    cursor.execute(f"CREATE SCHEMA {schema}")
    cursor.execute(f"SET LOCAL search_path TO {schema}")
    for table in view.stored:
        cursor.execute(table.ddl())
    if indexes:
        create_indexes(cursor, view, schema)


def create_indexes(cursor: Cursor[Any], view: View, schema: str) -> None:
    """Create the indexes of tables made without them."""
    cursor.execute(f"SET LOCAL search_path TO {schema}")
    for table in view.stored:
        for statement in table.index_ddl():
            cursor.execute(statement)


def record(cursor: Cursor[Any], view: View, position: int, *, ready: bool) -> None:
    """Record that the view's tables are new, and folded up to `position`."""
    cursor.execute(
        "INSERT INTO public.view_position (schema, view, position, generation, ready)"
        " VALUES (%s, %s, %s, nextval('public.view_generation'), %s)"
        " ON CONFLICT (schema) DO UPDATE SET position = excluded.position,"
        " generation = excluded.generation, ready = excluded.ready",
        [view.schema, view.name, position, ready],
    )
    passed_over.forget(cursor, view.schema)


def advance(cursor: Cursor[Any], schemas: list[str], position: int, *, ready: bool) -> None:
    """Record that the views are folded up to `position`; `ready` is never taken back."""
    cursor.execute(
        "UPDATE public.view_position SET position = %s, ready = ready OR %s WHERE schema = ANY(%s)",
        [position, ready, schemas],
    )


def create_missing(dsn: str, views: Iterable[View], role: str = "") -> None:
    """Make the tables of views that have none of their shape, empty, beside those of other releases.

    They belong to the `role` as which the service runs, if there is one: views are its own to replace.
    """
    with leader_lock.connect(dsn, "migrate") as connection, connection.cursor() as cursor:
        if role:
            cursor.execute(SQL("SET ROLE {}").format(Identifier(role)))
        empty = cursor.execute("SELECT NOT EXISTS (SELECT FROM stored_events) AS empty").fetchone()
        for view in views:
            with connection.transaction():
                make_missing(cursor, view, ready=bool(empty and empty["empty"]))
