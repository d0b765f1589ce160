"""The library's process recorder, made to commit many appends in one transaction.

Everything that makes positions safe to follow is the library's: its tables, its table lock, its
NOTIFY, its tracking statement. Ours is that one committer takes the lock once for all the appends
that wait, and that a conflict touches only the append that has it.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent, Tracking
from eventsourcing.postgres import PostgresProcessRecorder
from psycopg import Connection, Cursor

from libs.ledger.datastore import Datastore, harms
from libs.ledger.errors import AlreadyHandled, ClockSkewed, LedgerUnavailable, OutcomeUnknown, VersionConflict
from libs.ledger.recorded import Checkpoint
from libs.ledger.store import at_work, incarnation
from libs.ledger.store.committer import Committer
from libs.ledger.store.statements import Statements
from libs.ledger.store.timekeeper import Timekeeper
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
        columns, *functions = self._sql.create
        self.sql_create_statements[self.create_insert_function_statement_index] = columns
        self.sql_create_statements.extend(functions)
        self.committer = Committer(self._commit, self._reconnect, probe=self._probe, retry_for=retry_for)
        self.on_commit: Callable[[Sequence[Unit]], None] = lambda _: None
        self.life: incarnation.Incarnation | None = None
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
        if not self._commit_at_once(units) and not self._refuse_skewed(units):
            self._commit_one_by_one(units)
        for unit in units:
            if unit.error is None:
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
            row = cursor.execute(self._sql.append, parameters, prepare=True).fetchone()
        if row is None or row["positions"] is None:
            return False
        give_positions(units, row["positions"], row["moment"])
        self.on_lock(float(row["waited"]))
        return True

    def _refuse_skewed(self, units: Sequence[Unit]) -> bool:
        """Whether our clock is wrong: then nothing is stored that was decided by it."""
        trouble = self.clock_trouble(self._connect())
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
        with self._transaction() as cursor:
            standing = self._stand(cursor, units)
            admitted = standing.admit(units)
            self._write(cursor, admitted, standing)

    @contextmanager
    def _transaction(self) -> Iterator[Cursor[Any]]:
        """A transaction under the library's table lock."""
        connection = self._connect()
        self._under_way = True
        with connection.transaction(), connection.cursor(binary=True) as cursor:
            self._lock_table(cursor)
            self._notify_channel(cursor)
            yield cursor

    def _lock_table(self, curs: Cursor[Any]) -> None:
        """By the owner's function: the role of a service may not lock what it may not change."""
        curs.execute(self._sql.lock, [self._sql.timeout], prepare=True)

    def _connect(self) -> Connection[Any]:
        """The committer's own connection: no reader can keep it from it."""
        if self._connection is None:
            connection = self._datastore.connect()
            # Each statement must see what was committed before the lock was got, not before it was asked for.
            connection.execute("SET default_transaction_isolation = 'read committed'")
            # Whatever the server's default: what is acknowledged is on its disk.
            connection.execute(
                "SELECT set_config('synchronous_commit', 'on', false)"
                " WHERE current_setting('synchronous_commit') = 'off'"
            )
            at_work.announce(connection, self.knows)
            again, self.life = self.life is not None, incarnation.enter(connection)
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

    def _stand(self, cursor: Cursor[Any], units: Sequence[Unit]) -> Standing:
        """Read under the lock all that decides on conflicts. Whoever writes these rows holds the lock."""
        standing = Standing()
        streams = {stream for unit in units for stream in unit.firsts()}
        sources = {unit.checkpoint.source for unit in units if unit.checkpoint}
        subjects = {subject for unit in units for subject in unit.keys}
        if streams:
            for row in cursor.execute(self._sql.versions, [list(streams)], prepare=True).fetchall():
                if row["version"] is not None:
                    standing.versions[row["stream"]] = row["version"]
        if sources:
            for row in cursor.execute(self._sql.checkpoints, [list(sources)], prepare=True).fetchall():
                standing.checkpoints[row["source"]] = row["position"]
        if subjects:
            for row in cursor.execute(self._sql.keys, [list(subjects)], prepare=True).fetchall():
                standing.wrapped[row["subject"]] = row["wrapped"]
        for unit in units:
            unit.stored = unit.in_doubt and self._is_stored(cursor, unit, standing)
        return standing

    def _is_stored(self, cursor: Cursor[Any], unit: Unit, standing: Standing) -> bool:
        """After a commit of unknown outcome: is this append there? Its events carry ids of their own."""
        if unit.rows:
            streams, versions = [row.stream for row in unit.rows], [row.version for row in unit.rows]
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
            cursor.execute(self._sql.insert_keys, [list(standing.new_keys), list(standing.new_keys.values())])
        for last in {unit.checkpoint.source: unit.checkpoint for unit in units if unit.checkpoint}.values():
            self._insert_tracking(cursor, Tracking(last.source, last.position))
            cursor.execute(self._sql.history, [last.incarnation, last.chain, last.source], prepare=True)
        rows = [row for unit in units for row in unit.rows]
        if rows:
            self._insert_rows(cursor, units, rows)
        erased = [subject for unit in units for subject in unit.erases]
        if erased and self.destroy_keys is not None:
            self.destroy_keys(cursor, erased)
        for unit in units:
            for effect in unit.effects:
                effect(cursor)

    def _insert_rows(self, cursor: Cursor[Any], units: Sequence[Unit], rows: Sequence[Row]) -> None:
        cursor.execute(
            self._sql.record,
            (
                [row.stream for row in rows],
                [row.version for row in rows],
                [row.name for row in rows],
                [row.body for row in rows],
            ),
            prepare=True,
        )
        for given in cursor.fetchall():
            give_positions(units, given["positions"], given["moment"])
