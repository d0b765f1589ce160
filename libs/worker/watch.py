"""A watchdog for eventlet's hub: a greenlet that never yields would leave a process that only looks alive.

The probe `/livez` is answered by the hub, so it falls silent with it; where nobody probes, this
watch, a real thread beside the hub, ends the process, and whoever started it starts it anew.
"""

import os
import sys
from typing import Any

import eventlet
from eventlet import patcher

_TURN = 0.5
_HUNG = 70
"""The exit status of a process whose hub hung."""


class HubWatchdog:
    """Ends the process when the hub has not turned for `patience` seconds of this thread's own time.

    The time is counted in turns of the watching thread: a process that was stopped as a whole
    (SIGSTOP, a machine asleep) has not hung.
    """

    def __init__(self, patience: float = 30.0) -> None:
        self._patience = patience
        self._turned = 0
        self._over = False
        self._beat: Any = None

    def start(self) -> None:
        """Begin to watch."""
        self._beat = eventlet.spawn(self._turn)
        threads = patcher.original("threading")
        threads.Thread(target=self._watch, name="hub-watch", daemon=True).start()

    def close(self) -> None:
        """Watch no longer."""
        self._over = True
        if self._beat is not None:
            self._beat.kill()

    def _turn(self) -> None:
        while True:
            self._turned += 1
            eventlet.sleep(_TURN)

    def _watch(self) -> None:
        sleep = patcher.original("time").sleep
        seen, waited = self._turned, 0.0
        while not self._over:
            sleep(_TURN)
            waited = 0.0 if self._turned != seen else waited + _TURN
            seen = self._turned
            if waited >= self._patience:
                sys.__stderr__.write(  # type: ignore[union-attr]  # the log waits for the hub, too
                    f'{{"level": "critical", "event": "the hub has not turned for {self._patience:.0f} s"}}\n'
                )
                os._exit(_HUNG)
