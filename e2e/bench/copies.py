"""Fills a ledger quickly: copies of its own streams, with every id in them changed alike.

So a ledger grows by a true mixture of histories, recorded and hashed as by an append. Texts under
the keys of persons are copied as they are: nothing that is measured opens them.
"""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
from psycopg import sql

from e2e.bench.appender import StoredRow
from libs.ledger.store.arrays import Bigints, Blobs, Texts, accept
from libs.ledger.views.table import FROM
from libs.ledger.views.view import View

_TABLE = "stored_events"
_AT_ONCE = 2_000
_IDS = ("case_id", "public_id")
"""Columns of views that tell a case from its copies."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a ledger holds after it was filled, of one kind of streams."""

    streams: int
    events: int


def multiply(dsn: str, category: str, streams: int, views: Sequence[View] = ()) -> Filled:
    """Copy the streams of a category until there are so many. Nobody else may write meanwhile.

    And the rows that these views, which have folded all, hold of their subjects: in far less time than a
    projector takes to fold as many events. A row says `recorded_from` as the one that it was copied from.
    """
    with psycopg.connect(dsn) as connection:
        originals = connection.execute(
            f"SELECT originator_id, originator_version, topic, state FROM {_TABLE}"
            " WHERE originator_id LIKE %s ORDER BY notification_id",
            [f"{category}-%"],
        ).fetchall()
        ids = {row[0].partition("-")[2] for row in originals}
        wanted = max(0, streams - len(ids))
        for number, some in _portions(sorted(ids), wanted):
            for _ in record(connection, _renamed(originals, category, some, f"{number}x")):
                connection.commit()
        if views:
            _copy_rows(connection, views, list(_portions(sorted(ids), wanted)))
    with psycopg.connect(dsn) as connection:
        counted = connection.execute(
            f"SELECT count(DISTINCT originator_id), count(*) FROM {_TABLE} WHERE originator_id LIKE %s",
            [f"{category}-%"],
        ).fetchone()
    assert counted is not None
    return Filled(streams=counted[0], events=counted[1])


def record(connection: psycopg.Connection[Any], rows: Iterator[StoredRow]) -> Iterator[int]:
    """Append by the ledger's own function, many at once; answers how many, again and again."""
    accept(connection)
    while batch := list(itertools.islice(rows, _AT_ONCE)):
        streams, versions, names, bodies = zip(*batch, strict=True)
        connection.execute(
            "SELECT cardinality(positions) FROM ledger_record(%s, %s, %s, %s)",
            [Texts.of(streams), Bigints.of(versions), Texts.of(names), Blobs.of(bodies)],
            prepare=True,
        )
        yield len(batch)


def multiply_all(dsn: str, events: int) -> None:
    """Copy all streams of a small ledger, of each kind alike, until there are about so many events."""
    with psycopg.connect(dsn) as connection:
        counted = connection.execute(
            "SELECT split_part(originator_id, '-', 1), count(DISTINCT originator_id),"
            f" sum(count(*)) OVER () FROM {_TABLE} GROUP BY 1"
        ).fetchall()
    for category, streams, found in counted:
        multiply(dsn, category, int(streams * events / found))


def wait_for_views(dsn: str, seconds: float = 300.0) -> None:
    """Until the projector of a server over this database has folded all that was copied."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(dsn, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(
                f"SELECT min(position) >= (SELECT max(notification_id) FROM {_TABLE}) FROM view_position"
            ).fetchone()
            if row is not None and row[0]:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")
                return
            time.sleep(0.2)
    raise TimeoutError("the views did not catch up")


@contextmanager
def without_indexes(connection: psycopg.Connection[Any], tables: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Makes them anew afterwards, which takes less time; keys stay. `tables`: each by its schema and name."""
    indexes = connection.execute(
        "SELECT schemaname, indexname, indexdef FROM pg_indexes"
        " WHERE (schemaname, tablename) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
        " AND indexname !~ '_pkey$'",
        [[schema for schema, _ in tables], [table for _, table in tables]],
    ).fetchall()
    for schema, name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(schema, name)))
    yield
    connection.execute("SET maintenance_work_mem = '1GB'")
    for *_, definition in indexes:
        connection.execute(definition.encode())


def _copy_rows(
    connection: psycopg.Connection[Any],
    views: Sequence[View],
    portions: Sequence[tuple[int, frozenset[str]]],
) -> None:
    """The rows of cases, each under its copy's ids; then the views have folded all of the ledger."""
    tables = [(view.schema, table) for view in views for table in view.stored if "case_id" in table.columns]
    with without_indexes(connection, [(schema, table.name) for schema, table in tables]):
        for (schema, table), (number, some) in itertools.product(tables, portions):
            source = f"{schema}.{table.name}"
            columns = [*table.columns, *((FROM,) if table.past else ())]
            renamed = ", ".join(f"%(mark)s || {each}" if each in _IDS else each for each in columns)
            copied = f"INSERT INTO {source} ({', '.join(columns)}) SELECT {renamed} FROM {source}"
            named = {"mark": f"{number}x", "ids": sorted(some)}
            connection.execute(f"{copied} WHERE case_id = ANY(%(ids)s)".encode(), named)
    folded = f"UPDATE view_position SET position = (SELECT max(notification_id) FROM {_TABLE})"
    connection.execute(folded.encode())
    connection.commit()


def _portions(ids: list[str], wanted: int) -> Iterator[tuple[int, frozenset[str]]]:
    number = 0
    while wanted > 0:
        some = frozenset(ids[:wanted])
        yield number, some
        wanted -= len(some)
        number += 1


def _renamed(
    originals: list[StoredRow], category: str, ids: frozenset[str], mark: str
) -> Iterator[StoredRow]:
    """The events of some streams as those of others."""
    for stream, version, topic, body in originals:
        subject = stream.partition("-")[2]
        if subject in ids:
            metadata, event = msgspec.msgpack.decode(body)
            renamed = [mark + metadata[0], *metadata[1:]], _rename(event, subject, mark)
            yield f"{category}-{mark}{subject}", version, topic, msgspec.msgpack.encode(renamed)


def _rename(value: Any, subject: str, mark: str) -> Any:
    """The same value, with the id of its subject (and its public number) changed wherever it stands."""
    if isinstance(value, dict):
        return {
            key: mark + inner if key == "public_id" else _rename(inner, subject, mark)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_rename(inner, subject, mark) for inner in value]
    return mark + value if value == subject else value
