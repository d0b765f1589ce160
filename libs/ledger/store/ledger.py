"""One service's event ledger: append in groups, read in order, wait for more."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Self

from psycopg import Connection

from libs.ledger.datastore import Datastore
from libs.ledger.errors import ClockSkewed, LedgerUnavailable, OutcomeUnknown, SettingsRefused
from libs.ledger.privacy.bucket_table import BucketTable
from libs.ledger.privacy.buckets import BucketStore
from libs.ledger.privacy.data_key import DataKey
from libs.ledger.privacy.keys import CHANNEL as KEYS_CHANNEL
from libs.ledger.privacy.keys import Keys
from libs.ledger.privacy.master_key import MasterKey
from libs.ledger.recorded import Checkpoint, Draft, Recorded
from libs.ledger.revision import Revision, history_changed, parse_revision
from libs.ledger.store import chain as chains
from libs.ledger.store import incarnation
from libs.ledger.store.blinding import Key
from libs.ledger.store.claiming import Change, changing
from libs.ledger.store.committer import Committed
from libs.ledger.store.listener import Listener
from libs.ledger.store.mapper import Events, Mapper
from libs.ledger.store.measured import measure
from libs.ledger.store.news import News
from libs.ledger.store.reader import Reader
from libs.ledger.store.recorder import GroupCommitRecorder
from libs.ledger.store.tables import check_environment, check_tables, dangers
from libs.ledger.store.timekeeper import Timekeeper
from libs.ledger.store.unit import Effect, KeyChanged, Row, Unit
from libs.telemetry import conventions, metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSettings:
    """How a service reaches its database.

    `dsn`: a libpq connection string; `lock_timeout`: seconds to wait for the table lock, whole and
    above 0; `retry_for`: seconds that an append outlasts an absent database; `listen`: hear of
    other processes' commits (off only where there can be no other process); `require_durable`: say at
    the start if no standby has what is acknowledged.
    """

    dsn: str = field(repr=False)
    service: str
    lock_timeout: int = 5
    retry_for: float = 15.0
    pool_size: int = 10
    connect_timeout: float = 10.0
    listen: bool = True
    require_durable: bool = False
    knows: int = 0

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
    """Where the events of an append lie, in the order of its drafts; `life` is the ledger's incarnation."""

    positions: tuple[int, ...] = ()
    life: int = 1


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
        self._reader = Reader(datastore, recorder, self.mapper)
        self._news = News(self._reader.head)
        self._closed = False
        self._doubts: list[Callable[[], None]] = []
        recorder.on_commit = self._committed
        recorder.on_reconnect = self._begin_anew
        measure(self.service, recorder, datastore.pool.get_stats, lambda: self._news.head)
        recorder.destroy_keys = keys.destroy_in
        keys.erasure.observe = metrics.erasures_waiting(self.service)
        self._listener = self._listen() if settings.listen else None

    @classmethod
    def connect(
        cls,
        settings: LedgerSettings,
        events: Events,
        master_key: MasterKey,
        timekeeper: Timekeeper | None = None,
        buckets: BucketStore | None = None,
    ) -> "Ledger":
        """Open the ledger of a service whose schema exists.

        `buckets` keeps the keys of buckets of persons; without it they lie in the ledger's own database,
        where an erasure can be undone for as long as its write-ahead log and its backups exist.

        Raises `SchemaUnknown` or `SettingsRefused`, with what to do, and `psycopg.OperationalError`
        if the database cannot be reached.
        """
        check_environment()
        datastore = Datastore(
            settings.dsn,
            lock_timeout=settings.lock_timeout,
            pool_size=settings.pool_size,
            connect_timeout=settings.connect_timeout,
            retry_for=settings.retry_for,
        )
        try:
            datastore.pool.open()
            with datastore.connection() as connection:
                check_tables(connection, settings.service)
                lives = incarnation.entered(connection)
                for danger in dangers(connection, standby=settings.require_durable):
                    log.warning("the database of %s: %s", settings.service, danger)
            recorder = GroupCommitRecorder(datastore, retry_for=settings.retry_for, timekeeper=timekeeper)
            recorder.lives, recorder.knows = lives, settings.knows
            keys = Keys(datastore, master_key, buckets or BucketTable(datastore, settings.service))
            keys.check()
            return cls(settings, datastore, recorder, events, keys)
        except BaseException:
            datastore.close()
            raise

    def close(self) -> None:
        """Commit what waits, then take nothing more; waiting readers return."""
        if self._closed:
            return
        self._closed = True
        self._recorder.close()
        self.keys.close()
        self._news.close()
        if self._listener is not None:
            self._listener.stop(self._wake_listener)
        self._datastore.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connection(self, timeout: float | None = None) -> AbstractContextManager[Connection[Any]]:
        """A pooled connection (autocommit, rows as dicts) for views and the like; psycopg's errors.

        `timeout`: seconds to wait for one, if not those of the settings.
        """
        return self._datastore.connection(timeout)

    def observe(self, committed: Callable[[Committed], None]) -> None:
        """Be told of each transaction, for metrics."""
        self._recorder.committer.observe = committed

    def waiting(self) -> int:
        """How many appends wait for a transaction just now."""
        return self._recorder.committer.waiting()

    def committing(self) -> float:
        """Seconds since the transaction under way began, 0 if there is none: a database that says nothing."""
        return self._recorder.committer.committing()

    def trouble(self, patience: float) -> str:
        """What keeps appends from being committed just now, or nothing; tells within `patience` seconds."""
        return self._recorder.committer.trouble(patience)

    def clock_trouble(self) -> str:
        """Why nothing may fire by the clock of this process just now, or nothing: asks the database.

        Raises psycopg's errors.
        """
        jumped = self._recorder.timekeeper.look()
        with self.connection() as connection:
            return self._recorder.clock_trouble(connection) or jumped

    def refuse_skewed(self) -> None:
        """Raise `ClockSkewed` where the clock of this process is wrong: a refusal may have come of it.

        Asks the database once a second at most, as long as the clock agrees with it. Raises psycopg's errors.
        """
        if self._recorder.timekeeper.trusted():
            return
        with self.connection() as connection:
            if trouble := self._recorder.clock_trouble(connection):
                raise ClockSkewed(f"{trouble}: nothing was decided")

    # Writing

    def append(self, append: Append) -> Appended:
        """Commit; returns when it is durable.

        Raises `VersionConflict` (nothing was stored: read again), `AlreadyHandled` (the checkpoint
        is not newer than the stored one), `Refusal` SUBJECT_ERASED, `LedgerUnavailable`,
        `OutcomeUnknown`, `Claimed` where an event claims what another one holds, or what an effect raised.
        """
        causes = (about.traceparent or "" for draft in append.drafts for _, about in draft.events)
        with conventions.appended(self.service, causes):
            for _ in range(5):
                unit = self._unit(append)
                self.keys.erasure.prepare(len(unit.erases))
                try:
                    positions = self._recorder.submit(unit)
                except KeyChanged as changed:
                    self.keys.forget(changed.subjects, destroyed=False)
                    continue
                except OutcomeUnknown:
                    if unit.erases:
                        self.keys.erasure.finish_later()
                    raise
                if unit.erases:
                    self.keys.erasure.finish()
                return Appended(tuple(positions), unit.life)
        raise LedgerUnavailable("the key of a person keeps changing: nothing was stored, try again")

    def _unit(self, append: Append) -> Unit:
        rows: list[Row] = []
        used: dict[str, DataKey] = {}
        erases = list(append.erases)
        changes: list[Change] = []
        terms: list[tuple[Key, Sequence[int]]] = []
        last: dict[str, int] = {}
        for draft in append.drafts:
            version = draft.expected_version
            if last.get(draft.stream, version) != version:
                raise ValueError(f"two drafts for {draft.stream} do not follow each other")
            for event, metadata in draft.events:
                version += 1
                encoded = self.mapper.encode(draft.stream, event, metadata)
                rows.append(Row(draft.stream, version, encoded.name, encoded.body))
                used.update((key.subject, key) for key in encoded.keys)
                erases.extend(encoded.erases)
                changes.extend(encoded.changes)
                terms.extend(self.mapper.terms(self.keys, draft.stream, event, metadata))
            last[draft.stream] = version
        effects = [*([changing(changes)] if changes else []), *append.effects]
        return Unit(
            rows=rows,
            checkpoint=append.checkpoint,
            keys=used,
            erases=erases,
            effects=effects,
            terms=terms,
            lives=frozenset(draft.life for draft in append.drafts if draft.life),
        )

    # Reading

    def read(self, after: int = 0, limit: int = 1000, until: int | None = None) -> list[Recorded[Any]]:
        """The events of the whole ledger behind a position, in order; personal data stays sealed.

        An event that was not here when a later position was read never appears before it: positions
        are given out and committed in the same order.
        """
        return self._reader.ledger(after, limit, until)

    def read_stream(
        self, stream: str, after: int = 0, until: int | None = None, limit: int | None = None
    ) -> list[Recorded[Any]]:
        """The events of a stream behind a version, up to and with another; personal data opened."""
        return self._reader.stream(stream, after, until, limit)

    def assure_known(self, after: int, until: int) -> None:
        """Raise `EventTypeUnknown` if a newer release has stored a type there that this one does not know."""
        self._reader.assure_known(after, until)

    def read_claiming(self, after: int, until: int, limit: int = 1000) -> list[Recorded[Any]]:
        """The events between two positions that claim or release something, personal data opened."""
        return self._reader.of_types(self.mapper.changing(), after, until, limit)

    def read_blinded(self, after: int, until: int, limit: int = 1000) -> list[Recorded[Any]]:
        """The events between two positions that may add blind terms, personal data opened."""
        return self._reader.of_types(self.mapper.blinded(), after, until, limit)

    def read_streams(
        self, after: Mapping[str, int], limit: int | None = None
    ) -> dict[str, list[Recorded[Any]]]:
        """The same for many streams in one query: the version of each after which to read, and how many."""
        return self._reader.streams(after, limit)

    def checkpoint(self, source: str) -> int:
        """How far the events of a source have been handled, 0 if none have."""
        return self._recorder.max_tracking_id(source) or 0

    # News

    @property
    def known_head(self) -> int:
        """The last position that this process has heard of: as `head`, without asking the database."""
        return self._news.head

    def head(self) -> int:
        """The last position of the ledger, 0 if it is empty."""
        return self._news.refresh()

    def wait(self, after: int, timeout: float) -> bool:
        """Is there anything behind a position? Waits up to `timeout` seconds for it."""
        if self._news.wait(after, timeout):
            return True
        listening = self._listener is not None and self._listener.listening.is_set()
        return not listening and not self._closed and self.head() > after

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        """Call `forget` (quick: it drops caches) whenever the store may have become another."""
        self._doubts.append(forget)

    @property
    def life(self) -> incarnation.Incarnation:
        """Which incarnation of the ledger this process is connected to."""
        return self._recorder.lives[-1]

    @property
    def lives(self) -> Sequence[incarnation.Life]:
        """All incarnations until that one, the first one first."""
        return [incarnation.Life(life.number, life.position) for life in self._recorder.lives]

    def seen(self, token: str, field: str = "at_least") -> Revision:
        """What a caller has seen, by a revision token. "" is nothing.

        Raises `Refusal` REVISION_MALFORMED, or HISTORY_CHANGED where what they saw was lost with the end of
        the ledger. Asks the database only before that: another process may have begun an incarnation.
        """
        revision = parse_revision(token, field) if token else Revision(0, 0)
        if incarnation.lost(self._recorder.lives, revision.position, revision.incarnation):
            with self.connection() as connection:
                lives = incarnation.incarnations(connection)
            if why := incarnation.lost(lives, revision.position, revision.incarnation):
                raise history_changed(revision, why)
        return revision

    def revision(self, position: int, version: int = 0) -> str:
        """The token for something that was read here just now."""
        return str(Revision(position, version, self.life.number))

    def chain_at(self, position: int) -> bytes:
        """The chain after the last event up to a position: the hash over all of the ledger until there."""
        found = self._reader.chain(position)
        return found if found is not None else chains.genesis(self.life.ledger)

    def on_news(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever something was recorded, for those who wait for several ledgers at once.

        It is called by the committer, holding a lock: it may set an event, and nothing slower.
        """
        self._news.on(wake)

    def _committed(self, units: Sequence[Unit]) -> None:
        erased = [subject for unit in units if unit.error is None for subject in unit.erases]
        if erased:
            self.keys.forget(erased)
        self._news.advance(max((unit.positions[-1] for unit in units if unit.positions), default=0))

    def _listen(self) -> Listener:
        channels = (self._recorder.channel_name, KEYS_CHANNEL)
        return Listener(self._datastore.connect, channels, self._heard, self.keys.forget, self._missed)

    def _heard(self, channel: str, payload: str, backend: int) -> None:
        if channel == KEYS_CHANNEL:
            self.keys.forget([payload])
        elif not self._recorder.is_own(backend):
            self._news.refresh()

    def _missed(self) -> None:
        with self.connection() as connection:
            self._recorder.lives = incarnation.entered(connection)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """After a new connection: what is kept here may be of a history that the store has no more."""
        self.keys.forget()  # and with them all cached states
        for forget in self._doubts:
            forget()
        self._news.begin_anew()

    def _wake_listener(self) -> None:
        with self.connection() as connection:
            connection.execute("SELECT pg_notify(%s, '')", [self._recorder.channel_name])
