"""Reads stored events back: the whole ledger in order, or streams."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.sql import SQL, Identifier

from libs.ledger.datastore import Datastore
from libs.ledger.errors import EventTypeUnknown, UnknownEvent
from libs.ledger.recorded import Recorded, UnknownType
from libs.ledger.store.event_types import EventTypes
from libs.ledger.store.mapper import Mapper
from libs.ledger.store.recorder import GroupCommitRecorder

_FOR_EVER = 2**63 - 1


class Reader:
    """Reads for many threads at once. Raises `LedgerUnavailable` if the database stays away.

    An event of a type that only a newer release knows has no content in the whole ledger, where others
    follow that need not mind; a stream that has one cannot be read: `EventTypeUnknown`. `UnknownEvent` for a
    name that no release has registered.
    """

    def __init__(self, datastore: Datastore, recorder: GroupCommitRecorder, mapper: Mapper) -> None:
        self._datastore = datastore
        self._mapper = mapper
        self._types = EventTypes(datastore)
        table = Identifier(datastore.schema, recorder.events_table_name)
        events = SQL(
            "SELECT e.originator_id, e.originator_version, e.notification_id, e.topic, e.state,"
            " e.recorded_at, e.chain FROM {} AS e"
        ).format(table)
        self._head = SQL("SELECT max(notification_id) FROM {}").format(table)
        self._chain = SQL(
            "SELECT chain FROM {} WHERE notification_id <= %s ORDER BY notification_id DESC LIMIT 1"
        ).format(table)
        self._ledger = events + SQL(
            " WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s"
        )
        self._of_types = events + SQL(
            " WHERE notification_id > %s AND notification_id <= %s AND topic = ANY(%s)"
            " ORDER BY notification_id LIMIT %s"
        )
        self._other_types = events + SQL(
            " WHERE notification_id > %s AND notification_id <= %s AND NOT topic = ANY(%s)"
            " ORDER BY notification_id LIMIT 1"
        )
        self._stream = events + SQL(
            " WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s"
            " ORDER BY originator_version LIMIT %s"
        )
        of_each = events + SQL(
            " WHERE e.originator_id = u.stream AND e.originator_version > u.version"
            " ORDER BY e.originator_version LIMIT %s"
        )
        self._streams = SQL(
            "SELECT e.* FROM unnest(%s::text[], %s::bigint[]) AS u(stream, version)"
            " CROSS JOIN LATERAL ({}) AS e ORDER BY e.originator_id, e.originator_version"
        ).format(of_each)

    def head(self) -> int:
        """The last position, 0 if there is none."""
        return self._datastore.select(self._head, ())[0][0] or 0

    def chain(self, position: int) -> bytes | None:
        """The chain after the last event up to a position, None if there is none."""
        found = self._datastore.select(self._chain, (position,))
        return found[0][0] if found else None

    def ledger(self, after: int, limit: int, until: int | None) -> list[Recorded[Any]]:
        """A page of the whole ledger; personal data stays sealed."""
        rows = self._datastore.select(self._ledger, (after, _FOR_EVER if until is None else until, limit))
        return [self._recorded(*row, whole=True) for row in rows]

    def assure_known(self, after: int, until: int) -> None:
        """Raise `EventTypeUnknown` for the first event between two positions of a type unknown here."""
        known = list(self._mapper.events.registration())
        for stream, _, position, name, *_ in self._datastore.select(self._other_types, (after, until, known)):
            self._of_newer_release(name)
            raise EventTypeUnknown(name, stream, position)

    def of_types(self, names: list[str], after: int, until: int, limit: int) -> list[Recorded[Any]]:
        """A page of the events stored under these names, personal data opened."""
        with self._mapper.opening():
            rows = self._datastore.select(self._of_types, (after, until, names, limit))
            return [self._recorded(*row) for row in rows]

    def stream(self, stream: str, after: int, until: int | None, limit: int | None) -> list[Recorded[Any]]:
        """A part of a stream, personal data opened."""
        with self._mapper.opening():
            rows = self._datastore.select(
                self._stream, (stream, after, _FOR_EVER if until is None else until, limit)
            )
            return [self._recorded(*row) for row in rows]

    def streams(self, after: Mapping[str, int], limit: int | None) -> dict[str, list[Recorded[Any]]]:
        """Many streams in one query, each behind its version, personal data opened."""
        found: dict[str, list[Recorded[Any]]] = {stream: [] for stream in after}
        if found:
            asked = (list(after), list(after.values()), limit)
            with self._mapper.opening():
                for row in self._datastore.select(self._streams, asked):
                    found[row[0]].append(self._recorded(*row))
        return found

    def _recorded(
        self,
        stream: str,
        version: int,
        position: int,
        name: str,
        body: bytes,
        recorded_at: datetime,
        chain: bytes,
        *,
        whole: bool = False,
    ) -> Recorded[Any]:
        if self._mapper.knows(name):
            event, metadata = self._mapper.decode(stream, name, body)
        else:
            event, metadata = self._of_newer_release(name), self._mapper.metadata(stream, body)
            if not whole:
                raise EventTypeUnknown(name, stream, position)
        return Recorded(
            stream=stream,
            version=version,
            position=position,
            name=name,
            event=event,
            metadata=metadata,
            recorded_at=recorded_at,
            chain=chain,
        )

    def _of_newer_release(self, name: str) -> UnknownType:
        published = self._types.published(name)
        if published is None:
            raise UnknownEvent(name)
        return UnknownType(published)
