"""One service's event ledger: append in groups, read in order, wait for more."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier

from libs.ledger.committer import Committed
from libs.ledger.errors import LedgerUnavailable, SettingsRefused
from libs.ledger.keys import CHANNEL as KEYS_CHANNEL
from libs.ledger.keys import DataKey, Keys
from libs.ledger.listener import Listener
from libs.ledger.mapper import Events, Mapper
from libs.ledger.master_key import MasterKey
from libs.ledger.recorded import Checkpoint, Draft, Recorded
from libs.ledger.recorder import Datastore, GroupCommitRecorder
from libs.ledger.tables import check_durability, check_environment, check_tables
from libs.ledger.unit import Effect, KeyChanged, Row, Unit
from libs.telemetry import metrics, traces

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """How a service reaches its database.

    `dsn`: a libpq connection string; `lock_timeout`: seconds to wait for the table lock, whole and
    above 0; `retry_for`: seconds that an append outlasts an absent database; `listen`: hear of
    other processes' commits (off only where there can be no other process).
    """

    dsn: str
    service: str
    lock_timeout: int = 5
    retry_for: float = 15.0
    pool_size: int = 10
    connect_timeout: float = 10.0
    listen: bool = True

    def __post_init__(self) -> None:
        if self.lock_timeout < 1:
            raise SettingsRefused("lock_timeout must be 1 second or more: 0 waits for ever")


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """What is to be committed together: events, how far a neighbour was handled, effects, erasures.

    `erases` names subjects whose keys are destroyed, beside those that the events themselves erase.

    An effect is called with a cursor inside the transaction and must use nothing else of the
    database; if it raises, this append is refused with its exception. Appends with effects get a
    transaction of their own, so that a slow or failing effect holds up nobody's batch. An effect
    may be called again when the transaction is repeated.
    """

    drafts: Sequence[Draft] = ()
    checkpoint: Checkpoint | None = None
    effects: Sequence[Effect] = ()
    erases: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the events of an append lie, in the order of its drafts."""

    positions: tuple[int, ...]


