"""A process that runs until a signal stops it: signals, and its exit status."""

import gc
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from libs.runtime.host.terminal import INTERRUPTED, complain
from libs.telemetry import logs, metrics

Facts = Mapping[str, str | int | float]

_log = logs.get("process")

_LONG = 0.5  # seconds


class Lifetime:
    """From start to SIGTERM, SIGINT, SIGHUP, or the death of a thread; `why` says which.

    Make it in the main thread before anything is started: signals that arrive during the start
    are kept. A second SIGINT ends the process at once. Under `nohup` a SIGHUP stays ignored.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()  # a lock could be taken already when a signal comes
        for end in (self._reading, self._writing):
            os.set_blocking(end, False)
        self._signals = 0
        self._over = False
        self.why = ""
        # Written by the interpreter itself: a handler that writes could not, in eventlet's main loop.
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN or number != signal.SIGHUP:
                signal.signal(number, self._signalled)

    def end_with(self, pipe: int) -> None:
        """Stop, too, when whoever holds the other end of a pipe has gone, however that went."""

        def watch() -> None:
            with suppress(OSError):
                while os.read(pipe, 4096):
                    pass
            self.why = self.why or "standard input ended"
            self.end()

        threading.Thread(target=watch, name="ends-with-stdin", daemon=True).start()

    def end(self) -> None:
        """Let `wait` return."""
        self._over = True
        with suppress(BlockingIOError):  # it is full of words to the same end
            os.write(self._writing, b".")

    def wait(self) -> None:
        """Block until the process is to stop."""
        while not self._over:
            select.select([self._reading], [], [])  # a read would hold up all of eventlet's threads
            os.read(self._reading, 4096)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1 and number == signal.SIGINT:
            os._exit(INTERRUPTED)
        self.why = self.why or signal.Signals(number).name
        self._over = True


def settle() -> None:
    """Let the collector of cycles pass over what was loaded at the start, and look less often at the rest.

    Hardly anything here makes cycles, and a look at everything stops all threads for 0.1 s.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 10)


def run_until_told(
    start: Callable[[], Facts],
    close: Callable[[], None],
    failed: Callable[[], str],
    life: Lifetime,
    **about: str,
) -> int:
    """Start, wait for the end, close; answers the exit status: 1 if a thread had died.

    `start` answers what an operator wants to know of a process that is ready (its ports); `about`
    stands on the line that says that it begins. Neither may hold secrets.
    """
    began = time.monotonic()
    _log.info("starting", version=metrics.version(), pid=os.getpid(), **about)
    try:
        ready = start()
        settle()
        if not life.why:  # else it was told to stop while it started, ready or not
            _log.info("ready", **ready, seconds=_since(began))
        life.wait()
        told = time.monotonic()
        _log.info("stopping", why=failed() or life.why)
    finally:
        close()
    _log.info("stopped", seconds=_since(told))
    if failed():
        complain(f"stopped: {failed()}")
        return 1
    return 0


@contextmanager
def noting(what: str) -> Iterator[None]:
    """Say in the log what a stop waited for, if that took long enough for somebody to wonder."""
    began = time.monotonic()
    yield
    if _since(began) > _LONG:
        _log.info("the stop waited", waited_for=what, seconds=_since(began))


def _since(moment: float) -> float:
    return round(time.monotonic() - moment, 2)
