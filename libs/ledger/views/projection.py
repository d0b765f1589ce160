"""The active projector's work over one connection: read a batch, fold it into every view, commit."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from threading import Event

import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import PipelineAborted
from psycopg.rows import DictRow

from libs.ledger.views import passed_over, view_tables
from libs.ledger.views.folding import Batch, LookedAt, fold
from libs.ledger.views.left_behind import Sweep
from libs.ledger.views.mending import Mending
from libs.ledger.views.tracks import Track, Tracks
from libs.ledger.views.view import Views
from libs.telemetry import conventions, logs

log = logs.get("projector")

_HEARTBEAT = 5.0  # seconds between looks whether the connection, and with it the lock, is still there
_LOOK = 1.0  # seconds after which the ledger is read although nobody has said that something was recorded
_TELL = 10.0  # seconds between two words in the log on how far a view is built


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectorSettings:
    """`batch`: events a transaction at most. `linger`: seconds to gather more events under load.

    `cache`: rows kept in memory per table. `standby`: seconds between tries to become the active one, and
    to take views that another release's projector follows. `sweep`: seconds between looks for tables that
    other releases left behind.
    """

    batch: int = 1000
    linger: float = 0.025
    cache: int = 2000
    standby: float = 0.25
    sweep: float = 300.0


class Replaced(Exception):
    """Somebody replaced or moved a view under this projector: look again."""


class Stuck(Exception):
    """One of these views cannot take one of these events."""


# A value or a statement of the view. All other errors of the database are its own: a server that has
# become read-only must not stop a view for good.
_OF_AN_EVENT = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError, PipelineAborted)


class Projection:
    """All views of a service that this projector may follow, over one connection that holds its locks.

    Everything is written over this connection: when it is lost, so are the locks, and nothing more
    can be written.
    """

    def __init__(
        self,
        views: Views,
        connection: Connection[DictRow],
        mending: Mending,
        settings: ProjectorSettings,
    ) -> None:
        self._views = views
        self._ledger = views.ledger
        self._connection = connection
        self._cursor: Cursor[DictRow] = connection.cursor()
        self._settings = settings
        self._heard = self._told = time.monotonic()
        self._read = float("-inf")
        self._head = 0
        self._passed: set[str] = set()
        self._tracks = Tracks(views, connection, mending, cache=settings.cache)
        self._sweep = Sweep(views, connection, settings.sweep)

    def follow(self, stop: Event, say: Callable[[Tracks], None]) -> None:
        """Fold what is there, wait for more, until `stop`; `say` is called when a view's state changed."""
        while not stop.is_set():
            steps = self._steps() if self._may_have_more() else []
            sizes = [self._advance(position, until) for position, until in steps]
            say(self._tracks)
            self._measure_stopped()
            if not any(sizes):
                self._rest(stop)
            elif max(sizes) < self._settings.batch:
                self._views.hurry.wait(self._settings.linger)
            self._tracks.look_again(self._settings.standby)
            self._sweep.look_again()

    def close(self) -> None:
        """Measure no more: another process may be the active one from now on."""
        self._tracks.close()

    def _may_have_more(self) -> bool:
        """Whether to read the ledger: it is known to go on, a view is new, or nothing was said for long."""
        head = self._ledger.known_head
        behind = any(t.position < head or not (t.ready and t.current) for t in self._tracks.running)
        if behind or time.monotonic() - self._read > _LOOK:
            self._read = time.monotonic()
            return True
        return False

    def _steps(self) -> list[tuple[int, int | None]]:
        """The positions at which views stand, each with the next, where it meets the others."""
        positions = sorted({track.position for track in self._tracks.running})
        return list(zip_longest(positions, positions[1:]))

    def _advance(self, position: int, until: int | None) -> int:
        """Take all views that stand at `position` one batch on; answers how many events there were."""
        tracks = [track for track in self._tracks.running if track.position == position]
        events = self._ledger.read(after=position, limit=self._settings.batch, until=until)
        at_end = len(events) < self._settings.batch
        reached = events[-1].position if events else position
        if at_end and until is not None:
            reached = until
        if reached > position or (at_end and not all(track.ready for track in tracks)):
            self._fold(tracks, events, reached, ready=at_end and until is None)
            self._head = reached if at_end and until is None else self._ledger.head()
            for track in tracks:
                recorded = events[-1].recorded_at if events else None
                track.meter(track.position, self._head, len(events), recorded)
            self._tell_progress()
        for track in tracks:
            track.current = track.current or (at_end and until is None)
        return len(events)

    def _measure_stopped(self) -> None:
        """A view that stands still falls behind: its lag must show that."""
        for track in self._tracks.stopped:
            track.meter(track.position, self._head, 0)

    def _tell_progress(self) -> None:
        """Say now and then how far the views are that are being built."""
        if time.monotonic() - self._told > _TELL:
            self._told = time.monotonic()
            for view, at in self._tracks.building().items():
                log.info("builds a view", service=self._ledger.service, view=view, at=at, head=self._head)

    def _fold(self, tracks: list[Track], events: Batch, reached: int, *, ready: bool) -> None:
        """Fold and commit; a view that cannot take an event stops before it, and the others go on."""
        try:
            self._transaction(tracks, events, reached, ready=ready)
        except Stuck:
            if len(tracks) == 1:
                self._creep(tracks[0], events)
            else:
                for track in tracks:
                    self._fold([track], events, reached, ready=ready)
        else:
            self._views.moved({track.view.name: reached for track in tracks if track.ready})

    def _creep(self, track: Track, events: Batch) -> None:
        """Take a view event by event up to the one that it cannot take, and stop it there."""
        for recorded in events:
            try:
                self._transaction([track], [recorded], recorded.position, ready=False)
            except Stuck as stuck:
                error = stuck.__cause__
                where = f"{recorded.name} of {recorded.stream} at position {recorded.position}"
                self._tracks.stop(track, f"cannot fold {where}: {_kind_of(error)} (the log says more)")
                log.exception("stops a view", view=track.view.name, reason=track.stopped, exc_info=error)
                return

    def _transaction(self, tracks: list[Track], events: Batch, reached: int, *, ready: bool) -> None:
        service = self._ledger.service
        try:
            with conventions.projected(service, len(events), reached):
                self._begin(tracks, events)
                for track in tracks:
                    fold(track.view, events, track.rows)
                self._commit(tracks, events, reached, ready=ready)
        except BaseException as error:
            for track in tracks:
                track.rows.forget()
            self._connection.rollback()
            if self._is_of_an_event(error):
                raise Stuck from error
            raise
        for track in tracks:
            track.rows.settle()
            track.position = reached
            track.ready = track.ready or ready
        self._heard = time.monotonic()

    def _begin(self, tracks: list[Track], events: Batch) -> None:
        """Begin, see that nobody moved the views, and fetch their rows: one exchange with the server.

        One only, because under load every wait for an answer also waits for Python's lock. The
        records of the positions stay locked until the commit.
        """
        looking = [track for track in tracks if not track.rows.complete]
        looked_at = [LookedAt.by(track.view, events) for track in looking]
        with self._connection.pipeline(), self._connection.cursor() as cursor:
            self._cursor.execute("BEGIN")
            view_tables.ask(cursor, [track.view.schema for track in tracks])
            for track, rows in zip(looking, looked_at, strict=True):
                track.rows.ask(rows.wanted, rows.begun)
            stored = view_tables.answered(cursor)
            for track in tracks:
                track.rows.learn()
        for track in tracks:
            found = stored.get(track.view.schema)
            if found is None or (found.position, found.generation) != (track.position, track.generation):
                raise Replaced(f"the view {track.view.name} was replaced")

    def _commit(self, tracks: list[Track], events: Batch, reached: int, *, ready: bool) -> None:
        """Write rows, positions and what was passed over, and commit: one exchange with the server."""
        schemas, passed = [track.view.schema for track in tracks], passed_over.among(events)
        with self._connection.pipeline():
            for track in tracks:
                track.rows.write(self._cursor)
            passed_over.note(self._cursor, schemas, passed)
            view_tables.advance(self._cursor, schemas, reached, ready=ready)
            self._cursor.execute("COMMIT")
        if news := passed.keys() - self._passed:
            self._passed |= news
            log.info("views pass over events of a newer release", views=schemas, types=sorted(news))

    @staticmethod
    def _is_of_an_event(error: BaseException) -> bool:
        """Whether trying again with the same events would end in the same way."""
        if isinstance(error, psycopg.Error):
            return isinstance(error, _OF_AN_EVENT)
        return isinstance(error, Exception) and not isinstance(error, Replaced)

    def _rest(self, stop: Event) -> None:
        """Wait for more events; notice meanwhile when the connection, and so the lock, is lost."""
        running = [track.position for track in self._tracks.running]
        if not running:
            stop.wait(self._settings.standby)
        elif self._ledger.wait(max(running), timeout=0.1):
            return
        if time.monotonic() - self._heard > _HEARTBEAT:
            self._cursor.execute("SELECT 1")
            self._heard = time.monotonic()


def _kind_of(error: BaseException | None) -> str:
    """What may be told to everybody: what an error says can quote the values of rows and events."""
    state = getattr(error, "sqlstate", None)
    return type(error).__name__ + (f", SQLSTATE {state}" if state else "")
