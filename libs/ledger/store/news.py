"""How far a ledger has got, as far as this process has heard, and waiting for more."""

import threading
from collections.abc import Callable


class News:
    """The last position known here. `ask` asks the store. Safe for use by many threads."""

    def __init__(self, ask: Callable[[], int]) -> None:
        self._ask = ask
        self._changed = threading.Condition()
        self._wakes: list[Callable[[], None]] = []
        self._closed = False
        self._head = ask()

    @property
    def head(self) -> int:
        """The last position heard of."""
        return self._head

    def refresh(self) -> int:
        """Ask the store, and tell those who wait."""
        if not self._closed:
            self.advance(self._ask())
        return self._head

    def begin_anew(self) -> None:
        """Ask the store, and believe it even where it has less than we knew: it may be another by now."""
        if not self._closed:
            head = self._ask()
            with self._changed:
                self._head = min(self._head, head)
            self.advance(head)

    def advance(self, head: int) -> None:
        """A position was reached; an older one changes nothing."""
        with self._changed:
            if head > self._head:
                self._head = head
                self._changed.notify_all()
                for wake in self._wakes:
                    wake()

    def wait(self, after: int, timeout: float) -> bool:
        """Tell whether there is anything behind a position, waiting up to `timeout` seconds for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._head > after or self._closed, timeout)
            return self._head > after

    def on(self, wake: Callable[[], None]) -> None:
        """Call `wake` at each news, holding a lock: it may set an event, and nothing slower."""
        with self._changed:
            self._wakes.append(wake)

    def close(self) -> None:
        """Wake everybody for the last time."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
