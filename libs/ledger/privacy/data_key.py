"""The key of one person, and what is sealed with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import SealBroken
from libs.ledger.privacy.master_key import KEY_BYTES
from libs.ledger.randomness import random_bytes

_FORMAT = b"\x02"
_NONCE_BYTES = 12


class Sealed(NamedTuple):
    """An enciphered text: whose it is, its bytes, and where it may be opened."""

    subject: str
    content: bytes
    bound: bytes


@dataclass(slots=True)
class DataKey:
    """The key of one subject as this process knows it; `wrapped` None: destroyed."""

    subject: str
    wrapped: bytes | None
    secret: bytes | None = field(repr=False)  # not a cipher: that is 2.5 kB each, and as quickly made
    stored: bool
    loaded: float

    def encipher(self, text: str, bound: bytes) -> bytes:
        """The text, sealed and bound to where it lies (the additional data of the cipher)."""
        if self.secret is None:
            raise subject_erased(self.subject)
        nonce = random_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + AESGCM(self.secret).encrypt(nonce, text.encode(), bound)

    def decipher(self, sealed: Sealed) -> str | None:
        """The text again, or None if the key was destroyed. Raises `SealBroken`."""
        if self.secret is None:
            return None
        nonce, body = sealed.content[1 : 1 + _NONCE_BYTES], sealed.content[1 + _NONCE_BYTES :]
        try:
            return AESGCM(self.secret).decrypt(nonce, body, sealed.bound).decode()
        except InvalidTag:
            raise SealBroken(self.subject) from None


def subject_erased(subject: str) -> Refusal:
    """No new personal data about somebody who was erased."""
    return Refusal(
        Kind.PRECONDITION,
        "SUBJECT_ERASED",
        "this person's data was erased for good: register the person anew to keep data about them",
        subject=subject,
    )


class FixedKeys:
    """One known key for everybody: for samples and golden files, never for a store."""

    def to_encipher(self, subject: str) -> DataKey:
        """The same key for every subject."""
        return DataKey(subject, b"", bytes(KEY_BYTES), stored=True, loaded=0.0)

    def decipher(self, texts: Sequence[Sealed]) -> list[str | None]:
        """Open sealed texts."""
        return [self.to_encipher(text.subject).decipher(text) for text in texts]
