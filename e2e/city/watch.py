"""Watches the platform while it is loaded: notices its end at once, and says once what it lacks."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

from e2e.city.platform import PlatformFailed
from libs.rpc.client import Patience

_LOOK_EVERY = 0.1
_ASK_EVERY = 2.0
_LONG = 2
"""Answers in a row that name something missing, before it is said: a moment's trouble passes."""


class Watched(Protocol):
    """A platform in a process of its own."""

    def ended(self) -> str:
        """How it ended, in a sentence; "" while it runs."""

    def lacks(self) -> str:
        """What keeps it from being ready; "" if nothing does."""


class Watch:
    """Use it in a `with` block; calls that are tried again by its `patience` end with the platform."""

    def __init__(self, platform: Watched, say: Callable[[str], None]) -> None:
        """`say` is given a sentence when the platform lacks something, and when it goes on."""
        self._platform = platform
        self._say = say
        self._said = ""
        self._missing = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def patience(self) -> Patience:
        """Tries again and again, for as long as the platform lives."""
        return _WhileItLives(tries=1000, first=0.05, most=1.0, watch=self)

    def wait(self, seconds: float) -> None:
        """Wait before another try of a call. Raises `PlatformFailed` when there can be none."""
        if self._over.wait(seconds):
            raise PlatformFailed(self._platform.ended() or "given up")

    def _look(self) -> None:
        ask_at = time.monotonic() + _ASK_EVERY
        while not self._over.wait(_LOOK_EVERY):
            if self._platform.ended():
                self._over.set()
            elif time.monotonic() > ask_at:
                self.tell(self._platform.lacks())
                ask_at = time.monotonic() + _ASK_EVERY

    def tell(self, lacks: str) -> None:
        """Say what the platform lacks, once, if that lasts; and that it goes on, if that was said."""
        self._missing = self._missing + 1 if lacks else 0
        if not lacks and self._said:
            self._say("The platform goes on.")
            self._said = ""
        elif self._missing == _LONG:
            self._say(f"Waiting for the platform: {lacks}")
            self._said = lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class _WhileItLives(Patience):
    watch: Watch

    def pause(self, attempt: int, asked: float | None) -> float:
        """Wait here, where the end of the platform is noticed at once; no more is to be waited."""
        self.watch.wait(Patience.pause(self, attempt, asked))
        return 0.0
