"""Fills a ledger quickly: copies of its own streams, with every id in them changed alike.

So a ledger grows by a true mixture of histories, recorded and hashed as by an append. Texts under
the keys of persons are copied as they are: nothing that is measured opens them.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg

from e2e.bench.appender import StoredRow
from libs.ledger.store.arrays import Bigints, Blobs, Texts, accept

_TABLE = "stored_events"
_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Filled:
    """What a ledger holds after it was filled, of one kind of streams."""

    streams: int
    events: int


def multiply(dsn: str, category: str, streams: int) -> Filled:
    """Copy the streams of a category until there are so many. Nobody else may write meanwhile."""
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
