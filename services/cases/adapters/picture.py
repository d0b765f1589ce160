"""The picture of the neighbours that opening a case asks, kept in memory."""

import time
from collections.abc import Callable
from threading import Lock

from services.cases.adapters.views.reference import ReferenceReads
from services.cases.application.reference import Reference


class LatestPicture:
    """`ports.Picture`: asks the view for news at most every `every` seconds, in whoever's thread comes by.

    Everybody else goes on with the picture there is: what was noted a moment ago may be missing,
    and the decision says on which facts it rests.
    """

    def __init__(
        self, reads: ReferenceReads, every: float = 0.2, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._reads = reads
        self._every = every
        self._monotonic = monotonic
        self._lock = Lock()
        self._picture: Reference | None = None
        self._looked = 0.0

    def __call__(self) -> Reference:
        """The picture."""
        picture = self._picture
        if picture is None:
            with self._lock:
                return self._picture or self._look(Reference())
        if self._monotonic() - self._looked >= self._every and self._lock.acquire(blocking=False):
            try:
                return self._look(picture)
            finally:
                self._lock.release()
        return picture

    def _look(self, before: Reference) -> Reference:
        self._looked = self._monotonic()
        picture = before.after(self._reads.noted_after(before.known))
        self._picture = picture
        return picture
