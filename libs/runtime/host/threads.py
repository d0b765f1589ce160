"""Threads that are watched: one that dies by an exception takes its process out of service."""

import threading
import time
from collections.abc import Callable

from libs.telemetry import logs

_log = logs.get("threads")


class Stop(threading.Event):
    """Tells a thread to stop, and knows when the thread last looked: one that works looks again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_at = time.monotonic()

    def is_set(self) -> bool:
        """Whether the thread is to stop."""
        self.looked_at = time.monotonic()
        return super().is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the thread is to stop, `timeout` seconds at most."""
        self.looked_at = time.monotonic()
        told = super().wait(timeout)
        self.looked_at = time.monotonic()
        return told


class WatchedThread:
    """Runs `run(stop)` in a thread until `close`. `wake` makes it look at its `stop` at once."""

    def __init__(
        self,
        name: str,
        run: Callable[[threading.Event], None],
        *,
        wake: Callable[[], None] = lambda: None,
        died: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`died` is called with a sentence if `run` raises, or returns without having been asked to."""
        self.name = name
        self._run = run
        self._wake = wake
        self._died = died
        self._stop = Stop()
        self._thread = threading.Thread(target=self._watch, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def silent(self) -> float:
        """Seconds since it last looked whether it is to stop; 0 if it does not run."""
        return time.monotonic() - self._stop.looked_at if self._thread.is_alive() else 0.0

    def ask(self) -> None:
        """Ask it to stop."""
        self._stop.set()
        self._wake()

    def close(self, timeout: float = 30.0) -> bool:
        """Ask it to stop and wait for it; False when it did not within `timeout` seconds."""
        self.ask()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _watch(self) -> None:
        try:
            self._run(self._stop)
        except BaseException as error:  # noqa: BLE001  # nothing may end a thread unseen
            _log.critical("thread died", thread=self.name, exc_info=error)
            self._died(f"{self.name} died: {type(error).__name__}")
            return
        if not self._stop.is_set():
            _log.critical("thread ended by itself", thread=self.name)
            self._died(f"{self.name} ended by itself")
