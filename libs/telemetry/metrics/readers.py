"""What is measured of those that follow a ledger: views, relays, inboxes."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from prometheus_client import Counter, Gauge

from libs.telemetry.metrics.registry import REGISTRY

_reader_position = Gauge(
    "linli_reader_position",
    "Last ledger position handled: by a view (view.<name>) of its own ledger, by an inbox (inbox.<upstream>) "
    "of the neighbour's.",
    ["service", "reader"], registry=REGISTRY,
)  # fmt: skip
_reader_lag = Gauge(
    "linli_reader_lag_positions",
    "Ledger positions not handled after the last batch. If it grows for minutes: answers are out of date: "
    "see /readyz and the log of the projector or delivery.",
    ["service", "reader"], registry=REGISTRY,
)  # fmt: skip
_reader_lag_seconds = Gauge(
    "linli_reader_lag_seconds",
    "Seconds since the oldest event that is not handled was recorded; 0 while all are. It grows while a "
    "reader stands still. Answers are out of date by so much: see /readyz and the log.",
    ["service", "reader"], registry=REGISTRY,
)  # fmt: skip
_reader_events = Counter(
    "linli_reader_events",
    "Events handled by a view or an inbox. Stands still while linli_ledger_position grows: look at /readyz.",
    ["service", "reader"], registry=REGISTRY,
)  # fmt: skip
_view_stopped = Gauge(
    "linli_view_stopped",
    "1 while a view stands still at an event that it cannot take: its answers are out of date. The log says "
    "which event; mend the code, then `linli <service> rebuild <view>`.",
    ["service", "view"], registry=REGISTRY,
)  # fmt: skip


class Reader:
    """The meter of what follows a ledger, for as long as this process is the one that does.

    Call it after each batch.
    """

    def __init__(self, service: str, reader: str, head: Callable[[], int]) -> None:
        """`head`: the end of the ledger that is followed, as far as this process has heard of it."""
        self._labels = (service, reader)
        self._head = head
        self._reached, self._behind_by = 0, 0.0
        self._since: float | None = None  # when it was first seen that there is more
        self._began = False

    def hear(self) -> None:
        """Something came that is to be handled: how long that takes is seen from now on."""
        if self._reached < self._head() and self._since is None:
            self._since = time.monotonic()
        self._begin()

    def __call__(self, reached: int, head: int, count: int, recorded: datetime | None = None) -> None:
        """Position reached, end of the ledger, events handled, and when the last of them was recorded."""
        _reader_position.labels(*self._labels).set(reached)
        _reader_lag.labels(*self._labels).set(max(0, head - reached))
        _reader_events.labels(*self._labels).inc(count)
        now = time.monotonic()
        if reached >= head:
            self._behind_by, self._since = 0.0, None
        elif recorded is not None:
            self._behind_by, self._since = max(0.0, time.time() - recorded.timestamp()), now
        self._reached = reached
        self._begin()

    def _begin(self) -> None:
        if not self._began:
            self._began = True
            _reader_lag_seconds.labels(*self._labels).set_function(self._late)

    def _late(self) -> float:
        """Seconds since what is not handled yet was recorded: grows while it stands still."""
        if self._reached >= self._head() and not self._behind_by:
            self._since = None
            return 0.0
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        return self._behind_by + now - self._since

    def close(self) -> None:
        """This process follows no longer: what it has measured is old, and another one measures."""
        if self._began:
            self._began = False
            self._behind_by, self._since = 0.0, None
            for gauge in (_reader_position, _reader_lag, _reader_lag_seconds):
                with suppress(KeyError):  # it heard of something, and handled nothing
                    gauge.remove(*self._labels)


def read(service: str, reader: str, head: Callable[[], int] = lambda: 0) -> Reader:
    """The meter of what follows a ledger (`view.all_cases`, `relay`, `inbox.cases`)."""
    return Reader(service, reader, head)


def view_stopped(service: str, view: str, *, stopped: bool) -> None:
    """Whether a view stands still because it cannot take an event."""
    _view_stopped.labels(service, view).set(stopped)