class Ledger:
    """The ledger of one service. Safe for use by many threads; close it at the end.

    Reading the whole ledger (`read`) gives personal data sealed: views, relays and feeds must not
    hold any. Reading a stream opens it.
    """

    def __init__(
        self,
        settings: LedgerSettings,
        datastore: Datastore,
        recorder: GroupCommitRecorder,
        events: Events,
        keys: Keys,
    ) -> None:
        self.settings = settings
        self.service = settings.service
        self.keys = keys
        self.mapper = Mapper(events, keys)
        self._datastore = datastore
        self._recorder = recorder
        self._sql = _Statements(recorder)
        self._news = threading.Condition()
        self._wakes: list[Callable[[], None]] = []
        self._closed = False
        self._head = self._stored_head()
        recorder.on_commit = self._committed
        measured = metrics.appended(self.service)
        self.observe(lambda done: measured(done.events, done.seconds, self._head))
        recorder.destroy_keys = keys.destroy_in
        self._listener = self._listen() if settings.listen else None

    @classmethod
    def connect(cls, settings: LedgerSettings, events: Events, master_key: MasterKey) -> "Ledger":
        """Open the ledger of a service whose schema exists.

        Raises `SchemaUnknown` or `SettingsRefused`, with what to do, and `psycopg.OperationalError`
        if the database cannot be reached.
        """
        check_environment()
        datastore = Datastore(
            settings.dsn,
            lock_timeout=settings.lock_timeout,
            pool_size=settings.pool_size,
            connect_timeout=settings.connect_timeout,
        )
        try:
            datastore.pool.open()
            with datastore.pool.connection() as connection:
                check_tables(connection, settings.service)
                if danger := check_durability(connection):
                    log.warning("the database of %s: %s", settings.service, danger)
            recorder = GroupCommitRecorder(datastore, retry_for=settings.retry_for)
            keys = Keys(datastore.pool.connection, master_key)
            keys.check()
            return cls(settings, datastore, recorder, events, keys)
        except BaseException:
            datastore.close()
            raise

    def close(self) -> None:
        """Commit what waits, then take nothing more; waiting readers return."""
        if self._closed:
            return
        self._recorder.close()
        with self._news:
            self._closed = True
            self._news.notify_all()
        if self._listener is not None:
            self._listener.stop(self._wake_listener)
        self._datastore.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connection(self) -> AbstractContextManager[Connection[Any]]:
        """A pooled connection (autocommit, rows as dicts) for views and the like; psycopg's errors."""
        return self._datastore.pool.connection()

    def observe(self, committed: Callable[[Committed], None]) -> None:
        """Be told of each transaction, for metrics."""
        self._recorder.committer.observe = committed

    def waiting(self) -> int:
        """How many appends wait for a transaction just now."""
        return self._recorder.committer.waiting()

    # Writing

    def append(self, append: Append) -> Appended:
        """Commit; returns when it is durable.

        Raises `VersionConflict` (nothing was stored: read again), `AlreadyHandled` (the checkpoint
        is not newer than the stored one), `Refusal` SUBJECT_ERASED, `LedgerUnavailable`,
        `OutcomeUnknown`, or what an effect raised.
        """
        with traces.span("append", service=self.service):
            for _ in range(5):
                unit = self._unit(append)
                try:
                    return Appended(tuple(self._recorder.submit(unit)))
                except KeyChanged as changed:
                    self.keys.forget([changed.subject])
        raise LedgerUnavailable("the key of a person keeps changing: nothing was stored, try again")

    def _unit(self, append: Append) -> Unit:
        rows: list[Row] = []
        used: dict[str, DataKey] = {}
        erases = list(append.erases)
        last: dict[str, int] = {}
        for draft in append.drafts:
            version = draft.expected_version
            if last.get(draft.stream, version) != version:
                raise ValueError(f"two drafts for {draft.stream} do not follow each other")
            for event, metadata in draft.events:
                version += 1
                encoded = self.mapper.encode(event, metadata)
                rows.append(Row(draft.stream, version, encoded.name, encoded.body))
                used.update((key.subject, key) for key in encoded.keys)
                erases.extend(encoded.erases)
            last[draft.stream] = version
        return Unit(rows=rows, checkpoint=append.checkpoint, keys=used, erases=erases, effects=append.effects)

    def _committed(self, units: Sequence[Unit]) -> None:
        erased = [subject for unit in units if unit.error is None for subject in unit.erases]
        if erased:
            self.keys.forget(erased)
        self._advance(max((unit.positions[-1] for unit in units if unit.positions), default=0))

    # Reading

    def read(self, after: int = 0, limit: int = 1000, until: int | None = None) -> list[Recorded[Any]]:
        """The events of the whole ledger behind a position, in order; personal data stays sealed.

        An event that was not here when a later position was read never appears before it: positions
        are given out and committed in the same order.
        """
        rows = self._select(self._sql.ledger, (after, until if until is not None else 2**63 - 1, limit))
        return [self._recorded(*row) for row in rows]

    def read_stream(
        self, stream: str, after: int = 0, until: int | None = None, limit: int | None = None
    ) -> list[Recorded[Any]]:
        """The events of a stream behind a version, up to and with another; personal data opened."""
        with self.mapper.opening():
            last = until if until is not None else 2**63 - 1
            rows = self._select(self._sql.stream, (stream, after, last, limit))
            return [self._recorded(*row) for row in rows]

    def read_streams(self, after: Mapping[str, int]) -> dict[str, list[Recorded[Any]]]:
        """The same for many streams in one query: the version of each after which to read."""
        found: dict[str, list[Recorded[Any]]] = {stream: [] for stream in after}
        with self.mapper.opening():
            for row in self._select(self._sql.streams, (list(after), list(after.values()))):
                recorded = self._recorded(*row)
                found[recorded.stream].append(recorded)
        return found

    @property
    def known_head(self) -> int:
        """The last position that this process has heard of: as `head`, without asking the database."""
        return self._head

    def head(self) -> int:
        """The last position of the ledger, 0 if it is empty."""
        self._advance(self._stored_head())
        return self._head

    def wait(self, after: int, timeout: float) -> bool:
        """Is there anything behind a position? Waits up to `timeout` seconds for it."""
        with self._news:
            if self._news.wait_for(lambda: self._head > after or self._closed, timeout):
                return self._head > after
        listening = self._listener is not None and self._listener.listening.is_set()
        return not listening and not self._closed and self.head() > after

    def on_news(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever something was recorded, for those who wait for several ledgers at once.

        It is called by the committer, holding a lock: it may set an event, and nothing slower.
        """
        with self._news:
            self._wakes.append(wake)

    def checkpoint(self, source: str) -> int:
        """How far the events of a source have been handled, 0 if none have."""
        return self._recorder.max_tracking_id(source) or 0

    def _select(self, query: Composed, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Read, outlasting a restart of the database. Raises `LedgerUnavailable`."""
        give_up, pause = time.monotonic() + self.settings.retry_for, 0.02
        while True:
            try:
                with self.connection() as connection:
                    cursor = connection.cursor(row_factory=tuple_row, binary=True)
                    return cursor.execute(query, parameters, prepare=True).fetchall()
            except psycopg.OperationalError as error:
                if self._closed or time.monotonic() > give_up:
                    raise LedgerUnavailable("the database does not answer: try again later") from error
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _recorded(self, stream: str, version: int, position: int, name: str, body: bytes) -> Recorded[Any]:
        event, metadata = self.mapper.decode(name, body)
        return Recorded(
            stream=stream, version=version, position=position, name=name, event=event, metadata=metadata
        )

    # News

    def _stored_head(self) -> int:
        return self._select(self._sql.head, ())[0][0] or 0

    def _advance(self, head: int) -> None:
        with self._news:
            if head > self._head:
                self._head = head
                self._news.notify_all()
                for wake in self._wakes:
                    wake()

    def _listen(self) -> Listener:
        channels = (self._recorder.channel_name, KEYS_CHANNEL)
        return Listener(self._own_connection, channels, self._heard, self._missed)

    def _own_connection(self) -> Connection[Any]:
        return Connection.connect(**self._datastore.arguments, autocommit=True)

    def _heard(self, channel: str, payload: str, backend: int) -> None:
        if channel == KEYS_CHANNEL:
            self.keys.forget([payload])
        elif not self._recorder.is_own(backend) and not self._closed:
            self._advance(self._stored_head())

    def _missed(self) -> None:
        self.keys.forget()
        if not self._closed:
            self._advance(self._stored_head())

    def _wake_listener(self) -> None:
        with self.connection() as connection:
            connection.execute("SELECT pg_notify(%s, '')", [self._recorder.channel_name])


class _Statements:
    """The queries of the ledger, composed once."""

    def __init__(self, recorder: GroupCommitRecorder) -> None:
        table = Identifier(recorder.datastore.schema, recorder.events_table_name)
        self.head = SQL("SELECT max(notification_id) FROM {}").format(table)
        columns = SQL(
            "SELECT e.originator_id, e.originator_version, e.notification_id, e.topic, e.state FROM {} AS e"
        )
        events = columns.format(table)
        self.ledger = events + SQL(
            " WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s"
        )
        self.stream = events + SQL(
            " WHERE originator_id = %s AND originator_version > %s AND originator_version <= %s"
            " ORDER BY originator_version LIMIT %s"
        )
        self.streams = events + SQL(
            " JOIN unnest(%s::text[], %s::bigint[]) AS u(stream, version)"
            " ON e.originator_id = u.stream AND e.originator_version > u.version"
            " ORDER BY e.originator_id, e.originator_version"
        )
