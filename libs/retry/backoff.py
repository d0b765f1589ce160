"""Growing pauses between tries: the one back-off of the platform."""

import random
from dataclasses import dataclass

_MOST_GROWTH = 60  # steps; beyond that `growth**n` leaves the floats, and `most` was reached long ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses in seconds: `first`, then `growth` times the one before, never more than `most`.

    `jitter` (0 to 1) is the share of a pause that is left to chance, so that many who failed at the
    same moment do not come back at the same moment.
    """

    first: float
    most: float
    growth: float = 2.0
    jitter: float = 0.0

    def pause(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row (1 or more)."""
        grown = min(self.most, self.first * self.growth ** min(failures - 1, _MOST_GROWTH))
        return grown * (1 - self.jitter * random.random())  # noqa: S311 # no secret


class Failures:
    """Counts failures in a row, and says how long to wait after each."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self._count = 0

    def pause(self, lasted: float = 0.0) -> float:
        """Seconds to wait after one more failure.

        `lasted`: the seconds for which what failed had gone well. Twice the longest pause, and the
        count begins anew.
        """
        self._count = 1 if lasted >= 2 * self._backoff.most else self._count + 1
        return self._backoff.pause(self._count)

    def reset(self) -> None:
        """Something went well: the next failure is the first again."""
        self._count = 0
