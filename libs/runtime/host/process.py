"""A process that runs until it is told to stop: signals, exit status, and words for the operator."""

import gc
import os
import select
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from libs.telemetry import logs, metrics

Facts = Mapping[str, str | int | float]

_log = logs.get("process")

INTERRUPTED = 130
_LONG = 0.5  # seconds


def say(text: str) -> None:
    """A line for the person at the terminal (logs go to stderr)."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """A line that says what went wrong and what to do."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def as_called() -> str:
    """The `linli` command as the person at the terminal called it, to be typed again."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":  # python -m services
        module = getattr(sys.modules["__main__"], "__spec__", None)
        name = module.name.removesuffix(".__main__") if module is not None else "services"
        return f"{_typed(Path(sys.executable))} -m {name}"
    found = shutil.which(program.name)
    on_path = found is not None and program.exists() and Path(found).samefile(program)
    return program.name if on_path else _typed(program)


def in_their_words(text: str) -> str:
    """A message with its commands as they can be typed here: `linli …` may not be on the path."""
    return text.replace("`linli ", f"`{as_called()} ")


def _typed(path: Path) -> str:
    """A path as one would type it from here."""
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


class Lifetime:
    """From start to SIGTERM, SIGINT, or the death of a thread; `why` says which.

    Make it in the main thread before anything is started: signals that arrive during the start
    are kept. A second SIGINT ends the process at once.
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
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

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
