"""A process that runs until it is told to stop: signals, exit status, and words for the operator."""

import gc
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from libs.telemetry import logs

_log = logs.get("process")

INTERRUPTED = 130


def say(text: str) -> None:
    """A line for the person at the terminal (logs go to stderr)."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """A line that says what went wrong and what to do."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class Lifetime:
    """From start to SIGTERM, SIGINT, or the death of a thread.

    Make it in the main thread before anything is started: signals that arrive during the start
    are kept. A second SIGINT ends the process at once.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()  # a lock could be taken already when a signal comes
        self._signals = 0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def end(self) -> None:
        """Let `wait` return."""
        os.write(self._writing, b".")

    def wait(self) -> None:
        """Block until the process is to stop."""
        os.read(self._reading, 1)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1 and number == signal.SIGINT:
            os._exit(INTERRUPTED)
        self.end()


def settle() -> None:
    """Let the collector of cycles pass over what was loaded at the start, and look less often at the rest.

    Hardly anything here makes cycles, and a look at everything stops all threads for 0.1 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)


def run_until_told(
    start: Callable[[], None], close: Callable[[], None], failed: Callable[[], str], life: Lifetime
) -> int:
    """Start, wait for the end, close; answers the exit status: 1 if a thread had died."""
    try:
        start()
        settle()
        _log.info("started")
        life.wait()
        _log.info("stopping")
    finally:
        close()
    if failed():
        complain(f"stopped: {failed()} (the log has the rest)")
        return 1
    return 0
