"""Whose tokens count no more, in memory: asked on every call, and published with the key set."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from libs.ledger.recorded import Recorded
from libs.telemetry import logs
from services.identity.adapters.views.revoked_tokens import revocation_in

EVERY = 1.0
"""Seconds after which the store is asked for news that this process should have heard of by itself."""
_PATIENCE = 1.0
_STEP = 500

_log = logs.get("revoked")


class Claims(Protocol):
    """What is needed of a token's claims."""

    @property
    def sub(self) -> str:
        """Whom the token speaks for."""
        ...

    @property
    def also(self) -> Sequence[str]:
        """Other ids of the same person."""
        ...

    @property
    def iat(self) -> float:
        """When it was issued, seconds since 1970."""
        ...


class Ledger(Protocol):
    """What is needed of the ledger."""

    @property
    def known_head(self) -> int:
        """The last position that this process has heard of."""
        ...

    def head(self) -> int:
        """The last position: asks the store."""
        ...

    def read(self, after: int, limit: int) -> Sequence[Recorded[Any]]:
        """Up to `limit` events recorded after a position, in order."""
        ...

    def on_reconnect(self, forget: Callable[[], None]) -> None:
        """Call `forget` whenever the store may have become another."""
        ...


class Beginning(Protocol):
    """The view, where following the ledger begins."""

    def begin(self, earliest: datetime) -> tuple[Mapping[str, datetime], int]:
        """By subject, the moment before which tokens count no more; and the position that this is of."""
        ...


class RevokedTokens:
    """Follows the ledger: a revocation that this process has heard of counts from the next call on.

    That is at once for what the process recorded itself, and moments later for what another one did.
    Where the store may have become another, it begins again at the view: a position that was read may be
    given to another event by now. What was known stays known, even if the store has lost it.
    """

    def __init__(
        self, beginning: Beginning, ledger: Ledger, longest: timedelta, clock: Callable[[], datetime]
    ) -> None:
        """`longest` is the longest life of a token."""
        self._beginning = beginning
        self._ledger = ledger
        self._longest = longest
        self._clock = clock
        self._before: dict[str, datetime] = {}
        self._position: int | None = None
        self._in_doubt = False
        self._asked = float("-inf")
        self._lock = threading.Lock()
        ledger.on_reconnect(self._doubt)

    def __call__(self, claims: Claims) -> bool:
        """Whether the token was revoked; as far as is known, while the store is away."""
        try:
            self._catch_up()
        except Exception as error:  # noqa: BLE001 # whatever the store does, what is known stays known
            _log.warning("revocations not read", error=str(error))
        known = (self._before.get(each) for each in (claims.sub, *claims.also))
        return any(before is not None and claims.iat < before.timestamp() for before in known)

    def since(self, earliest: datetime) -> Mapping[str, datetime]:
        """`ports.RevocationReads`: as of now. Raises what keeps the store away."""
        self._catch_up()
        if self._position is None:
            raise TimeoutError("the revocations are being read for the first time")
        return {subject: before for subject, before in list(self._before.items()) if before > earliest}

    def _doubt(self) -> None:
        self._in_doubt = True

    def _is_current(self) -> bool:
        return not self._in_doubt and self._position is not None and self._ledger.known_head <= self._position

    def _catch_up(self) -> None:
        now = time.monotonic()
        overdue = now - self._asked > EVERY
        if not overdue and self._is_current():
            return
        if not self._lock.acquire(timeout=_PATIENCE):
            raise TimeoutError("somebody else reads them, and the store is slow")
        try:
            if overdue:
                self._asked = now
                self._ledger.head()
            self._read()
        finally:
            self._lock.release()

    def _read(self) -> None:
        if self._in_doubt:
            self._in_doubt, self._position = False, None  # in this order: it may be set again at any time
        if self._position is None:
            found, self._position = self._beginning.begin(self._clock() - self._longest)
            self._before = {**self._before, **_later(found, self._before)}
        while (head := self._ledger.known_head) > self._position:
            events = self._ledger.read(self._position, _STEP)
            for recorded in events:
                row = revocation_in(recorded.event)
                if row is not None:
                    self._before[row["subject"]] = row["before"]
            self._position = events[-1].position if events else head


def _later(found: Mapping[str, datetime], known: Mapping[str, datetime]) -> dict[str, datetime]:
    return {subject: max(before, known.get(subject, before)) for subject, before in found.items()}
