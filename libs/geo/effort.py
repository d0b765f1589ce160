"""How much one answer may compute: nothing can stop a comparison that has begun, so it is counted before."""

import time

MOST = 10_000_000
"""Positions of boundaries that one answer may compare: ten seconds, at about a microsecond for each."""


class TooMuchWork(Exception):
    """There is more to compare than one answer may."""


class OutOfTime(Exception):
    """The caller does not wait any longer."""


class Effort:
    """What is left to compare for one answer, and until when its caller waits."""

    def __init__(self, most: int = MOST, deadline: float | None = None) -> None:
        """`deadline` is on `time.monotonic()`; None: the caller waits as long as it takes."""
        self._left = most
        self._deadline = deadline

    def spend(self, positions: int) -> None:
        """Count so many positions before comparing them. Raises TooMuchWork, OutOfTime."""
        self._left -= positions
        if self._left < 0:
            raise TooMuchWork
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise OutOfTime
