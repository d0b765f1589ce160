"""Passwords and secrets as argon2id hashes, computed on threads of their own."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.identity.domain import refusals

T = TypeVar("T")

AT_ONCE = 2
"""Hashes computed at the same time: each takes 19 MiB, and a rush of logins must not take them all."""
_NICER = 5
"""How much more willingly their threads let others have the processor (`nice`)."""


class Argon2:
    """argon2id with the parameters that OWASP's password storage cheat sheet names first.

    `places`: calls that compute or wait at a time; what comes beyond is refused with LOGINS_BUSY at once.
    So a rush of logins holds no more threads of its callers than that.
    """

    def __init__(self, *, places: int = 8) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._places = threading.BoundedSemaphore(max(AT_ONCE, places))
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2", initializer=_step_back)
        # What an unknown name is compared with, so that it takes as long as a known one.
        self._nobody = self._hasher.hash("nobody")

    def hash(self, secret: str) -> str:
        """A salted hash. Refuses LOGINS_BUSY."""
        return self._computed(lambda: self._hasher.hash(secret))

    def matches(self, hashed: str | None, secret: str) -> bool:
        """Whether the secret is the one; as slow for None, which nothing matches. Refuses LOGINS_BUSY."""
        try:
            self._computed(lambda: self._hasher.verify(hashed or self._nobody, secret))
        except (VerificationError, InvalidHashError):
            return False
        return bool(hashed)

    def _computed(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise refusals.logins_are_busy()
        try:
            return self._threads.submit(work).result()
        finally:
            self._places.release()


def _step_back() -> None:
    """Let this thread have the processor when nobody else wants it much: Linux schedules by thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICER)
