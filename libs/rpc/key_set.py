"""The keys that verify tokens, and the revocations, as this process knows them; and how old they are."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from libs.retry.backoff import Backoff, Failures
from libs.rpc.key_source import KeySource, OwnKeys
from libs.rpc.keys import Jwks, concealed, keys_of, revoked_of
from libs.rpc.signed_keys import Trust
from libs.telemetry import logs

STALE_AFTER = 600.0
_BACKOFF = Backoff(first=0.2, most=2.0)
_SOON = 0.2  # seconds between two answers: sources that never agree are not asked without end
_TOLD = 30.0
_REMEMBERED = 86_400.0
"""Seconds for which a revocation is kept that identity tells no more: no token lives longer."""

_log = logs.get("keys")


class KeySet:
    """Public keys by id, and whose tokens were revoked; loaded when needed and kept.

    `follow`, in a thread of its own, hears of changes as they happen. Without it the set is loaded again
    after `fresh` seconds. A key that it does not know makes it load at once, but no more than once in `pause`
    seconds: so rotation needs no restart, and garbage causes no load.

    `trust` says whose signature is believed; None for a source in this process. A set that was issued more
    than `stale_after` seconds ago is `stale`: later revocations may be missing.
    """

    def __init__(
        self,
        source: KeySource,
        trust: Trust | None = None,
        *,
        fresh: float = 3.0,
        pause: float = 5.0,
        stale_after: float = STALE_AFTER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._trust = trust
        self._fresh = fresh
        self._pause = pause
        self._stale_after = stale_after
        self._clock = clock
        self._monotonic = monotonic
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._revoked: dict[str, float] = {}
        self._issued = float("-inf")  # on the monotonic clock: nobody can set it back
        self._tried = float("-inf")
        self._following = False
        self._trouble = "has not been loaded yet"
        self._told = float("-inf")
        self._was_stale = False
        self._lock = threading.Lock()

    @classmethod
    def of(cls, read: Callable[[], Jwks], **timing: Any) -> "KeySet":
        """The key set that a function of this process gives."""
        return cls(OwnKeys(read), **timing)

    def get(self, kid: str) -> Ed25519PublicKey | None:
        """The key; None if there is no such key now."""
        old = not self._following and self.age > self._fresh
        if old or kid not in self._keys:
            self._reload()
        return self._keys.get(kid)

    def revoked_before(self, kid: str, subject: str) -> float:
        """The moment (seconds since 1970) before which the subject's tokens were revoked; 0 for never.

        `kid`: the key that signed the token. From the member `revoked` that identity adds to its key
        set: `[{"concealed": …, "before": …}]`, the first as `concealed` gives it.
        """
        return self._revoked.get(concealed(kid, subject), 0.0) if self._revoked else 0.0

    @property
    def loaded(self) -> bool:
        """Whether there is any key to verify with."""
        return bool(self._keys)

    @property
    def age(self) -> float:
        """Seconds since what we know was issued; infinite if we know nothing."""
        return self._monotonic() - self._issued

    @property
    def stale(self) -> bool:
        """Whether revocations may be missing, for longer than may be."""
        return self.age > self._stale_after

    def note(self) -> str:
        """What is wrong with it, for whoever operates the process; "" if nothing is."""
        if not self._keys:
            return f"no token can be verified: the key set {self._trouble}"
        if not self.stale:
            return ""
        return (
            f"the key set is {self.age:.0f} s old, so privileged scopes are refused (LINLI_KEYS_STALE_AFTER):"
            f" it {self._trouble or 'was old when it came: do the clocks agree?'}"
        )

    def follow(self, stop: threading.Event) -> None:
        """Hear of every change as it happens, until `stop` is set."""
        self._following = True
        failures = Failures(_BACKOFF)
        while not stop.is_set():
            try:
                self._take(self._source.changed())
                failures.reset()
                stop.wait(_SOON)
            except Exception as error:  # noqa: BLE001 # whatever the source does, old keys stay good
                if not stop.is_set():
                    self._failed(error)
                stop.wait(failures.pause())
            self._tell()

    def interrupt(self) -> None:
        """Make `follow` look at its `stop` at once."""
        self._source.interrupt()

    def _reload(self) -> None:
        if not self._lock.acquire(blocking=not self._keys):
            return  # somebody else is at it; the old keys will do
        try:
            now = self._monotonic()
            if now - self._tried < self._pause:
                return
            self._tried = now
            self._take(self._source.read())
        except Exception as error:  # noqa: BLE001 # whatever the source does, old keys stay good
            self._failed(error)
        finally:
            self._lock.release()
        self._tell()

    def _take(self, published: Jwks) -> None:
        loaded = published if self._trust is None else self._trust.opened(published)
        keys, revoked = keys_of(loaded), self._with_known(revoked_of(loaded))
        passed = max(0.0, self._clock().timestamp() - float(loaded.get("iat", self._clock().timestamp())))
        self._keys, self._revoked = keys, revoked
        self._issued = max(self._issued, self._monotonic() - passed)
        self._trouble = ""

    def _with_known(self, told: Mapping[str, float]) -> dict[str, float]:
        """With what was told before: an identity that lost its last events brings no token back to life."""
        earliest = self._clock().timestamp() - _REMEMBERED
        known = {who: before for who, before in self._revoked.items() if before > earliest}
        return {who: max(told.get(who, 0.0), known.get(who, 0.0)) for who in told.keys() | known.keys()}

    def _failed(self, error: Exception) -> None:
        self._trouble = f"cannot be loaded: {str(error) or type(error).__name__}"
        if self._monotonic() - self._told > _TOLD:
            self._told = self._monotonic()
            _log.warning("key set not loaded", error=str(error), keys=len(self._keys))

    def _tell(self) -> None:
        """Once when it becomes stale, and once when it is fresh again."""
        stale = self.loaded and self.stale
        if stale and not self._was_stale:
            _log.error("the key set is stale: privileged scopes are refused", why=self.note())
        elif self._was_stale and not stale:
            _log.info("the key set is fresh again")
        self._was_stale = stale
