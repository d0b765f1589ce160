"""The picture of the neighbours that opening a case asks, kept in memory."""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Protocol

from services.cases.application.reference import NotedAt, Reference


class Facts(Protocol):
    """What is needed of the view."""

    def noted_after(self, position: int) -> Sequence[NotedAt]:
        """The facts noted behind a position, in order."""
        ...


class Ledger(Protocol):
    """What is needed of the ledger."""

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        """Call `forget` whenever the store may have become another."""
        ...


class LatestPicture:
    """`ports.Picture`: asks the view for news at most every `every` seconds, in whoever's thread comes by.

    Everybody else goes on with the picture there is: what was noted a moment ago may be missing,
    and the decision says on which facts it rests. Where the store may have become another, the picture is
    drawn from the beginning: a position that was read may be given to another fact by now.
    """

    def __init__(
        self,
        reads: Facts,
        ledger: Ledger,
        every: float = 0.2,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reads = reads
        self._every = every
        self._monotonic = monotonic
        self._lock = Lock()
        self._picture: Reference | None = None
        self._looked = 0.0
        self._in_doubt = False
        ledger.on_reconnect(self._doubt)

    def __call__(self) -> Reference:
        """The picture."""
        picture = self._picture
        if picture is None or self._in_doubt:
            with self._lock:
                picture = self._picture
                return self._look() if picture is None or self._in_doubt else picture
        if self._monotonic() - self._looked >= self._every and self._lock.acquire(blocking=False):
            try:
                return self._look()
            finally:
                self._lock.release()
        return picture

    def _doubt(self) -> None:
        self._in_doubt = True

    def _look(self) -> Reference:
        if self._in_doubt:
            self._in_doubt, self._picture = False, None  # in this order: it may be set again at any time
        before = self._picture or Reference()
        self._looked = self._monotonic()
        self._picture = before.after(self._reads.noted_after(before.known))
        return self._picture
