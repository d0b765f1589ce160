"""The master key: wraps the keys of buckets of persons; comes from a Secret, never from the database."""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.ledger.errors import SettingsRefused
from libs.ledger.randomness import random_bytes

KEY_BYTES = 32
_NONCE_BYTES = 12
MARK_BYTES = 4


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One key that wraps, and others that still unwrap until `Keys.rewrap` has run.

    A wrapped key reads: 4 bytes that tell which master key wrapped it, 12 of nonce, the rest
    AES-GCM, bound to what it is the key of.
    """

    current: bytes = field(repr=False)
    older: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if any(len(key) != KEY_BYTES for key in (self.current, *self.older)):
            raise SettingsRefused(
                f"a master key is {KEY_BYTES} bytes: make one with `openssl rand -base64 32`"
            )

    @classmethod
    def from_text(cls, text: str) -> "MasterKey":
        """Keys in base64, one a line (or comma), the current one first, older ones after it."""
        lines = text.replace(",", "\n").split()
        if not lines:
            raise SettingsRefused("the master key is empty: make one with `openssl rand -base64 32`")
        try:
            keys = [base64.b64decode(line, validate=True) for line in lines]
        except binascii.Error:
            raise SettingsRefused(
                "the master key is not base64: make one with `openssl rand -base64 32`"
            ) from None
        return cls(keys[0], tuple(keys[1:]))

    @classmethod
    def generate(cls) -> "MasterKey":
        """A new key."""
        return cls(os.urandom(KEY_BYTES))

    def text(self) -> str:
        """What `from_text` reads."""
        return "\n".join(base64.b64encode(key).decode() for key in (self.current, *self.older))

    def wrap(self, what: str, key: bytes) -> bytes:
        """A key, to be stored; `what` it is the key of."""
        nonce = random_bytes(_NONCE_BYTES)
        return mark(self.current) + nonce + AESGCM(self.current).encrypt(nonce, key, what.encode())

    def unwrap(self, what: str, wrapped: bytes) -> bytes:
        """The key again. Raises `SettingsRefused` if no master key at hand opens it."""
        which, nonce = wrapped[:MARK_BYTES], wrapped[MARK_BYTES : MARK_BYTES + _NONCE_BYTES]
        for key in (self.current, *self.older):
            if mark(key) == which:
                try:
                    return AESGCM(key).decrypt(nonce, wrapped[MARK_BYTES + _NONCE_BYTES :], what.encode())
                except InvalidTag:
                    break
        raise SettingsRefused(
            "this master key does not open the keys in the database: give the one they were wrapped with,"
            " or, after a change of the key, keep the old one as the second line until"
            " `linli <service> rotate-master-key` has run for every service"
        )


def mark(key: bytes) -> bytes:
    """Four bytes by which to know a key again without showing it."""
    return hashlib.sha256(b"linli/master-key-mark/" + key).digest()[:MARK_BYTES]


def is_wrapped_by(keys: Iterable[bytes], wrapped: bytes) -> bool:
    """Whether one of these master keys wrapped it."""
    return wrapped[:MARK_BYTES] in {mark(key) for key in keys}
