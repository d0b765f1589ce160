"""A number of slots."""

import threading


class Slots:
    """A number of slots: a semaphore that never waits, and whose `taken` is a metric."""

    def __init__(self, number: int) -> None:
        self.taken = 0
        self._number = number
        self._lock = threading.Lock()

    def acquire(self) -> bool:
        """Take a slot; False if all are taken."""
        with self._lock:
            free = self.taken < self._number
            self.taken += free
            return free

    def release(self) -> None:
        """Give a slot back."""
        with self._lock:
            self.taken -= 1
