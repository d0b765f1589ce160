"""Reads stored events back: the whole ledger in order, or streams."""

import time
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from libs.ledger.datastore import Datastore
from libs.ledger.errors import LedgerUnavailable
from libs.ledger.mapper import Mapper
from libs.ledger.recorded import Recorded
from libs.ledger.recorder import GroupCommitRecorder

_FOR_EVER = 2**63 - 1


class Reader:
    """Reads for many threads at once, and outlasts a restart of the database for `retry_for` seconds.

    Raises `LedgerUnavailable` after that.
    """

    def __init__(
        self, datastore: Datastore, recorder: GroupCommitRecorder, mapper: Mapper, retry_for: float
    ) -> None:
        self._pool = datastore.pool
        self._mapper = mapper
        self._retry_for = retry_for
        self._closed = False
        table = Identifier(datastore.schema, recorder.events_table_name)
        events = SQL(
            "SELECT e.originator_id, e.originator_version, e.notification_id, e.topic, e.state FROM {} AS e"
        ).format(table)
        self._head = SQL("SELECT max(notification_id) FROM {}").format(table)
        self._ledger = events + SQL(
            " WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s"
        )
        self._stream = events + SQL(
            " WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s"
            " ORDER BY originator_version LIMIT %s"
        )
        self._streams = events + SQL(
            " JOIN unnest(%s::text[], %s::bigint[]) AS u(stream, version)"
            " ON e.originator_id = u.stream AND e.originator_version > u.version"
            " ORDER BY e.originator_id, e.originator_version"
        )

    def close(self) -> None:
        """Stop retrying."""
        self._closed = True

    def head(self) -> int:
        """The last position, 0 if there is none."""
        return self._select(self._head, ())[0][0] or 0

    def ledger(self, after: int, limit: int, until: int | None) -> list[Recorded[Any]]:
        """A page of the whole ledger; personal data stays sealed."""
        rows = self._select(self._ledger, (after, _FOR_EVER if until is None else until, limit))
        return [self._recorded(*row) for row in rows]

    def stream(self, stream: str, after: int, until: int | None, limit: int | None) -> list[Recorded[Any]]:
        """A part of a stream, personal data opened."""
        with self._mapper.opening():
            rows = self._select(self._stream, (stream, after, _FOR_EVER if until is None else until, limit))
            return [self._recorded(*row) for row in rows]

    def streams(self, after: Mapping[str, int]) -> dict[str, list[Recorded[Any]]]:
        """Many streams in one query, each behind its version, personal data opened."""
        found: dict[str, list[Recorded[Any]]] = {stream: [] for stream in after}
        if found:
            with self._mapper.opening():
                for row in self._select(self._streams, (list(after), list(after.values()))):
                    found[row[0]].append(self._recorded(*row))
        return found

    def _select(self, query: Composed, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        give_up, pause = time.monotonic() + self._retry_for, 0.02
        while True:
            try:
                with self._pool.connection() as connection:
                    cursor = connection.cursor(row_factory=tuple_row, binary=True)
                    return cursor.execute(query, parameters, prepare=True).fetchall()
            except psycopg.OperationalError as error:
                if self._closed or time.monotonic() > give_up:
                    raise LedgerUnavailable("the database does not answer: try again later") from error
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _recorded(self, stream: str, version: int, position: int, name: str, body: bytes) -> Recorded[Any]:
        event, metadata = self._mapper.decode(name, body)
        return Recorded(
            stream=stream, version=version, position=position, name=name, event=event, metadata=metadata
        )
