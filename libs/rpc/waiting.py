"""Where calls wait for a revision: outside of the workers, in places that are counted."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc

from libs.rpc.errors import Exceeded, Failure, Rejected
from libs.rpc.workers import Workers

_FULL = Failure(
    code=grpc.StatusCode.RESOURCE_EXHAUSTED,
    reason="SERVER_BUSY",
    message="too many calls wait for a revision; try again in a moment",
    retry_after=0.5,
)


class WaitingRoom:
    """Places for calls that wait: so many in all, and so many for each caller."""

    def __init__(self, workers: Workers, places: int, each: int) -> None:
        self._workers = workers
        self._places = places
        self._each = each
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """Calls that wait now."""
        return self._taken.total()

    @contextmanager
    def place(self, who: str) -> Iterator[None]:
        """Take a place while the worker's thread waits. Raises Rejected (RESOURCE_EXHAUSTED) without one."""
        self._enter(who)
        try:
            with self._workers.aside():
                yield
        finally:
            with self._lock:
                self._taken[who] -= 1
                if not self._taken[who]:
                    del self._taken[who]

    def _enter(self, who: str) -> None:
        with self._lock:
            if self._taken[who] >= self._each:
                raise Rejected(_too_many(who, self._each))
            if self._taken.total() >= self._places:
                raise Rejected(_FULL)
            self._taken[who] += 1


def _too_many(who: str, most: int) -> Failure:
    exceeded = Exceeded(f"caller:{who}", f"at most {most} calls wait for a revision at the same time")
    return Failure(
        code=grpc.StatusCode.RESOURCE_EXHAUSTED,
        reason="QUOTA_EXCEEDED",
        message=f"too many of your calls wait for a revision: {exceeded.limit}",
        facts={"quota": "waiting", "limit": str(most)},
        exceeded=exceeded,
        retry_after=0.5,
    )
