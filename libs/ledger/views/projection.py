"""The active projector's work over one connection: read a batch, fold it into every view, commit."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from threading import Event
from typing import Any

import psycopg
from psycopg import Connection, Cursor
from psycopg.errors import PipelineAborted
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views import passed_over, view_tables
from libs.ledger.views.rows import RowStore
from libs.ledger.views.view import Key, View, Views
from libs.telemetry import conventions, logs, metrics

log = logs.get("projector")

Batch = list[Recorded[Any]]
_HEARTBEAT = 5.0  # seconds between looks whether the connection, and with it the lock, is still there


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectorSettings:
    """`batch`: events a transaction at most. `linger`: seconds to gather more events under load.

    `cache`: rows kept in memory per table. `standby`: seconds between tries to become the active one.
    """

    batch: int = 1000
    linger: float = 0.025
    cache: int = 2000
    standby: float = 0.25


@dataclass(slots=True, eq=False)
class Track:
    """One view on its way through the ledger; `stopped` says why it goes no further."""

    view: View
    rows: RowStore
    position: int = 0
    generation: int = 0
    ready: bool = False
    stopped: str = ""


class Replaced(Exception):
    """Somebody replaced or moved a view under this projector: look again."""


class Stuck(Exception):
    """One of these views cannot take one of these events."""


def keys_of(view: View, events: Batch) -> list[tuple[str, Key]]:
    """The rows that folding the batch will look at."""
    return [key for recorded in events if recorded.known for key in view.keys(recorded)]


def fold(view: View, events: Batch, rows: RowStore) -> None:
    """Fold a batch into a view's rows, but for events of types that only a newer release knows."""
    for recorded in events:
        if recorded.known:
            view.fold(recorded, rows)


# A value or a statement of the view. All other errors of the database are its own: a server that has
# become read-only must not stop a view for good.
_OF_AN_EVENT = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError, PipelineAborted)


class Projection:
    """All views of a service, followed over one connection that holds the projector's lock.

    Everything is written over this connection: when it is lost, so is the lock, and nothing more
    can be written.
    """

    def __init__(
        self, views: Views, connection: Connection[DictRow], settings: ProjectorSettings, owned: set[str]
    ) -> None:
        self._views = views
        self._ledger = views.ledger
        self._connection = connection
        self._cursor: Cursor[DictRow] = connection.cursor()
        self._settings = settings
        self._owned = owned
        self._tracks = [self._track(view) for view in views]
        service, head = self._ledger.service, lambda: self._ledger.known_head
        self._meters = {v.name: metrics.read(service, f"view.{v.name}", head) for v in views}
        self._heard = time.monotonic()
        self._head = 0
        self._passed: set[str] = set()
        for track in self._tracks:
            metrics.view_stopped(self._ledger.service, track.view.name, stopped=bool(track.stopped))

    def follow(self, stop: Event, say: Callable[[list[Track]], None]) -> None:
        """Fold what is there, wait for more, until `stop`; `say` is called when a view's state changed."""
        self._views.moved({track.view.name: track.position for track in self._tracks if track.ready})
        while not stop.is_set():
            say(self._tracks)
            sizes = [self._advance(position, until) for position, until in self._steps()]
            self._measure_stopped()
            if not any(sizes):
                self._rest(stop)
            elif max(sizes) < self._settings.batch:
                self._views.hurry.wait(self._settings.linger)

    def close(self) -> None:
        """Measure no more: another process may be the active one from now on."""
        for meter in self._meters.values():
            meter.close()

    def _track(self, view: View) -> Track:
        """The view as it stands; a missing one, or one of another shape, begins anew."""
        track = Track(view, RowStore(view, self._connection, limit=self._settings.cache))
        with self._connection.transaction():
            stored = view_tables.stored(self._cursor, [view.name]).get(view.name)
            if stored is not None and stored.shape != view.shape and self._is_newer(view, stored):
                track.stopped = "was made by another release: its own projector must follow it"
                log.error("leaves a view alone", view=view.name, reason=track.stopped)
                return track
            if not view_tables.exists(self._cursor, view) or stored is None or stored.shape != view.shape:
                log.info("builds a view from the beginning", view=view.name, found=stored is not None)
                view_tables.create(self._cursor, view)
                view_tables.record(self._cursor, view, 0, ready=False)
                stored = view_tables.stored(self._cursor, [view.name])[view.name]
            if stored.position == 0:
                track.rows.start_empty()
        track.position, track.generation, track.ready = stored.position, stored.generation, stored.ready
        self._owned.add(view.name)
        return track

    def _is_newer(self, view: View, stored: view_tables.Stored) -> bool:
        return stored.version > view.version or view.name in self._owned

    def _steps(self) -> list[tuple[int, int | None]]:
        """The positions at which views stand, each with the next, where it meets the others."""
        positions = sorted({track.position for track in self._tracks if not track.stopped})
        return list(zip_longest(positions, positions[1:]))

    def _advance(self, position: int, until: int | None) -> int:
        """Take all views that stand at `position` one batch on; answers how many events there were."""
        tracks = [track for track in self._tracks if track.position == position and not track.stopped]
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
                self._meters[track.view.name](track.position, self._head, len(events), recorded)
        return len(events)

    def _measure_stopped(self) -> None:
        """A view that stands still falls behind: its lag must show that."""
        for track in self._tracks:
            if track.stopped:
                self._meters[track.view.name](track.position, self._head, 0)

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
                track.stopped = f"cannot fold {where}: {type(error).__name__}: {error}"
                metrics.view_stopped(self._ledger.service, track.view.name, stopped=True)
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
        keys = [[] if track.rows.complete else keys_of(track.view, events) for track in tracks]
        with self._connection.pipeline(), self._connection.cursor() as cursor:
            self._cursor.execute("BEGIN")
            view_tables.ask(cursor, [track.view.name for track in tracks])
            for track, wanted in zip(tracks, keys, strict=True):
                track.rows.ask(wanted)
            stored = view_tables.answered(cursor)
            for track in tracks:
                track.rows.learn()
        for track in tracks:
            found = stored.get(track.view.name)
            if found is None or (found.position, found.generation) != (track.position, track.generation):
                raise Replaced(f"the view {track.view.name} was replaced")

    def _commit(self, tracks: list[Track], events: Batch, reached: int, *, ready: bool) -> None:
        """Write rows, positions and what was passed over, and commit: one exchange with the server."""
        names, passed = [track.view.name for track in tracks], passed_over.among(events)
        with self._connection.pipeline():
            for track in tracks:
                track.rows.write(self._cursor)
            passed_over.note(self._cursor, names, passed)
            view_tables.advance(self._cursor, names, reached, ready=ready)
            self._cursor.execute("COMMIT")
        if news := passed.keys() - self._passed:
            self._passed |= news
            log.info("views pass over events of a newer release", views=names, types=sorted(news))

    @staticmethod
    def _is_of_an_event(error: BaseException) -> bool:
        """Whether trying again with the same events would end in the same way."""
        if isinstance(error, psycopg.Error):
            return isinstance(error, _OF_AN_EVENT)
        return isinstance(error, Exception) and not isinstance(error, Replaced)

    def _rest(self, stop: Event) -> None:
        """Wait for more events; notice meanwhile when the connection, and so the lock, is lost."""
        running = [track.position for track in self._tracks if not track.stopped]
        if not running:
            stop.wait(0.5)
        elif self._ledger.wait(max(running), timeout=0.1):
            return
        if time.monotonic() - self._heard > _HEARTBEAT:
            self._cursor.execute("SELECT 1")
            self._heard = time.monotonic()
