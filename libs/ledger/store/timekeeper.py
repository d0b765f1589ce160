"""Whether the clock of this process can be trusted: it agrees with the database's, and does not jump."""

import threading
import time
from collections.abc import Callable
from datetime import datetime

from libs.ledger.recorded import utc_now

MOST_SKEW = 2.0
"""Seconds by which the clocks of process and database may differ."""

_LONGEST_PAUSE = 600.0
_TRUSTED_FOR = 1.0
_DRIFT = 0.1


def steady_seconds() -> float:
    """Seconds that only ever run forward; on Linux also while the machine sleeps."""
    since_boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if since_boot is None else time.clock_gettime(since_boot)


class Timekeeper:
    """Compares clocks for one ledger. Safe for use by many threads."""

    def __init__(
        self, clock: Callable[[], datetime] = utc_now, steady: Callable[[], float] = steady_seconds
    ) -> None:
        self.now = clock
        self._steady = steady
        self._lock = threading.Lock()
        self._offset = self._behind_steady()
        self._paused_until, self._jump = 0.0, 0.0
        self._agreed: tuple[float, float] | None = None  # when, and by what offset from steady time
        self.skew = 0.0

    def compare(self, asked: datetime, moment: datetime) -> str:
        """What is wrong with our clock, or nothing: the database said `moment` between `asked` and now.

        However long that took, the clocks differ at least by as much as `moment` lies outside.
        """
        steady, now = self._steady(), self.now()
        ahead, behind = (asked - moment).total_seconds(), (moment - now).total_seconds()
        self.skew = ahead if ahead > 0 else -behind if behind > 0 else 0.0
        if abs(self.skew) > MOST_SKEW:
            self._agreed = None
            side = "ahead of" if self.skew > 0 else "behind"
            return f"the clock of this machine is {abs(self.skew):,.0f} s {side} the database's"
        if abs(behind) <= MOST_SKEW:  # the answer did not take long: the clock agrees now, too
            self._agreed = steady, now.timestamp() - steady
        return ""

    def trusted(self) -> bool:
        """Whether the clock agreed with the database's less than a second ago, and has not jumped since.

        Then it is right now, and the database need not be asked.
        """
        agreed = self._agreed
        if agreed is None:
            return False
        when, offset = agreed
        moved = abs(self._behind_steady() - offset)
        return self._steady() - when <= _TRUSTED_FOR and moved <= _DRIFT

    def look(self) -> str:
        """Why nothing may fire by this clock for now, or nothing.

        After a jump that time itself did not make, clocks wait as long as it was wide, at most ten
        minutes: a jump that is taken back by then has done nothing.
        """
        with self._lock:
            steady, offset = self._steady(), self._behind_steady()
            jump, self._offset = offset - self._offset, offset
            if abs(jump) > MOST_SKEW:
                self._jump = jump
                pause = min(abs(jump), _LONGEST_PAUSE)
                self._paused_until = max(self._paused_until, steady + pause)
            left = self._paused_until - steady
        if left <= 0:
            return ""
        side = "forward" if self._jump > 0 else "back"
        return f"the clock of this machine jumped {abs(self._jump):,.0f} s {side}: waiting {left:,.0f} s more"

    def _behind_steady(self) -> float:
        return self.now().timestamp() - self._steady()
