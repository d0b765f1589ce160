"""The key set as identity publishes it at /keys.json: signed by its root, and renewed with every change."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from libs.rpc.keys import Jwk, SigningKey, public_jwk
from libs.rpc.signed_keys import root_of, signed
from services.identity.application.keyring import KeySet

FRESH = 1.0
"""Seconds for which a signed key set is given again while nothing happens."""


class News(Protocol):
    """What is needed of the ledger."""

    @property
    def known_head(self) -> int:
        """The last position that this process has heard of."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Wait until something is recorded after a position, `timeout` seconds at most."""
        ...


class Sources(Protocol):
    """The public keys of the relays."""

    def published(self) -> Mapping[str, Sequence[Jwk]] | None:
        """The keys of each source as JWKs; None if they are not known."""
        ...


class PublishedKeys:
    """Reads the key set, and signs it, once for all who ask in the same second."""

    def __init__(
        self,
        read: Callable[[datetime], KeySet],
        ledger: News,
        secret: SigningKey,
        clock: Callable[[], datetime],
        sources: Sources | None = None,
    ) -> None:
        """`read` gives the keys and revocations of a moment; `secret` is that of the signing keys.

        `sources` are the public keys of the relays. Without them, and while they are not known, the key set
        does not speak of any: consumers keep those that they have.
        """
        self._read = read
        self._ledger = ledger
        self._root = root_of(secret)
        self._clock = clock
        self._sources = sources
        self._last: tuple[int, float, Mapping[str, Any]] = (-1, float("-inf"), {})
        self._lock = threading.Lock()

    def read(self) -> Mapping[str, Any]:
        """The JSON Web Key Set, with revocations, root and signature as members of our own.

        Raises what keeps the store away: whoever verifies must know how old the answer is.
        """
        with self._lock:
            head, at, published = self._last
            now = time.monotonic()
            if head != self._ledger.known_head or now - at > FRESH:
                head = self._ledger.known_head
                moment = self._clock()
                published = signed(self._key_set(moment), self._root, moment)
                self._last = (head, now, published)
            return published

    def _key_set(self, moment: datetime) -> dict[str, Any]:
        of_relays = self._sources.published() if self._sources is not None else None
        return _jwks(self._read(moment)) | ({} if of_relays is None else {"sources": of_relays})

    def wait(self, seconds: float) -> None:
        """Return when something was recorded since the last reading, or after some seconds."""
        self._ledger.wait(self._last[0], seconds)


def _jwks(key_set: KeySet) -> dict[str, Any]:
    keys = [public_jwk(key.key_id, key.public_key) for key in key_set.keys]
    revoked = [
        {"concealed": concealed, "before": before.timestamp()}
        for concealed, before in key_set.revocations.items()
    ]
    return {"keys": keys, "revoked": revoked}
