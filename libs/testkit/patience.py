"""How long tests wait: in seconds of a calm machine, which last longer on a slow or a busy one.

Every limit of a test goes through `seconds`, or through a `Wait`. The machine's speed is measured once at
the start of a run (the workers of pytest-xdist inherit it); the load of the last minute counts while the
run goes on, and a wait that would end in vain measures the speed once more first.
"""

import hashlib
import os
import statistics
import sys
import time
from collections.abc import Callable

CALM = 0.04
"""Seconds that one round of the measurement takes on the calm machine for which the limits are written."""

MOST = 15.0
"""The most by which a limit grows: what is not there by then does not come."""

_ROUNDS = 5
MEASURED = "LINLI_TEST_SLOWNESS"

Clock = Callable[[], float]


def measure(rounds: int = _ROUNDS) -> float:
    """How many times slower than the calm machine this one is now: some hashing, and interpreters started."""
    took = []
    for _ in range(rounds):
        began = time.monotonic()
        digest = b"linli"
        for _ in range(20_000):
            digest = hashlib.sha256(digest).digest()
        program = [sys.executable, "-I", "-S", "-c", "import decimal, json"]
        os.waitpid(os.posix_spawn(sys.executable, program, os.environ), 0)
        took.append(time.monotonic() - began)
    return _bounded(statistics.median(took) / CALM)


def measure_once() -> float:
    """The measurement at the start of the run, made by the first process that asks for it."""
    if MEASURED not in os.environ:
        os.environ[MEASURED] = f"{measure():.2f}"
    return _bounded(float(os.environ[MEASURED]))


def slowness() -> float:
    """What a calm second takes here, never less than 1.0: by the speed at the start, or the load since."""
    waiting = os.getloadavg()[0] / len(os.sched_getaffinity(0))
    return _bounded(max(measure_once(), waiting))


def seconds(calm: float) -> float:
    """The limit for something that takes at most `calm` seconds on a calm machine."""
    return calm * slowness()


class Wait:
    """A wait of so many calm seconds; `over()` says whether it has been in vain."""

    def __init__(
        self,
        calm: float,
        *,
        clock: Clock = time.monotonic,
        expected: Clock = slowness,
        measured: Clock = measure,
    ) -> None:
        self.calm = calm
        self._clock = clock
        self._measured = measured
        self._began = clock()
        self._slowness = expected()

    def over(self) -> bool:
        """Whether the time is up; before it says so, it looks whether the machine is slower than expected."""
        if self._passed() < self.calm * self._slowness:
            return False
        self._slowness = max(self._slowness, self._measured())
        return self._passed() >= self.calm * self._slowness

    def __str__(self) -> str:
        return f"{self.calm:g} s, which were {self._passed():.1f} s here"

    def _passed(self) -> float:
        return self._clock() - self._began


def _bounded(slowness: float) -> float:
    return min(MOST, max(1.0, slowness))
