"""Clocks: a durable schedule whose due moments become commands, in order and once each.

The schedule is a view of the service, so it survives whatever happens to a process; the commands
are decided like any others, so a moment that two runners fire takes effect once.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.decider import Decider, Refusal
from libs.ledger.errors import EventTypeUnknown
from libs.ledger.recorded import Context, utc_now
from libs.ledger.streams.registry import Streams
from libs.ledger.streams.stream import Task, handle_many
from libs.ledger.views.view import Views
from libs.messaging.failures import PASSING, told, trouble
from libs.telemetry import conventions, logs, metrics

_log = logs.get("clocks")

C = TypeVar("C")

_AT_A_LOOK = 1_000
"""Moments that are read from the schedule at once."""
TOGETHER = 50
"""Moments in one append. While it is written, nobody else's append is: so there are not too many."""
_HURRY = 10.0
"""Seconds; where moments are as late as this, clocks rest no more."""
_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Moment(Generic[C]):
    """A command that is due at a moment; `decider` names the kind of stream, `id` the stream."""

    due_at: datetime
    decider: Decider[C, Any, Any]
    id: str
    command: C


class Schedule(Protocol):
    """A view that keeps moments."""

    @property
    def name(self) -> str:
        """The view's name."""
        ...

    def due(self, cursor: Cursor[DictRow], now: datetime, limit: int) -> Sequence[Moment[Any]]:
        """The moments not later than `now`, the earliest first, `limit` at most."""
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Fires what a schedule has due. `Clock("deadlines", DUE_MOMENTS)`.

    The command of a moment must decide "nothing happened" when the moment has been dealt with:
    the view may lag behind, and two processes may fire at once.
    """

    name: str
    schedule: Schedule

    def due(self, views: Views, now: datetime, limit: int) -> Sequence[Moment[Any]]:
        """The moments not later than `now`, the earliest first, as far as the view has got."""
        with views.read(self.schedule.name) as cursor:
            return self.schedule.due(cursor, now, limit)


_Key = tuple[str, str, datetime]


class ClockRunner:
    """Fires the due moments of one service. `run` it in a thread of its own, in any number of processes."""

    def __init__(
        self,
        service: str,
        views: Views,
        streams: Streams,
        clocks: Sequence[Clock],
        *,
        now: Callable[[], datetime] = utc_now,
        every: float = 0.5,
    ) -> None:
        """The schedule is read `every` seconds."""
        self._service = service
        self._views = views
        self._streams = streams
        self._clocks = clocks
        self._now = now
        self._every = every
        self._left: dict[_Key, float] = {}
        self._paused = ""
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Fire due moments until `stop` is set; failures of the store are waited out."""
        self._stop = stop
        while not stop.is_set():
            fired = 0
            try:
                fired = self.fire()
            except Exception as error:  # noqa: BLE001  # logged, and tried again for as long as it takes
                # a process that is about to end because of the same trouble names the cause first
                if not stop.wait(self._every):
                    _log.warning("clocks failed", service=self._service, **trouble(error))
                continue
            if not fired:
                stop.wait(self._every)

    def fire(self) -> int:
        """Fire what is due now, the earliest first; says how many moments were handled.

        Where there are many, some at a time, with rests between them in which others are served. Nothing is
        fired while the clock of this process is wrong: a moment that fired too early stays in the ledger
        for ever.
        """
        if self._is_paused():
            return 0
        self._forgive()
        moments = [moment for moment in self._due(self._now()) if _key(moment) not in self._left]
        fired = 0
        for start in range(0, len(moments), TOGETHER):
            began = time.monotonic()
            if start and (self._stop.is_set() or self._is_paused()):
                break
            some = moments[start : start + TOGETHER]
            fired += self._fire(some)
            if start + TOGETHER < len(moments):
                late = (self._now() - some[0].due_at).total_seconds()
                self._stop.wait(rest(time.monotonic() - began, late))
        return fired

    def _fire(self, moments: Sequence[Moment[Any]]) -> int:
        """Handle some moments; says how many were handled."""
        now = self._now()
        handled = self._handled(moments)
        for moment in moments:
            self._left[_key(moment)] = time.monotonic() + _AGAIN_SECONDS
        for moment in handled:
            metrics.clock_fired(self._service, (now - moment.due_at).total_seconds())
        return len(handled)

    def _is_paused(self) -> bool:
        trouble = self._views.ledger.clock_trouble()
        if bool(trouble) != bool(self._paused):
            say = _log.error if trouble else _log.info
            say("clocks are paused" if trouble else "clocks go on", service=self._service, reason=trouble)
        self._paused = trouble
        metrics.clocks_paused(self._service, paused=bool(trouble))
        return bool(trouble)

    def _due(self, now: datetime) -> list[Moment[Any]]:
        limit = _AT_A_LOOK + len(self._left)
        found = [moment for clock in self._clocks for moment in clock.due(self._views, now, limit)]
        return sorted(found, key=lambda moment: moment.due_at)[:limit]

    def _handled(self, moments: Sequence[Moment[Any]]) -> Sequence[Moment[Any]]:
        """Handle them, together if none is at fault; answers those that were handled."""
        try:
            self._handle(moments)
        except Exception as error:  # one of them is at fault, whatever it raised: let the others pass
            if isinstance(error, PASSING) and not isinstance(error, EventTypeUnknown):
                raise
            return [moment for moment in moments if self._handle_alone(moment)]
        return moments

    def _handle(self, moments: Sequence[Moment[Any]]) -> None:
        """Decide and append them together, in order."""
        handle_many(self._views.ledger, [self._task(moment) for moment in moments])

    def _handle_alone(self, moment: Moment[Any]) -> bool:
        try:
            self._handle([moment])
        except EventTypeUnknown as error:  # a process of the newer release fires it
            _log.warning("moment waits for a newer release", service=self._service, error=str(error))
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  # it stays in the schedule: tried again, and seen
            _log.error(
                "moment failed",
                service=self._service,
                stream=moment.decider.category,
                subject=moment.id,
                due_at=moment.due_at.isoformat(),
                error=told(error),
                exc_info=None if isinstance(error, Refusal) else error,
            )
        else:
            return True
        return False

    def _task(self, moment: Moment[Any]) -> Task:
        command, due_at = type(moment.command).__name__, moment.due_at.isoformat()
        with conventions.fired(self._service, command, due_at) as span:
            context = Context(
                actor=f"clock:{self._service}", occurred_at=moment.due_at, traceparent=span.traceparent
            )
        return self._streams.of(moment.decider), moment.id, moment.command, context

    def _forgive(self) -> None:
        """Moments that are still in the schedule a minute after they fired may try again."""
        now = time.monotonic()
        for key in [key for key, until in self._left.items() if until < now]:
            del self._left[key]


def rest(took: float, late: float) -> float:
    """How long clocks rest that worked for so long, where moments are so late; all in seconds.

    At first as long as they worked, so that they take half of the time at most; then less and less.
    """
    return took * min(1.0, max(0.0, 1 - late / _HURRY))


def _key(moment: Moment[Any]) -> _Key:
    return moment.decider.category, moment.id, moment.due_at
