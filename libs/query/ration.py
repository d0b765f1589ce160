"""Rations: what costs money, or wakes people up, may be had so often within a time, and then no more.

Unlike a `Throttle`, which counts failures, a ration counts what was granted. It is kept in the memory of this
process: N replicas grant N times as much.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from libs.query.throttle import MOST, too_many_attempts


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
        self._had: list[OrderedDict[str, tuple[float, datetime]]] = [OrderedDict() for _ in kinds]
        self._remembered = remembered
        self._lock = threading.Lock()

    def take(self, *whose: str) -> None:
        """Take one of each kind, all or none. Refuses TOO_MANY_ATTEMPTS with the seconds to wait."""
        now = self._clock()
        with self._lock:
            levels = [
                self._level(kind, had, each, now)
                for kind, had, each in zip(self._kinds, self._had, whose, strict=True)
            ]
            for kind, level in zip(self._kinds, levels, strict=True):
                if level + 1 > kind.most:
                    over = (level + 1 - kind.most) / kind.most * kind.within
                    raise too_many_attempts(max(1, ceil(over.total_seconds())))
            for had, each, level in zip(self._had, whose, levels, strict=True):
                had[each] = (level + 1, now)
                had.move_to_end(each)
                while len(had) > self._remembered:
                    had.popitem(last=False)

    @staticmethod
    def _level(
        kind: Ration, had: OrderedDict[str, tuple[float, datetime]], whose: str, now: datetime
    ) -> float:
        level, since = had.get(whose, (0.0, now))
        return max(0.0, level - kind.most * ((now - since) / kind.within))
