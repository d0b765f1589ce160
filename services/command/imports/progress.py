"""How far an import is: one live line on a terminal, else a line every ten seconds."""

import sys
from collections import deque
from typing import Protocol

_EVERY = 10.0
_RECENT = 10.0
"""Seconds over which the speed is taken: what was fast before it stood still says nothing of the end."""


class SoFar(Protocol):
    """How far it is: requests through, how many of them before this run, and the seconds since."""

    @property
    def told(self) -> int:
        """How many are through."""

    @property
    def earlier(self) -> int:
        """How many of them were when it began, or took no time."""

    @property
    def seconds(self) -> float:
        """Since it began."""


class Progress:
    """Call it about once a second."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._shown = -_EVERY
        self._passed: deque[tuple[float, int]] = deque()

    def __call__(self, so_far: SoFar, total: int) -> None:
        """Show it, if it is time."""
        line = f"  {so_far.told:>6,} of {total:,}  {self._speed(so_far, total)}"
        if self._live:
            _write(f"\r{line}")
        elif so_far.told == total or so_far.seconds - self._shown >= _EVERY:
            self._shown = so_far.seconds
            _write(f"{line}\n")

    def close(self) -> None:
        """End the live line."""
        if self._live:
            _write("\n")

    def _speed(self, so_far: SoFar, total: int) -> str:
        self._passed.append((so_far.seconds, so_far.told))
        while len(self._passed) > 1 and so_far.seconds - self._passed[1][0] >= _RECENT:
            self._passed.popleft()
        since, told = self._passed[0] if len(self._passed) > 1 else (0.0, so_far.earlier)
        seconds = so_far.seconds - since
        rate = (so_far.told - told) / seconds if seconds else 0.0
        left = f"{(total - so_far.told) / rate:4.0f} s left" if rate else "waiting"
        return f"{rate:6.0f} requests/s  {left}"


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
