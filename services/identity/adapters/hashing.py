"""Passwords and secrets as argon2id hashes."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Hashes computed at the same time: each takes 19 MiB, and a rush of logins must not take them all."""


class Argon2:
    """argon2id with the parameters that OWASP's password storage cheat sheet names first."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        # What an unknown name is compared with, so that it takes as long as a known one.
        self._nobody = self._hasher.hash("nobody")

    def hash(self, secret: str) -> str:
        """A salted hash."""
        with self._turn:
            return self._hasher.hash(secret)

    def matches(self, hashed: str | None, secret: str) -> bool:
        """Whether the secret is the one; as slow for None, which nothing matches."""
        try:
            with self._turn:
                self._hasher.verify(hashed or self._nobody, secret)
        except (VerificationError, InvalidHashError):
            return False
        return bool(hashed)
