"""The schema of a service's database: numbered steps that create and upgrade it, and the check at start.

Two releases that follow each other run side by side, so a step either expands the schema (the release
before goes on over it) or contracts it (the release before cannot run any more). Contracting steps are
taken apart, once every process of the older release is gone.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import LockNotAvailable, UndefinedColumn, UndefinedTable
from psycopg.rows import tuple_row

from libs.ledger.datastore import writing
from libs.ledger.errors import MigrationRefused, SchemaUnknown
from libs.ledger.store import at_work
from libs.retry.backoff import Backoff

log = logging.getLogger(__name__)

OLDEST_SERVER = 14
_CONNECT_SECONDS = 10
_PATIENCE = "60s"  # with another migration that is at work
_KILLED = "5s"  # within which the server notices, and lets go of what a killed migration held
_TRIES = 20
_BACKOFF = Backoff(first=0.2, most=3.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema; once released it is never edited, renumbered or removed.

    `apply` runs in the transaction that records the step, with a cursor, and must bear being
    repeated if it also works through a connection of its own (by the dsn).
    `needs`: the newest step that a release must know in order to run on a database that has this one;
    0: every earlier release can. `contract`: it takes away what an earlier release uses, so it is taken
    only by `migrate --contract`, and the release that brings it must run without it.
    """

    number: int
    name: str
    apply: Callable[[Cursor[Any], str], object]
    needs: int = 0
    contract: bool = False

    def __post_init__(self) -> None:
        if self.contract and not 0 < self.needs <= self.number:
            raise ValueError(f"step {self.number} contracts: say which step a release must know (`needs`)")
        if not self.contract and self.needs >= self.number:
            raise ValueError(f"step {self.number} expands: the release before it must be able to run")

    def __str__(self) -> str:
        if not self.contract:
            return f"step {self.number}, {self.name}: expanding, the release before can run with it"
        return (
            f"step {self.number}, {self.name}: contracting, only by `migrate --contract`; after it only"
            f" releases that know step {self.needs} run"
        )


