"""Records rows as the ledger does, hashes included, without deciding on anything."""

from collections.abc import Iterable, Iterator
from itertools import islice

import psycopg

from e2e.bench.appender import StoredRow

_AT_ONCE = 500


def record(connection: psycopg.Connection[tuple[object, ...]], rows: Iterable[StoredRow]) -> None:
    """Record rows in order, in the transaction of the connection, whose user owns the ledger."""
    for some in _chunks(rows):
        streams, versions, names, bodies = (list(column) for column in zip(*some, strict=True))
        connection.execute(
            "SELECT public.ledger_record(%s::text[], %s::bigint[], %s::text[], %b::bytea[])",
            [streams, versions, names, bodies],
        )


def _chunks(rows: Iterable[StoredRow]) -> Iterator[list[StoredRow]]:
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        yield some
