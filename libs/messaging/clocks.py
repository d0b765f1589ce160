"""Clocks: a durable schedule whose due moments become commands, in order and once each.

The schedule is a view of the service, so it survives whatever happens to a process; the commands
are decided like any others, so a moment that two runners fire takes effect once.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context, utc_now
from libs.ledger.store.ledger import Ledger
from libs.ledger.streams.stream import Stream, Task, handle_many
from libs.messaging.failures import PASSING, told, trouble
from libs.telemetry import logs, metrics, traces

_log = logs.get("clocks")

_LIMIT = 200
_AGAIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A command that is due at a moment; `stream` is a key of `ServiceParts.streams`."""

    due_at: datetime
    stream: str
    id: str
    command: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A schedule kept by a view of the service.

    `due(now, limit, at_least)` answers the moments not later than `now`, the earliest first;
    `at_least` is a revision token to pass on to the view (the runner gives "": it remembers itself
    what it fired while the view is behind). The command must decide
    "nothing happened" when its moment has already been dealt with.
    """

    name: str
    due: Callable[[datetime, int, str], Sequence[Moment]]


_Key = tuple[str, str, datetime]


class ClockRunner:
    """Fires the due moments of one service. `run` it in a thread of its own, in any number of processes."""

    def __init__(
        self,
        service: str,
        ledger: Ledger,
        streams: Mapping[str, Stream[Any, Any, Any]],
        clocks: Sequence[Clock],
        *,
        now: Callable[[], datetime] = utc_now,
        every: float = 0.5,
    ) -> None:
        """The schedule is read `every` seconds."""
        self._service = service
        self._ledger = ledger
        self._streams = streams
        self._clocks = clocks
        self._now = now
        self._every = every
        self._left: dict[_Key, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Fire due moments until `stop` is set; failures of the store are waited out."""
        while not stop.is_set():
            fired = 0
            try:
                fired = self.fire()
            except Exception as error:  # noqa: BLE001  # logged, and tried again for as long as it takes
                if not stop.is_set():
                    _log.warning("clocks failed", service=self._service, **trouble(error))
            if not fired:
                stop.wait(self._every)

    def fire(self) -> int:
        """Fire what is due now, the earliest first; says how many moments were fired."""
        now = self._now()
        self._forgive()
        moments = [moment for moment in self._due(now) if _key(moment) not in self._left]
        if not moments:
            return 0
        try:
            self._handle(moments)
        except PASSING:
            raise
        except Exception:  # noqa: BLE001  # one of them is at fault, whatever it raised: let the others pass
            for moment in moments:
                self._handle_alone(moment)
        for moment in moments:
            metrics.clock_fired(self._service, (now - moment.due_at).total_seconds())
            self._left[_key(moment)] = time.monotonic() + _AGAIN_SECONDS
        return len(moments)

    def _due(self, now: datetime) -> list[Moment]:
        limit = _LIMIT + len(self._left)
        found = [moment for clock in self._clocks for moment in clock.due(now, limit, "")]
        return sorted(found, key=lambda moment: moment.due_at)[:limit]

    def _handle(self, moments: Sequence[Moment]) -> None:
        """Decide and append them together, in order."""
        handle_many(self._ledger, [self._task(moment) for moment in moments])

    def _handle_alone(self, moment: Moment) -> None:
        try:
            self._handle([moment])
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  # it stays in the schedule: tried again, and seen
            _log.error(
                "moment failed",
                service=self._service,
                stream=moment.stream,
                subject=moment.id,
                due_at=moment.due_at.isoformat(),
                error=told(error),
                exc_info=None if isinstance(error, Refusal) else error,
            )

    def _task(self, moment: Moment) -> Task:
        name = f"{self._service} clock {type(moment.command).__name__}"
        with traces.span(name, parent="", due_at=moment.due_at.isoformat()) as span:
            context = Context(
                actor=f"clock:{self._service}", occurred_at=moment.due_at, traceparent=span.traceparent
            )
        return self._streams[moment.stream], moment.id, moment.command, context

    def _forgive(self) -> None:
        """Moments that are still in the schedule a minute after they fired may try again."""
        now = time.monotonic()
        for key in [key for key, until in self._left.items() if until < now]:
            del self._left[key]


def _key(moment: Moment) -> _Key:
    return moment.stream, moment.id, moment.due_at