@dataclass(frozen=True, slots=True)
class Applied:
    """A step that a database has."""

    name: str
    service: str
    needs: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a database has, and lacks, of the steps of a release. `foreign`: steps of a newer one."""

    expanding: tuple[Step, ...]
    contracting: tuple[Step, ...]
    foreign: Mapping[int, Applied]

    def missing(self, *, contract: bool) -> tuple[Step, ...]:
        """The steps that `migrate` would take, in their order."""
        both = (*self.expanding, *(self.contracting if contract else ()))
        return tuple(sorted(both, key=lambda step: step.number))


TABLE = "linli_schema"
_CREATE = f"""
CREATE TABLE IF NOT EXISTS public.{TABLE} (
    step integer PRIMARY KEY,
    name text NOT NULL,
    service text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE public.{TABLE} ADD COLUMN IF NOT EXISTS needs integer NOT NULL DEFAULT 0;
"""


def take_steps(dsn: str, service: str, steps: Sequence[Step], *, contract: bool = False) -> list[str]:
    """Bring the database of `service` to this release's schema; answers the names of the steps taken.

    Takes expanding steps, and with `contract` those that shut out earlier releases, too. Does nothing
    where nothing is to be done; several may run at once; one that is killed leaves a step taken or not
    taken. Raises `SchemaUnknown` for a database of another service, or of a release that leaves no room
    for this one, and `MigrationRefused` if another migration, a table in use or a process of a release
    that a step would shut out is in the way.
    """
    with connect(dsn) as connection:
        _check_server(connection)
        connection.execute(f"SET client_connection_check_interval = '{_KILLED}'")
        _lock(connection, service)
        connection.execute(_CREATE)
        standing = _standing(connection, service, steps)
        missing = standing.missing(contract=contract)
        for step in missing:
            _take(connection, dsn, service, step)
    return [step.name for step in missing]


def look_at_steps(dsn: str, service: str, steps: Sequence[Step]) -> Standing:
    """What the database of `service` has and lacks; changes nothing. Raises `SchemaUnknown`, too."""
    with connect(dsn) as connection:
        _check_server(connection)
        return _standing(connection, service, steps)


def check_steps(dsn: str, service: str, steps: Sequence[Step]) -> None:
    """Raise `SchemaUnknown`, saying what to do, unless this release can run on the database.

    It can if every expanding step that it knows is there, and no step there needs a newer release.
    """
    standing = look_at_steps(dsn, service, steps)
    if standing.expanding:
        lacking = ", ".join(step.name for step in standing.expanding)
        raise SchemaUnknown(f"the database of {service} lacks {lacking}: run `linli {service} migrate`")
    if standing.foreign:
        newest = max(standing.foreign)
        log.info(
            "the database of %s is a newer release's (step %d, %s), which lets this one run",
            service,
            newest,
            standing.foreign[newest].name,
        )


def connect(dsn: str) -> Connection[tuple[Any, ...]]:
    """A connection to migrate or to check by (autocommit, rows as tuples).

    Within a limit: a database that takes the connection and says nothing would be waited for for ever.
    """
    arguments = {**writing(dsn), "connect_timeout": _CONNECT_SECONDS}
    return psycopg.connect(**arguments, autocommit=True, row_factory=tuple_row)


def _lock(connection: Connection[tuple[Any, ...]], service: str) -> None:
    """One migration at a time, for as long as the connection lives."""
    connection.execute(f"SET lock_timeout = '{_PATIENCE}'")
    try:
        connection.execute("SELECT pg_advisory_lock(hashtextextended('linli migrate', 0))")
    except LockNotAvailable:
        raise MigrationRefused(
            f"another `linli {service} migrate` is still at work: wait for it, then run this one again"
        ) from None


def _check_nobody_needs(connection: Connection[tuple[Any, ...]], service: str, step: Step) -> None:
    at_work.hold_up(connection)
    if older := at_work.older_than(connection, step.needs):
        raise MigrationRefused(
            f"step {step.number}, {step.name}, would break processes that are at work on the database of"
            f" {service}: their release knows steps up to {older[0]}, and must know step {step.needs}; stop"
            " them first"
        )


def _take(connection: Connection[tuple[Any, ...]], dsn: str, service: str, step: Step) -> None:
    """Take a step. It waits for a table in use for a moment only: all that comes later waits behind it."""
    for attempt in range(1, _TRIES + 1):
        try:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '1s'")
                if step.contract:
                    _check_nobody_needs(connection, service, step)
                step.apply(cursor, dsn)
                cursor.execute(
                    f"INSERT INTO public.{TABLE} (step, name, service, needs) VALUES (%s, %s, %s, %s)",
                    [step.number, step.name, service, step.needs],
                )
        except LockNotAvailable:
            time.sleep(_BACKOFF.pause(attempt))
        else:
            return
    raise MigrationRefused(
        f"step {step.number}, {step.name}, found its tables in use each time: nothing of it was done; run"
        f" `linli {service} migrate` again at a quieter time"
    )


def _standing(connection: Connection[tuple[Any, ...]], service: str, steps: Sequence[Step]) -> Standing:
    applied = _applied(connection)
    _check_fits(applied, service, steps)
    missing = [step for step in steps if step.number not in applied]
    known = {step.number for step in steps}
    return Standing(
        expanding=tuple(step for step in missing if not step.contract),
        contracting=tuple(step for step in missing if step.contract),
        foreign={number: step for number, step in applied.items() if number not in known},
    )


def _applied(connection: Connection[tuple[Any, ...]]) -> dict[int, Applied]:
    """The steps that a database has; none where it was never migrated."""
    try:
        rows = connection.execute(f"SELECT step, name, service, needs FROM public.{TABLE}").fetchall()
    except (UndefinedTable, UndefinedColumn):
        return {}
    return {row[0]: Applied(*row[1:]) for row in rows}


def _check_fits(applied: Mapping[int, Applied], service: str, steps: Sequence[Step]) -> None:
    others = {step.service for step in applied.values() if step.service != service}
    if others:
        raise SchemaUnknown(
            f"this is the database of {', '.join(sorted(others))}, not of {service}:"
            " every service needs its own; check the connection string"
        )
    newest = max((step.number for step in steps), default=0)
    beyond = {number: step for number, step in applied.items() if step.needs > newest}
    if beyond:
        number = max(beyond)
        raise SchemaUnknown(
            f"the database of {service} has step {number}, {beyond[number].name}: only releases that know"
            f" step {beyond[number].needs} can run with it, and this one knows steps up to {newest}. Run a"
            " release as new as the one that took the step, or restore a backup from before it"
        )


def _check_server(connection: Connection[tuple[Any, ...]]) -> None:
    found = connection.info.server_version // 10000
    if found < OLDEST_SERVER:
        raise SchemaUnknown(f"PostgreSQL {found} is too old: use {OLDEST_SERVER} or newer")
    encoding = connection.execute("SHOW server_encoding").fetchone()
    if encoding != ("UTF8",):
        raise SchemaUnknown("the database does not store UTF-8: create it with ENCODING 'UTF8'")
