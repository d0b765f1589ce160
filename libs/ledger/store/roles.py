"""What the role of a running service may do in its database: everything but change what happened.

`migrate` runs as the owner of the tables. The service runs as another role, which reads events and
appends them by the ledger's functions, so that neither a mistake nor a stolen password of a service
alters or deletes one.
"""

from collections.abc import Iterable

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow
from psycopg.sql import SQL, Composed, Identifier, Literal

from libs.ledger.errors import SettingsRefused
from libs.ledger.store import event_types, incarnation
from libs.ledger.store.migrate import TABLE as SCHEMA_TABLE
from libs.ledger.store.recorder import EVENTS_TABLE

_READ_ONLY = (EVENTS_TABLE, incarnation.TABLE, SCHEMA_TABLE, event_types.TABLE)
_OF_THE_OWNER = (
    (
        "ledger_append(text, timestamptz, text[], bigint[], boolean[], text[], bigint[], bigint[], bigint[],"
        " bytea[], text[], bytea[], boolean[], text[], bigint[], text[], bytea[])"
    ),
    "ledger_enter()",
    "ledger_lock(text)",
    "ledger_record(text[], bigint[], text[], bytea[])",
    "ledger_stand(text, text[], text[], text[])",
)


def guarded(dsn: str) -> str:
    """The owner's dsn, by which nothing is found that a service could have put into its way.

    A service may make schemas (its views). One named like the owner would come first on the usual
    search path, and functions in it would run with the owner's rights.
    """
    given = conninfo_to_dict(dsn).get("options") or ""
    return make_conninfo(dsn, options=f"{given} -c search_path=public".strip())


def grant(dsn: str, role: str, view_schemas: Iterable[str] = (), add_only: Iterable[str] = ()) -> None:
    """Give a role what a running service needs, its views included, and nothing that alters events.

    To the tables `add_only` it may add, and change nothing there. `dsn` is the owner's, who must be a
    member of the role or a superuser. May be repeated. Raises `SettingsRefused` where there is no such
    role, or where it may alter events anyway.
    """
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('linli migrate', 0))")
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
            raise SettingsRefused(
                f"there is no database role {role}: create it (CREATE ROLE {role} LOGIN), then migrate again"
            )
        for statement in (*_grants(role, add_only), *_handed_over(connection, role, view_schemas)):
            connection.execute(statement)
        if connection.execute(_MAY_ALTER.format(who=Literal(role), events=_EVENTS)).fetchone() != (False,):
            raise SettingsRefused(
                f"the database role {role} owns the ledger or is a superuser: it may alter events;"
                " run migrate as the owner, and give the service a role of its own in LINLI_RUNTIME_ROLE"
            )


_EVENTS = Literal(f"public.{EVENTS_TABLE}")
_MAY_ALTER = SQL(
    "SELECT has_table_privilege({who}, {events}, 'UPDATE')"
    " OR has_table_privilege({who}, {events}, 'DELETE')"
    " OR has_table_privilege({who}, {events}, 'TRUNCATE') AS may"
)


def may_alter_events(connection: Connection[DictRow]) -> bool:
    """Whether the role of this connection could change or delete an event."""
    row = connection.execute(_MAY_ALTER.format(who=SQL("current_user"), events=_EVENTS)).fetchone()
    return row is None or bool(row["may"])


def _grants(role: str, add_only: Iterable[str]) -> list[Composed]:
    to = Identifier(role)
    everything = [
        SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC, {}").format(to),
        SQL("GRANT USAGE ON SCHEMA public TO {}").format(to),
        SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(to),
        SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(to),
        SQL("REVOKE ALL ON SEQUENCE public.{} FROM {}").format(
            Identifier(f"{EVENTS_TABLE}_notification_id_seq"), to
        ),
    ]
    tables = [
        SQL("REVOKE INSERT, UPDATE, DELETE ON public.{} FROM {}").format(Identifier(table), to)
        for table in _READ_ONLY
    ] + [
        SQL("REVOKE UPDATE, DELETE ON public.{} FROM {}").format(Identifier(table), to) for table in add_only
    ]
    functions = [
        statement.format(function=SQL(function), to=to)
        for function in _OF_THE_OWNER
        for statement in (
            SQL("REVOKE EXECUTE ON FUNCTION public.{function} FROM PUBLIC"),
            SQL("GRANT EXECUTE ON FUNCTION public.{function} TO {to}"),
        )
    ]
    return [*everything, *tables, *functions]


def _handed_over(
    connection: Connection[tuple[object, ...]], role: str, schemas: Iterable[str]
) -> list[Composed]:
    """Views that the owner has made before there was a role belong to the service from now on."""
    to = Identifier(role)
    (database,) = connection.execute("SELECT current_database()").fetchone() or ("",)
    statements = [SQL("GRANT CREATE ON DATABASE {} TO {}").format(Identifier(str(database)), to)]
    found = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_namespace AS n LEFT JOIN pg_class AS c"
        " ON c.relnamespace = n.oid AND c.relkind = 'r'"
        " WHERE n.nspname = ANY(%s) AND n.nspowner <> %s::regrole ORDER BY n.nspname",
        [[*schemas], role],
    ).fetchall()
    for schema, table in found:
        statements.append(SQL("ALTER SCHEMA {} OWNER TO {}").format(Identifier(str(schema)), to))
        if table is not None:
            name = Identifier(str(schema), str(table))
            statements.append(SQL("ALTER TABLE {} OWNER TO {}").format(name, to))
    return statements
