"""The library's process recorder, made to commit many appends in one transaction.

Everything that makes positions safe to follow is the library's: its tables, its table lock, its
NOTIFY, its tracking statement. Ours is that one committer takes the lock once for all the appends
that wait, and that a conflict touches only the append that has it.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent, Tracking
from eventsourcing.postgres import PostgresProcessRecorder
from psycopg import Connection, Cursor

from libs.ledger.datastore import Datastore, harms
from libs.ledger.errors import AlreadyHandled, ClockSkewed, LedgerUnavailable, OutcomeUnknown, VersionConflict
from libs.ledger.recorded import Checkpoint
from libs.ledger.store import arrays, at_work, blinding, incarnation
from libs.ledger.store.arrays import Bigints, Blobs, Texts
from libs.ledger.store.committer import Committer
from libs.ledger.store.statements import Statements
from libs.ledger.store.timekeeper import MOST_SKEW, Timekeeper
from libs.ledger.store.unit import Row, Standing, Unit, are_usual, give_positions

log = logging.getLogger(__name__)

_IN_DOUBT = OutcomeUnknown("the database went away during the commit: repeat the request")

EVENTS_TABLE = "stored_events"
TRACKING_TABLE = "notification_tracking"


class GroupCommitRecorder(PostgresProcessRecorder):
    """A process recorder whose inserts from all threads share transactions.

    `submit` is ours; `insert_events` is the library's interface over the same way in.
    """

    def __init__(
        self,
        datastore: Datastore,
        *,
        events_table_name: str = EVENTS_TABLE,
        tracking_table_name: str = TRACKING_TABLE,
        retry_for: float = 15.0,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        super().__init__(
            datastore, events_table_name=events_table_name, tracking_table_name=tracking_table_name
        )
        self._datastore = datastore
        self.timekeeper = timekeeper or Timekeeper()
        self._sql = Statements(self)
        # The library's own function skips the table lock: ours, which takes it, stands in its place.
        columns, *others = self._sql.columns
        self.functions = self._sql.functions
        """What creates them, or replaces what an older release made."""
        self.sql_create_statements[self.create_insert_function_statement_index] = columns
        self.sql_create_statements.extend([*others, *self.functions])
        self.committer = Committer(self._commit, self._reconnect, probe=self._probe, retry_for=retry_for)
        self.on_commit: Callable[[Sequence[Unit]], None] = lambda _: None
        self.lives: Sequence[incarnation.Incarnation] = ()
        self.knows = 0  # the newest step of the schema that this release knows
        self.on_lock: Callable[[float], None] = lambda _: None
        """Told how many seconds a batch took to get the table lock."""
        self.on_reconnect: Callable[[], None] = lambda: None
        self.destroy_keys: Callable[[Cursor[Any], Sequence[str]], None] | None = None
        self._connection: Connection[Any] | None = None
        self._backends: set[int] = set()
        self._under_way = False  # was anything sent that may have been committed?

    def submit(self, unit: Unit) -> Sequence[int]:
        """Commit one append; returns the positions of its events.

        Raises `VersionConflict`, `AlreadyHandled`, `KeyChanged`, `LedgerUnavailable`,
        `OutcomeUnknown`, `LedgerClosed`, or what one of its effects raised.
        """
        self.committer.submit(unit)
        return unit.positions

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """The library's interface: its errors, its rules (versions need not follow densely)."""
        tracking: Tracking | None = kwargs.get("tracking")
        checkpoint = Checkpoint(tracking.application_name, tracking.notification_id) if tracking else None
        rows = [Row(e.originator_id, e.originator_version, e.topic, e.state) for e in stored_events]
        try:
            positions = self.submit(Unit(rows=rows, checkpoint=checkpoint, dense=False))
        except (VersionConflict, AlreadyHandled) as error:
            raise IntegrityError(str(error)) from error
        except LedgerUnavailable as error:
            raise OperationalError(str(error)) from error
        return positions if rows else None

    def insert_tracking(self, tracking: Tracking) -> None:
        """The library's interface for a checkpoint alone; it takes the same way in."""
        self.insert_events([], tracking=tracking)

    def close(self) -> None:
        """Commit what waits and let go of the connection; the datastore stays with its owner."""
        self.committer.close()
        self._drop_connection()

    def is_own(self, backend: int) -> bool:
        """Was a notification sent by a connection of this recorder?"""
        return backend in self._backends

    def _commit(self, units: Sequence[Unit]) -> None:
        """One transaction for a batch. Raises if nothing was committed, or if that is not known."""
        self._under_way = False
        self._connect()
        for unit in units:  # a version of then may be another one now
            unit.outlived = bool(unit.lives - {self.lives[-1].number})
        if not self._commit_at_once(units):
            self._commit_one_by_one(units)
        for unit in units:
            if unit.error is None:
                unit.life = self.lives[-1].number
                for key in unit.keys.values():
                    key.stored = True
        try:
            self.on_commit(units)
        except Exception:  # committed is committed: nobody may be told otherwise
            log.exception("a listener to commits failed")

    def _commit_at_once(self, units: Sequence[Unit]) -> bool:
        """The usual batch, without any conflict, in one round trip; False if it is another kind."""
        if not are_usual(units):
            return False
        with self._connect().cursor(binary=True) as cursor:
            self._under_way = True
            parameters = self._sql.parameters(units, self.timekeeper.now())
            terms = blinding.joined(added for unit in units for added in unit.terms)
            if terms:
                parameters = (*parameters, *self._sql.terms(terms))
            statement = self._sql.append_findable if terms else self._sql.append
            row = cursor.execute(statement, parameters, prepare=True).fetchone()
        if row is None or row["positions"] is None:
            return False
        give_positions(units, row["positions"], row["moment"])
        self.on_lock(float(row["waited"]))
        return True

    def _refuse_skewed(self, units: Sequence[Unit], sent: datetime, received: datetime) -> bool:
        """Whether our clock is wrong: then nothing is stored that was decided by it.

        Where the database received later than we sent, that may also be the way between: ask once more.
        """
        near = abs((received - sent).total_seconds()) <= MOST_SKEW
        trouble = "" if near else self.clock_trouble(self._connect())
        if trouble and any(unit.rows for unit in units):
            for unit in units:
                unit.error = _IN_DOUBT if unit.in_doubt else ClockSkewed(f"{trouble}: nothing was stored")
            return True
        return False

    def clock_trouble(self, connection: Connection[Any]) -> str:
        """What is wrong with our clock, or nothing: asks the database over a connection."""
        asked = self.timekeeper.now()
        row = connection.execute("SELECT clock_timestamp() AS moment").fetchone()
        return self.timekeeper.compare(asked, row["moment"]) if row is not None else ""

    def _commit_one_by_one(self, units: Sequence[Unit]) -> None:
        """Any batch: finds out exactly which appends conflict, and commits the others."""
        connection = self._connect()
        self._under_way = True
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            sent = self.timekeeper.now()
            standing, received = self._stand(cursor, units)
            if not self._refuse_skewed(units, sent, received):
                self._write(cursor, standing.admit(units), standing)

    def _connect(self) -> Connection[Any]:
        """The committer's own connection: no reader can keep it from it."""
        if self._connection is None:
            connection = self._datastore.connect()
            # Each statement must see what was committed before the lock was got, not before it was asked for.
            connection.execute("SET default_transaction_isolation = 'read committed'")
            arrays.accept(connection)
            # Whatever the server's default: what is acknowledged is on its disk.
            connection.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') = 'off'"
            )
            at_work.announce(connection, self.knows)
            again, self.lives = bool(self.lives), incarnation.entered(connection)
            self._backends = {connection.info.backend_pid}
            if again:  # it may be another server, or the same after a restore
                self.on_reconnect()
            self._connection = connection
        return self._connection

    def _reconnect(self, error: psycopg.Error) -> bool:
        """Drop the connection if it is broken or of no use; says whether a commit may be in doubt.

        It is where one was under way, and the server did not say that it failed.
        """
        broken = self._connection is None or self._connection.closed
        if broken or harms(error):
            self._drop_connection()
        return (bool(broken) or error.sqlstate is None) and self._under_way

    def _probe(self) -> None:
        """Raise unless the committer's connection could commit just now. Writes and locks nothing."""
        connection, asked = self._connect(), self.timekeeper.now()
        row = connection.execute(self._sql.probe).fetchone()
        if row is None or row["read_only"]:
            raise psycopg.errors.ReadOnlySqlTransaction("the server is read-only")
        if not row["may_append"]:
            raise psycopg.errors.InsufficientPrivilege("this role may not append events")
        if trouble := self.timekeeper.compare(asked, row["moment"]):
            raise ClockSkewed(trouble)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
        self._connection = None

    def _stand(self, cursor: Cursor[Any], units: Sequence[Unit]) -> tuple[Standing, datetime]:
        """Lock, and read under the lock all that decides on conflicts; also when the database heard of it.

        Whoever writes these rows holds the lock.
        """
        streams = list({stream: None for unit in units for stream in unit.firsts()})
        sources = list({unit.checkpoint.source: None for unit in units if unit.checkpoint})
        subjects = Texts.of({subject: None for unit in units for subject in unit.keys})
        parameters = (self._sql.timeout, Texts.of(streams), Texts.of(sources), subjects)
        row = cursor.execute(self._sql.stand, parameters, prepare=True).fetchone()
        assert row is not None  # noqa: S101  # the function always answers one
        self.on_lock(float(row["waited"]))
        versions = zip(streams, row["versions"] or (), strict=True)
        standing = Standing(
            versions={stream: version for stream, version in versions if version is not None},
            checkpoints=dict(zip(sources, row["reached"] or (), strict=True)),
            wrapped=dict(zip(row["known"] or (), row["wraps"] or (), strict=True)),
        )
        for unit in units:
            unit.stored = unit.in_doubt and self._is_stored(cursor, unit, standing)
        return standing, row["asked"]

    def _is_stored(self, cursor: Cursor[Any], unit: Unit, standing: Standing) -> bool:
        """After a commit of unknown outcome: is this append there? Its events carry ids of their own."""
        if unit.rows:
            streams = Texts.of([row.stream for row in unit.rows])
            versions = Bigints.of([row.version for row in unit.rows])
            found = cursor.execute(self._sql.bodies, [streams, versions]).fetchall()
            unit.positions = [row["position"] for row in found]
            unit.moment = found[-1]["moment"] if found else None
            return [row["body"] for row in found] == [row.body for row in unit.rows]
        if unit.checkpoint:
            return standing.checkpoints.get(unit.checkpoint.source) == unit.checkpoint.position
        if unit.effects:
            raise OutcomeUnknown(
                "the database went away during the commit, and these effects leave no trace of it"
            )
        return False

    def _write(self, cursor: Cursor[Any], units: Sequence[Unit], standing: Standing) -> None:
        if standing.new_keys:
            keys = (Texts.of(standing.new_keys), Blobs.of(standing.new_keys.values()))
            cursor.execute(self._sql.insert_keys, keys, prepare=True)
        if last := {unit.checkpoint.source: unit.checkpoint for unit in units if unit.checkpoint}:
            cursor.execute(self._sql.reach, self._sql.reached(last.values()), prepare=True)
        rows = [row for unit in units for row in unit.rows]
        if rows:
            self._insert_rows(cursor, units, rows)
        if terms := blinding.joined(added for unit in units for added in unit.terms):
            cursor.execute(self._sql.add_terms, self._sql.terms(terms), prepare=True)
        erased = [subject for unit in units for subject in unit.erases]
        if erased and self.destroy_keys is not None:
            self.destroy_keys(cursor, erased)
        for unit in units:
            for effect in unit.effects:
                effect(cursor)

    def _insert_rows(self, cursor: Cursor[Any], units: Sequence[Unit], rows: Sequence[Row]) -> None:
        cursor.execute(self._sql.record, self._sql.rows(rows), prepare=True)
        for given in cursor.fetchall():
            give_positions(units, given["positions"], given["moment"])
