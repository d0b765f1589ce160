"""Parked events: those that could not be handled, and those of the same subject waiting behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linli.feed.v1 import feed_service_pb2 as feed
from psycopg import Cursor
from psycopg.rows import class_row, scalar_row, tuple_row

from libs.query.conditions import EVERYTHING, Condition

DDL = """
CREATE TABLE IF NOT EXISTS parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    sequence bigint NOT NULL,
    subject text NOT NULL,
    type text NOT NULL,
    event bytea NOT NULL,
    error text NOT NULL,
    tries integer NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    tried_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, sequence)
);
CREATE INDEX IF NOT EXISTS parked_by_subject ON parked (source, subject, sequence);
"""
"""The table, made by `migrate` in the service's own database."""

BEHIND = "waits behind an earlier event of its subject"


class NothingAhead(Exception):
    """An event was to be parked behind others of its subject, but they are gone by now: handle it."""


class AlreadyTaken(Exception):
    """Somebody else has retried or discarded the parked event meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEvent:
    """One parked event; `error` says why, `tries` how often it was tried (0: it only waits)."""

    id: int
    source: str
    sequence: int
    subject: str
    type: str
    event: bytes
    error: str
    tries: int
    parked_at: datetime
    tried_at: datetime

    @property
    def envelope(self) -> feed.Event:
        """The event as it came."""
        return feed.Event.FromString(self.event)


def subjects(cursor: Cursor[Any], source: str) -> dict[str, int]:
    """The subjects of a source that have parked events, with the sequence of the first."""
    with cursor.connection.cursor(row_factory=tuple_row) as reading:
        query = "SELECT subject, min(sequence) FROM parked WHERE source = %s GROUP BY subject"
        return dict(reading.execute(query, (source,)).fetchall())


def park(cursor: Cursor[Any], event: feed.Event, error: str, tries: int) -> None:
    """Set an event aside."""
    cursor.execute(
        "INSERT INTO parked (source, sequence, subject, type, event, error, tries)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (event.source, event.sequence, event.subject, event.type, event.SerializeToString(), error, tries),
    )


def park_behind(cursor: Cursor[Any], event: feed.Event) -> None:
    """Set an event aside because earlier ones of its subject are parked.

    Runs under the ledger's lock, as every retry does: so it sees for certain whether they
    still are. Raises `NothingAhead` if not.
    """
    cursor.execute(
        "INSERT INTO parked (source, sequence, subject, type, event, error, tries)"
        " SELECT %(source)s, %(sequence)s, %(subject)s, %(type)s, %(event)s, %(error)s, 0"
        " WHERE EXISTS (SELECT FROM parked WHERE source = %(source)s AND subject = %(subject)s"
        " AND sequence < %(sequence)s) RETURNING id",
        {
            "source": event.source,
            "sequence": event.sequence,
            "subject": event.subject,
            "type": event.type,
            "event": event.SerializeToString(),
            "error": BEHIND,
        },
    )
    if cursor.fetchone() is None:
        raise NothingAhead(event.subject)


def take(cursor: Cursor[Any], parked: ParkedEvent) -> None:
    """Remove an event, in the transaction of its effects. Raises `AlreadyTaken` if it is gone."""
    cursor.execute("DELETE FROM parked WHERE id = %s RETURNING id", (parked.id,))
    if cursor.fetchone() is None:
        raise AlreadyTaken(f"{parked.id} is not parked any more")


def failed_again(cursor: Cursor[Any], parked: ParkedEvent, error: str) -> None:
    """Note that one more try failed."""
    cursor.execute(
        "UPDATE parked SET tries = tries + 1, error = %s, tried_at = now() WHERE id = %s", (error, parked.id)
    )


def find(cursor: Cursor[Any], parked_id: int) -> ParkedEvent | None:
    """One parked event."""
    return next(iter(_select(cursor, "WHERE id = %s", (parked_id,))), None)


def waiting(cursor: Cursor[Any], *, limit: int = 100, where: Condition = EVERYTHING) -> Sequence[ParkedEvent]:
    """The parked events, subject by subject, each subject's in order; `where` is about their columns."""
    rest = f"WHERE {where.sql} ORDER BY source, subject, sequence LIMIT %s"
    return _select(cursor, rest, (*where.params, limit))


def of_subject(cursor: Cursor[Any], source: str, subject: str) -> Sequence[ParkedEvent]:
    """The parked events of one subject, in order."""
    return _select(cursor, "WHERE source = %s AND subject = %s ORDER BY sequence", (source, subject))


def count(cursor: Cursor[Any], source: str) -> int:
    """How many events of a source are parked."""
    with cursor.connection.cursor(row_factory=scalar_row) as reading:
        counted = reading.execute("SELECT count(*) FROM parked WHERE source = %s", (source,))
        return int(counted.fetchone() or 0)


def _select(cursor: Cursor[Any], rest: str, parameters: tuple[object, ...]) -> Sequence[ParkedEvent]:
    columns = "id, source, sequence, subject, type, event, error, tries, parked_at, tried_at"
    with cursor.connection.cursor(row_factory=class_row(ParkedEvent)) as reading:
        return reading.execute(f"SELECT {columns} FROM parked {rest}", parameters).fetchall()
