"""Views that lack events: an older release's projector passed over types that only this release knows."""

from collections.abc import Sequence
from threading import Event, Lock, Thread

import psycopg

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.store import leader_lock
from libs.ledger.store.ledger import Ledger
from libs.ledger.views import passed_over
from libs.ledger.views.rebuild import Progress, RebuildRefused, rebuild
from libs.ledger.views.view import View
from libs.retry.backoff import Backoff, Failures
from libs.telemetry import logs

log = logs.get("projector")

_BACKOFF = Backoff(first=1.0, most=300.0)
_A_BATCH = 5.0  # seconds that a rebuild is given to notice that it is to end


class _Closed(Exception):
    """Told to stop in the middle."""


class Mending:
    """Builds such views beside the live ones, which go on meanwhile, and switches.

    One after the other, in a thread of its own, and again until they lack nothing.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._views: dict[str, View] = {}
        self._lock = Lock()
        self._stop = Event()
        self._thread: Thread | None = None

    def lacking(self) -> Sequence[str]:
        """The views that lack events still."""
        with self._lock:
            return [*self._views]

    def add(self, view: View, types: Sequence[str]) -> None:
        """This view lacks events of these types."""
        with self._lock:
            if view.name in self._views or self._stop.is_set():
                return
            self._views[view.name] = view
            if self._thread is None:
                name = f"mending-{self._ledger.service}"
                self._thread = Thread(target=self._run, name=name, daemon=True)
                self._thread.start()
        log.info("a view lacks events", service=self._ledger.service, view=view.name, types=types)

    def close(self) -> None:
        """Stop; what is half built goes. The next projector that takes a view finds what it lacks."""
        with self._lock:
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(_A_BATCH)

    def _run(self) -> None:
        failures = Failures(_BACKOFF)
        while (view := self._next()) is not None:
            try:
                self._mend(view)
            except _Closed:
                return
            except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and tried again
                self._tell(view, error)
                self._put_back(view)
                self._stop.wait(failures.pause())
            else:
                failures.reset()
                with self._lock:
                    del self._views[view.name]

    def _next(self) -> View | None:
        with self._lock:
            if self._stop.is_set() or not self._views:
                self._thread = None
                return None
            return next(iter(self._views.values()))

    def _put_back(self, view: View) -> None:
        """The others come first."""
        with self._lock:
            self._views[view.name] = self._views.pop(view.name)

    def _mend(self, view: View) -> None:
        about = {"service": self._ledger.service, "view": view.name}
        if self._lacks(view):  # another process may have built it
            log.info("builds a view again that lacks events", **about)
            rebuild(self._ledger, view, self._look_up)
        log.info("a view lacks nothing any more", **about)

    def _lacks(self, view: View) -> bool:
        with (
            leader_lock.connect(self._ledger.settings.dsn, "mending") as connection,
            connection.cursor() as cursor,
        ):
            return any(map(self._ledger.mapper.knows, passed_over.noted(cursor, view.schema)))

    def _look_up(self, _progress: Progress) -> None:
        if self._stop.is_set():
            raise _Closed

    def _tell(self, view: View, error: Exception) -> None:
        expected = isinstance(error, (RebuildRefused, LedgerUnavailable, psycopg.Error))
        log.warning(
            "a view lacks events still",
            service=self._ledger.service,
            view=view.name,
            error=f"{type(error).__name__}: {error}".partition("\n")[0],
            exc_info=None if expected else error,
        )
