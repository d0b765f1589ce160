"""Revocations in memory, for the process that keeps them: asked on every call."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from libs.telemetry import logs
from services.identity.application.ports import RevocationReads

EVERY = 1.0
"""Seconds after which the view is asked again: so long a revoked token may still count here."""

_log = logs.get("revoked")


class Claims(Protocol):
    """What is needed of a token's claims."""

    @property
    def sub(self) -> str:
        """Whom the token speaks for."""
        ...

    @property
    def iat(self) -> float:
        """When it was issued, seconds since 1970."""
        ...


class RevokedTokens:
    """Says of claims whether the token was revoked; asks the view at most once in a second."""

    def __init__(self, reads: RevocationReads, longest: timedelta, clock: Callable[[], datetime]) -> None:
        self._reads = reads
        self._longest = longest
        self._clock = clock
        self._before: Mapping[str, float] = {}
        self._asked = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, claims: Claims) -> bool:
        """Whether the token was revoked."""
        if time.monotonic() - self._asked > EVERY and self._lock.acquire(blocking=False):
            try:
                self.ask()
            finally:
                self._lock.release()
        return claims.iat < self._before.get(claims.sub, 0.0)

    def ask(self) -> None:
        """Ask the view now; what is known stays known if it does not answer."""
        self._asked = time.monotonic()
        try:
            found = self._reads.since(self._clock() - self._longest, patience=0.0)
            self._before = {subject: before.timestamp() for subject, before in found.items()}
        except Exception as error:  # noqa: BLE001 # whatever the store does, what is known stays known
            _log.warning("revocations not read", error=str(error))
