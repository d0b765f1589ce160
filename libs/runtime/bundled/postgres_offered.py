"""The bundled PostgreSQL as a server for others on the network: for the chart's evaluation mode."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from libs.runtime.bundled.postgres import (
    EmbeddedPostgres,
    ensure_database,
    ensure_role,
    program,
    runtime_role,
)

PORT = 5432
KEYS = "keys"
"""The database of the key store: to the services what theirs is to each of them."""
_CONNECTIONS = 400  # two releases side by side, each with five servers and four workers
_ACCESS = """\
# By a socket in this folder only its owner; over the network everybody with a password.
local all all trust
host  all all all scram-sha-256
"""


def database_of(service: str) -> str:
    """The database of a service."""
    return f"linli_{service}"


def owner_of(service: str) -> str:
    """The role that owns it."""
    return f"linli_{service}_owner"


def serve(data: Path, services: Iterable[str], passwords: Mapping[str, str], *, port: int = PORT) -> NoReturn:
    """Make the databases, give the roles their passwords, and become the server.

    `passwords` by role. A changed password counts from the next start on. Raises `PostgresFailed`.
    """
    server = EmbeddedPostgres(data)
    server.start()
    try:
        for service in (*services, KEYS):
            _offer(server, service)
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            for role, password in passwords.items():
                statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), password)
                connection.execute(statement)
    except BaseException:
        server.stop()
        raise
    access = server.cluster / "access.conf"
    access.write_text(_ACCESS, "ascii")
    settings = {"listen_addresses": "*", "port": str(port), "max_connections": str(_CONNECTIONS)}
    server.become({**settings, "hba_file": str(access)})


def become_client(data: Path, name: str, words: Sequence[str], *, port: int = PORT) -> NoReturn:
    """Become `psql`, `pg_dump` or `pg_restore` at the running server in a folder, as its administrator."""
    told = conninfo_to_dict(EmbeddedPostgres(data).dsn())
    at = {"PGHOST": told["host"], "PGPORT": port, "PGUSER": told["user"], "PGDATABASE": told["dbname"]}
    environ = os.environ | {key: str(value) for key, value in at.items()}
    found = str(program(name))
    os.execve(found, [found, *words], environ)  # noqa: S606  # no shell is wanted


def _offer(server: EmbeddedPostgres, service: str) -> None:
    """A database with an owner, and a role that the service runs as."""
    name, owner = database_of(service), owner_of(service)
    ensure_database(server.dsn(), name)
    for role in (owner, runtime_role(service)):
        ensure_role(server.dsn(), role)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        owned = sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(owner))
        connection.execute(owned)
        member = sql.SQL("GRANT {} TO {}")  # migrate hands the views over to the role, so it must be a member
        connection.execute(member.format(sql.Identifier(runtime_role(service)), sql.Identifier(owner)))
