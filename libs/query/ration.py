"""Rations: what costs money, or wakes people up, may be had so often within a time, and then no more.

Unlike a `Throttle`, which counts failures, a ration counts what was granted. It is kept in the memory of this
process: N replicas grant N times as much.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from libs.query.throttle import MOST, too_many_attempts

_Had = OrderedDict[str, tuple[float, datetime]]


@dataclass(frozen=True, slots=True)
class Ration:
    """So many within a time; what was had is given back evenly over it."""

    most: int
    within: timedelta


class Rations:
    """Rations of several kinds, each by whose it is. Safe for many threads."""

    def __init__(self, clock: Callable[[], datetime], *kinds: Ration, remembered: int = MOST) -> None:
        """The longest quiet are forgotten first."""
        self._clock = clock
        self._kinds = kinds
        self._had: list[_Had] = [OrderedDict() for _ in kinds]
        self._remembered = remembered
        self._lock = threading.Lock()

    def take(self, *whose: str) -> None:
        """Take one of each kind, all or none; of a kind that is nobody's (""), none.

        Refuses TOO_MANY_ATTEMPTS with the seconds to wait.
        """
        now = self._clock()
        with self._lock:
            taken = self._levels(whose, now)
            for kind, _, _, level in taken:
                if level + 1 > kind.most:
                    over = (level + 1 - kind.most) / kind.most * kind.within
                    raise too_many_attempts(max(1, ceil(over.total_seconds())))
            for _, had, each, level in taken:
                had[each] = (level + 1, now)
                had.move_to_end(each)
                while len(had) > self._remembered:
                    had.popitem(last=False)

    def give_back(self, *whose: str) -> None:
        """Give back what was taken, because nothing was granted for it."""
        now = self._clock()
        with self._lock:
            for _, had, each, level in self._levels(whose, now):
                had[each] = (max(0.0, level - 1), now)

    def _levels(self, whose: Sequence[str], now: datetime) -> list[tuple[Ration, _Had, str, float]]:
        kinds = zip(self._kinds, self._had, whose, strict=True)
        return [(kind, had, each, self._level(kind, had, each, now)) for kind, had, each in kinds if each]

    @staticmethod
    def _level(kind: Ration, had: _Had, whose: str, now: datetime) -> float:
        level, since = had.get(whose, (0.0, now))
        return max(0.0, level - kind.most * ((now - since) / kind.within))
