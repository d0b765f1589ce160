"""The projector: keeps a service's views up with its ledger; of several, one is active."""

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Literal

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow

from libs.ledger.errors import LedgerUnavailable
from libs.ledger.store import leader_lock
from libs.ledger.views import view_tables
from libs.ledger.views.mending import Mending
from libs.ledger.views.projection import Projection, ProjectorSettings, Replaced
from libs.ledger.views.tracks import Tracks
from libs.ledger.views.view import Views
from libs.retry.backoff import Backoff, Failures
from libs.telemetry import logs

log = logs.get("projector")

_BACKOFF = Backoff(first=0.1, most=5.0)

State = Literal["starting", "standing by", "active", "in trouble", "stopped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the projector is.

    `trouble`: what is wrong with the database; `stopped_views`: which views stand still, at which
    event, and why; `building`: views that are not up to date yet, and how far they are.
    """

    state: State
    trouble: str = ""
    stopped_views: Mapping[str, str] = field(default_factory=dict)
    building: Mapping[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Every view can be asked, and this process or another one keeps it up."""
        return self.state in {"active", "standing by"} and not self.stopped_views and not self.building


class Projector:
    """Folds in a thread of its own (`start`, `close`) or in the caller's (`run`)."""

    def __init__(self, views: Views, settings: ProjectorSettings | None = None) -> None:
        self._views = views
        self._settings = settings or ProjectorSettings()
        self._mending = Mending(views.ledger)
        self._status = Status(state="starting")
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Run in a thread of its own until `close`."""
        name = f"projector-{self._views.ledger.service}"
        self._thread = Thread(target=self.run, args=(self._stop,), name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish the batch in hand and stop."""
        self._stop.set()
        self._views.hurry.set()
        if self._thread is not None:
            self._thread.join(timeout=30)

    def status(self) -> Status:
        """How it is, for readiness."""
        return self._status

    def lacking(self) -> str:
        """Which views lack events of types that this release knows, in words; or nothing."""
        lacking = ", ".join(self._mending.lacking())
        return f"{lacking}: lacks events that an older release passed over; is built again" if lacking else ""

    def run(self, stop: Event) -> None:
        """Follow the ledger until `stop`; outlasts every trouble with the database."""
        failures = Failures(_BACKOFF)
        while not stop.is_set():
            began = time.monotonic()
            try:
                self._follow(stop)
            except Replaced as replaced:
                log.info("projector looks at its views again", reason=str(replaced))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is said, and tried again
                if stop.is_set():
                    break  # whoever stops it knows already
                self._trouble(error)
                stop.wait(failures.pause(lasted=time.monotonic() - began))
        self._mending.close()
        self._status = Status(state="stopped")

    def _follow(self, stop: Event) -> None:
        with leader_lock.connect(self._views.ledger.settings.dsn, "projector") as connection:
            if self._stand_by(connection, stop):
                log.info("projector is active", service=self._views.ledger.service)
                projection = Projection(self._views, connection, self._mending, self._settings)
                with closing(projection):
                    projection.follow(stop, self._say)

    def _stand_by(self, connection: Connection[DictRow], stop: Event) -> bool:
        """Until no other projector of a release with the same views is active."""
        turn = "projector of " + " ".join(sorted(view.schema for view in self._views))
        while not stop.is_set():
            if leader_lock.try_lock(connection, turn):
                return True
            if self._status.state != "standing by":
                log.info("projector stands by: another one is active", service=self._views.ledger.service)
            with connection.cursor() as cursor:
                unbuilt = view_tables.unbuilt(cursor, self._views)
            self._status = Status(state="standing by", building=dict.fromkeys(unbuilt, "by another process"))
            stop.wait(self._settings.standby)
        return False

    def _say(self, tracks: Tracks) -> None:
        self._status = Status(
            state="active",
            stopped_views={track.view.name: track.stopped for track in tracks.stopped},
            building=tracks.building(),
        )

    def _trouble(self, error: Exception) -> None:
        expected = isinstance(error, (psycopg.Error, LedgerUnavailable))
        trouble = f"{type(error).__name__}: {logs.without_rows(str(error))}".strip()
        self._status = Status(state="in trouble", trouble=trouble)
        log.warning(
            "projector has trouble and tries again",
            service=self._views.ledger.service,
            error=self._status.trouble.partition("\n")[0],
            exc_info=not expected,
        )
