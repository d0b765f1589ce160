"""Turns: work for many receivers, of several at a time, and for each of them one piece after the other.

So a receiver that is slow holds up itself and takes one place of those that there are.
"""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from threading import Condition


class Turns:
    """`begin` them from one thread."""

    def __init__(self, at_once: int, name: str) -> None:
        """So many places; `name` is that of the threads."""
        self._at_once = at_once
        self._running: set[str] = set()
        self._changed = Condition()
        self._stopped = False
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)

    @property
    def stopped(self) -> bool:
        """Whether turns are to end as soon as they can."""
        return self._stopped

    def running(self) -> frozenset[str]:
        """Whose turn it is."""
        with self._changed:
            return frozenset(self._running)

    def begin(self, receiver: str, turn: Callable[[], object], *, patience: float = 0.0) -> bool:
        """Begin the turn of a receiver, within so many seconds.

        False: it has its turn already, or no place was free. `turn` keeps its errors to itself.
        """
        with self._changed:
            if receiver in self._running or not self._changed.wait_for(self._free, patience):
                return False
            self._running.add(receiver)
        self._pool.submit(self._run, receiver, turn)
        return True

    def ended(self, receivers: Collection[str], patience: float) -> bool:
        """Whether their turns have ended within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._running.isdisjoint(receivers), patience)

    def close(self) -> None:
        """Begin none any more; waits for those that run."""
        self._stopped = True
        self._pool.shutdown(cancel_futures=True)

    def _free(self) -> bool:
        return len(self._running) < self._at_once

    def _run(self, receiver: str, turn: Callable[[], object]) -> None:
        try:
            turn()
        finally:
            with self._changed:
                self._running.discard(receiver)
                self._changed.notify_all()
