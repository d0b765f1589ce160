"""The brake on guessing: after some failures under one name every further try must wait longer."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from services.identity.domain import refusals

FREE = 5
"""Failures that cost nothing: people mistype."""

LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(hours=1)
MOST = 50_000


class Throttle:
    """Counts failures by name, in the memory of this process; the longest quiet are forgotten first.

    Each replica counts for itself: N replicas allow N times the tries, which the growing wait
    makes up for.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, name: str) -> None:
        """Refuse TOO_MANY_ATTEMPTS while the name must wait."""
        with self._lock:
            count, last = self._failures.get(name, (0, self._clock()))
        left = last + wait_after(count) - self._clock()
        if left > timedelta(0):
            raise refusals.too_many_attempts(int(left.total_seconds()) + 1)

    def failed(self, name: str) -> None:
        """One more failure."""
        now = self._clock()
        with self._lock:
            count, last = self._failures.pop(name, (0, now))
            self._failures[name] = (1 if now - last > FORGOTTEN else count + 1, now)
            while len(self._failures) > MOST:
                self._failures.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """Begin again."""
        with self._lock:
            self._failures.pop(name, None)


def wait_after(failures: int) -> timedelta:
    """How long the next try must wait: nothing at first, then 1 s, 2 s, 4 s … up to 15 minutes."""
    if failures < FREE:
        return timedelta(0)
    return min(LONGEST, timedelta(seconds=2 ** min(failures - FREE, 20)))
