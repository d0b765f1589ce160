"""Rebuild a view: anew beside the live one, then switched in; and compare the two, row for row."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import LockNotAvailable
from psycopg.rows import DictRow

from libs.ledger.store import leader_lock
from libs.ledger.store.ledger import Ledger
from libs.ledger.views import passed_over, view_tables
from libs.ledger.views.folding import LookedAt, fold
from libs.ledger.views.rows import RowStore
from libs.ledger.views.view import Table, View
from libs.retry.backoff import Backoff

_BATCH = 5000
_CACHE = 100_000
_TRIES = 20
_BACKOFF = Backoff(first=0.1, most=2.0)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is: folded up to `position` of `head`, after so many events and seconds."""

    view: str
    position: int
    head: int
    events: int
    seconds: float

    def __str__(self) -> str:
        rate = self.events / self.seconds if self.seconds else 0.0
        return f"{self.view}: position {self.position} of {self.head}, {self.events} events, {rate:,.0f}/s"


Say = Callable[[Progress], object]


class RebuildRefused(Exception):
    """The rebuild cannot be done now; the message says why and what to do."""


def rebuild(ledger: Ledger, view: View, say: Say = lambda _: None) -> Progress:
    """Build the view from the whole ledger beside the live one, then switch in one transaction.

    The live view is read and kept up all the while. A rebuild that crashed leaves a schema
    `..__new` behind, which the next one removes. Raises `RebuildRefused` when another rebuild
    of the view runs, or readers of the live view leave no moment for the switch.
    """
    with _building(ledger, view, "__new") as beside:
        beside.catch_up(say)
        beside.add_indexes()
        beside.catch_up(say)
        beside.switch()
        return beside.progress()


def differences(ledger: Ledger, view: View, say: Say = lambda _: None) -> list[str]:
    """Rows in which the live view differs from one built anew: none, as long as all is well.

    The live view is held still only for the last events and the comparison.
    """
    with _building(ledger, view, "__check") as beside:
        beside.catch_up(say, until=beside.live_position())
        return beside.compare()


@contextmanager
def _building(ledger: Ledger, view: View, suffix: str) -> Iterator["_Beside"]:
    schema = view.schema + suffix
    with leader_lock.connect(ledger.settings.dsn, "rebuild") as connection:
        if not leader_lock.try_lock(connection, view_tables.lock_of(schema)):
            raise RebuildRefused(f"the view {view.name} is being rebuilt by somebody else: wait for that")
        try:
            yield _Beside(ledger, view, connection, schema)
        finally:
            with suppress(psycopg.OperationalError):  # the next rebuild removes it, too
                connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
                connection.execute("SELECT pg_advisory_unlock_all()")  # at once: closing takes its time


class _Beside:
    """A view being built in a schema of its own; its position is nowhere recorded, so a crash ends it."""

    def __init__(self, ledger: Ledger, view: View, connection: Connection[DictRow], schema: str) -> None:
        self._ledger = ledger
        self._view = view
        self._connection = connection
        self._schema = schema
        self._cursor: Cursor[DictRow] = connection.cursor()
        self._rows = RowStore(view, connection, schema=schema, limit=_CACHE)
        self._position = 0
        self._events = 0
        self._passed: dict[str, int] = {}
        self._head = ledger.head()
        self._began = time.monotonic()
        with connection.transaction():
            view_tables.create(self._cursor, view, schema, indexes=False)
        self._rows.start_empty()

    def progress(self) -> Progress:
        """How far it is."""
        seconds = time.monotonic() - self._began
        return Progress(self._view.name, self._position, self._head, self._events, seconds)

    def live_position(self) -> int:
        """How far the live view is just now."""
        with self._connection.transaction():
            live = view_tables.stored(self._cursor, self._view.schema)
        return 0 if live is None else live.position

    def catch_up(self, say: Say, until: int | None = None) -> None:
        """Fold batch after batch, a transaction each, to `until` or the head of the ledger."""
        taken = _BATCH
        while taken == _BATCH:
            with self._connection.transaction():
                taken = self._take(until)
            self._head = max(self._head, self._position)
            say(self.progress())

    def add_indexes(self) -> None:
        """Make the indexes: quicker over finished rows than along with them."""
        with self._connection.transaction():
            view_tables.create_indexes(self._cursor, self._view, self._schema)
        for table in self._view.stored:
            self._cursor.execute(f"ANALYZE {self._schema}.{table.name}")

    def switch(self) -> None:
        """Take the live view's place, at its position or beyond, in one transaction; tried repeatedly.

        The record of its position is locked first, as the projector does, which so stands still;
        then its tables, for which readers at work are waited for, but not long: new ones wait
        behind us.
        """
        before = self._position, self._events
        for attempt in range(1, _TRIES + 1):
            try:
                with self._connection.transaction():
                    self._cursor.execute("SET LOCAL lock_timeout = '1s'")
                    self._hold_live()
                    self._replace_live()
            except LockNotAvailable:
                self._position, self._events = before
                self._rows.forget()
                time.sleep(_BACKOFF.pause(attempt))
            else:
                return
        raise RebuildRefused(f"readers of {self._view.name} never paused: rebuild it at a quieter time")

    def compare(self) -> list[str]:
        """The differences from the live view, with nobody moving it; changes nothing."""
        with self._connection.transaction(force_rollback=True):
            if self._hold_live() is None:
                return [f"{self._view.name}: there is no live view of this shape"]
            return [line for table in self._view.stored for line in self._compare(table)]

    def _take(self, until: int | None) -> int:
        events = self._ledger.read(after=self._position, limit=_BATCH, until=until)
        if not self._rows.complete:
            looked_at = LookedAt.by(self._view, events)
            self._rows.ask(looked_at.wanted, looked_at.begun)
            self._rows.learn()
        fold(self._view, events, self._rows)
        self._passed = {**passed_over.among(events), **self._passed}
        self._rows.write(self._cursor)
        self._rows.settle()
        self._events += len(events)
        if events:
            self._position = events[-1].position
        return len(events)

    def _hold_live(self) -> view_tables.Stored | None:
        """Keep the live view where it is until the transaction ends, and get as far as it is."""
        live = view_tables.stored(self._cursor, self._view.schema)
        if live is not None:
            while self._take(live.position) == _BATCH:
                pass
        return live

    def _replace_live(self) -> None:
        live = self._view.schema
        old = self._cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [live]).fetchall()
        for row in old:
            self._cursor.execute(f"LOCK TABLE {live}.{row['tablename']} IN ACCESS EXCLUSIVE MODE")
        self._cursor.execute(f"DROP SCHEMA IF EXISTS {live} CASCADE")
        self._cursor.execute(f"ALTER SCHEMA {self._schema} RENAME TO {live}")
        view_tables.record(self._cursor, self._view, self._position, ready=True)
        passed_over.note(self._cursor, [self._view.schema], self._passed)

    def _compare(self, table: Table) -> list[str]:
        live, new = f"{self._view.schema}.{table.name}", f"{self._schema}.{table.name}"
        columns, key = ", ".join(table.stored), ", ".join(f"{column}::text" for column in table.key)
        lines: list[str] = []
        for one, other, where in ((live, new, "only in the live view"), (new, live, "only in the rebuilt")):
            rows = self._cursor.execute(
                f"SELECT jsonb_build_array({key}) AS key, to_jsonb(row) AS row FROM"
                f" (SELECT {columns} FROM {one} EXCEPT ALL SELECT {columns} FROM {other} LIMIT 20) AS row"
            )
            lines += [f"{self._view.name}.{table.name} {row['key']}, {where}: {row['row']}" for row in rows]
        return lines
