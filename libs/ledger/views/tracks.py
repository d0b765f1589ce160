"""Which views a projector follows: the tables of a view have one follower at a time, of whatever release.

Projectors of one release stand by for each other. Those of two releases run at once: each follows the
views that it alone has, and of the views that both have, the one that took them first, until it ends.
"""

import time
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import DictRow

from libs.ledger.store import leader_lock
from libs.ledger.views import passed_over, view_tables
from libs.ledger.views.mending import Mending
from libs.ledger.views.rows import RowStore
from libs.ledger.views.view import View, Views
from libs.telemetry import logs, metrics

log = logs.get("projector")


@dataclass(slots=True, eq=False)
class Track:
    """One view on its way through the ledger.

    `ready`: it has once been up to date, so it may be asked; `current`: this projector has brought it
    up to date; `stopped` says why it goes no further.
    """

    view: View
    rows: RowStore
    position: int
    generation: int
    ready: bool
    meter: metrics.Reader
    current: bool = False
    stopped: str = ""


class Tracks:
    """The views of a service, over one connection that holds a lock on those that it may follow."""

    def __init__(
        self, views: Views, connection: Connection[DictRow], mending: Mending, *, cache: int
    ) -> None:
        """`mending` is told of views that lack events; `cache`: rows kept in memory per table."""
        self.running: list[Track] = []
        self.stopped: list[Track] = []
        self._views = views
        self._service = views.ledger.service
        self._connection = connection
        self._mending = mending
        self._cache = cache
        self._elsewhere: list[View] = [*views]
        self._unbuilt: tuple[str, ...] = ()
        self._looked = 0.0
        for view in views:
            metrics.view_stopped(self._service, view.name, stopped=False)
        self.look()

    def look_again(self, every: float) -> None:
        """Look, if that was not done in the last `every` seconds and there is anything to see."""
        if (self._elsewhere or self.stopped) and time.monotonic() - self._looked > every:
            self.look()

    def look(self) -> None:
        """Take the views that nobody follows, and see how those are that others follow."""
        self._looked = time.monotonic()
        self._reconsider()
        for view in [*self._elsewhere]:
            if leader_lock.try_lock(self._connection, view_tables.lock_of(view.schema)):
                self._elsewhere.remove(view)
                self.running.append(self._taken(view))
        self._unbuilt = ()
        if self._elsewhere:
            with self._connection.cursor() as cursor:
                self._unbuilt = view_tables.unbuilt(cursor, self._elsewhere)

    def stop(self, track: Track, reason: str) -> None:
        """It cannot go on here; a projector of a release that can may take it."""
        track.stopped = reason
        self.running.remove(track)
        self.stopped.append(track)
        metrics.view_stopped(self._service, track.view.name, stopped=True)
        leader_lock.give_up(self._connection, view_tables.lock_of(track.view.schema))

    def close(self) -> None:
        """Measure no more."""
        for track in (*self.running, *self.stopped):
            track.meter.close()
            metrics.view_stopped(self._service, track.view.name, stopped=False)

    def building(self) -> dict[str, str]:
        """The views that are not up to date yet, with how far they are."""
        own = {t.view.name: f"position {t.position:,}" for t in self.running if not (t.ready and t.current)}
        return own | dict.fromkeys(self._unbuilt, "by a projector of another release")

    def _taken(self, view: View) -> Track:
        """The view where it stands; one that has no tables of this shape begins, beside all others."""
        rows = RowStore(view, self._connection, limit=self._cache)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            stored = view_tables.make_missing(cursor, view, ready=False)
            lacks = passed_over.noted(cursor, view.schema)
        if stored.position == 0:
            rows.start_empty()
        if not stored.ready:
            log.info("builds a view", service=self._service, view=view.name, position=stored.position)
        self._views.moved({view.name: stored.position if stored.ready else -1})
        ledger = self._views.ledger
        if known := sorted(name for name in lacks if ledger.mapper.knows(name)):
            self._mending.add(view, known)
        meter = metrics.read(ledger.service, f"view.{view.name}", lambda: ledger.known_head)
        return Track(view, rows, stored.position, stored.generation, stored.ready, meter)

    def _reconsider(self) -> None:
        """A stopped view was rebuilt, or another release has taken it past the event: it counts again."""
        for track in [*self.stopped]:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                stored = view_tables.stored(cursor, track.view.schema)
            if stored is None or (stored.position, stored.generation) != (track.position, track.generation):
                self.stopped.remove(track)
                track.meter.close()
                self._elsewhere.append(track.view)
                metrics.view_stopped(self._service, track.view.name, stopped=False)
