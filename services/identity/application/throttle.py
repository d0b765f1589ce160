"""The brake on guessing: after some failures under one name every further try must wait longer."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.identity.domain import refusals

FORGOTTEN = timedelta(hours=1)
MOST = 50_000
_TURNSTILES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """How fast one may guess: `free` failures cost nothing (people mistype), then 1 s, 2 s … `longest`."""

    free: int
    longest: timedelta

    def wait_after(self, failures: int) -> timedelta:
        """How long the next try must wait."""
        if failures < self.free:
            return timedelta(0)
        return min(self.longest, timedelta(seconds=2 ** min(failures - self.free, 20)))


FROM_ONE_ADDRESS = Brake(free=5, longest=timedelta(minutes=15))
FROM_ANYWHERE = Brake(free=100, longest=timedelta(minutes=1))
"""For a name that is guessed at from many addresses; addresses it has been used from do not wait."""

_Failures = OrderedDict[tuple[str, str], tuple[int, datetime]]


class Throttle:
    """Counts failures by name and address, and by name, in the memory of this process.

    Whoever fails on purpose stops their own address only. From many addresses they slow down
    those who come from an address that is new to the name, by a minute after each try.

    Each replica counts for itself: N replicas allow N times the tries, which the growing wait
    makes up for. The longest quiet are forgotten first.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._here: _Failures = OrderedDict()
        self._anywhere: _Failures = OrderedDict()
        self._used: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = threading.Lock()
        self._turnstiles = tuple(threading.Lock() for _ in range(_TURNSTILES))

    def turnstile(self, name: str) -> AbstractContextManager[bool]:
        """Hold it from `check` until `failed` or `succeeded`: tries side by side would all pass the check.

        Names share some; whoever has to wait is refused without holding one for long.
        """
        return self._turnstiles[hash(name) % _TURNSTILES]

    def check(self, name: str, address: str) -> None:
        """Refuse TOO_MANY_ATTEMPTS while the name must wait at this address."""
        now = self._clock()
        with self._lock:
            left = self._left(self._here, FROM_ONE_ADDRESS, (name, address), now)
            if (name, address) not in self._used:
                left = max(left, self._left(self._anywhere, FROM_ANYWHERE, (name, ""), now))
        if left > timedelta(0):
            raise refusals.too_many_attempts(int(left.total_seconds()) + 1)

    def failed(self, name: str, address: str) -> None:
        """One more failure."""
        now = self._clock()
        with self._lock:
            _count(self._here, (name, address), now)
            if (name, address) not in self._used:
                _count(self._anywhere, (name, ""), now)

    def succeeded(self, name: str, address: str) -> None:
        """Begin again at this address, from which the name is used."""
        with self._lock:
            self._here.pop((name, address), None)
            self._used[name, address] = None
            self._used.move_to_end((name, address))
            _bound(self._used)

    @staticmethod
    def _left(failures: _Failures, brake: Brake, key: tuple[str, str], now: datetime) -> timedelta:
        count, last = failures.get(key, (0, now))
        return last + brake.wait_after(count) - now


def _count(failures: _Failures, key: tuple[str, str], now: datetime) -> None:
    count, last = failures.pop(key, (0, now))
    failures[key] = (1 if now - last > FORGOTTEN else count + 1, now)
    _bound(failures)


def _bound(remembered: OrderedDict[tuple[str, str], Any]) -> None:
    while len(remembered) > MOST:
        remembered.popitem(last=False)
