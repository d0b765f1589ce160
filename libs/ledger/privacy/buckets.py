"""Buckets of persons: the key of a bucket wraps the keys of its persons, and lies in a store of its own.

A wrapped key of a person leaves copies in the database: in its write-ahead log, in dead rows, in
backups. They open nothing once the key of the bucket is destroyed. So an erasure wraps the keys of the
bucket's other persons under the key of a new bucket, its heir, and destroys the old one. In this order:

1. the heir's key is added to the store;
2. one transaction of the ledger destroys the person's key, wraps the others anew, and notes that the
   bucket is retired, and its heir;
3. the heir's members are kept beside its key, so that an older state of the ledger can be mended;
4. the old bucket's key is destroyed;
5. the note is removed.

Whoever stops in between leaves a state in which all can be read that may be read; the note says what is
still to be done. See `erasure.py`.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.ledger.privacy.master_key import KEY_BYTES, MasterKey
from libs.ledger.randomness import random_bytes

SIZE = 256
"""Persons in a bucket at most: an erasure wraps the keys of all others in it anew."""

NAME_BYTES = 16
_FORMAT = b"\x02"
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """What a store keeps of a bucket: its key, wrapped by the master key, and who was wrapped anew by it."""

    wrapped: bytes
    members: bytes = b""


class BucketStore(Protocol):
    """Keeps the keys of buckets. What is destroyed is gone for good; what is added is durable.

    Safe for many threads and processes. Raises `BucketsUnavailable` where it cannot be reached.
    """

    def add(self, name: bytes, kept: Kept) -> None:
        """Keep a new bucket."""
        ...

    def read(self, names: Iterable[bytes]) -> dict[bytes, Kept]:
        """Those of these buckets that are kept."""
        ...

    def names(self) -> set[bytes]:
        """All buckets that are kept."""
        ...

    def replace(self, name: bytes, old: Kept, new: Kept) -> bool:
        """Keep a bucket otherwise, unless it is gone or not as it was: then False, and nothing changes."""
        ...

    def destroy(self, name: bytes) -> None:
        """Forget a bucket, so that nothing of its key can be found again; nothing to do if it is gone."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that is known here."""

    name: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> "Bucket":
        """A new one."""
        return cls(os.urandom(NAME_BYTES), os.urandom(KEY_BYTES))

    @classmethod
    def opened(cls, name: bytes, kept: Kept, master: MasterKey) -> "Bucket":
        """One that a store keeps. Raises `SettingsRefused` if no master key at hand opens it."""
        return cls(name, master.unwrap(label(name), kept.wrapped))

    def kept(self, master: MasterKey) -> Kept:
        """As a store keeps it."""
        return Kept(master.wrap(label(self.name), self.secret))

    def wrap(self, subject: str, key: bytes) -> bytes:
        """The key of a person, to be stored in the ledger: format, bucket, nonce, AES-GCM."""
        nonce = random_bytes(_NONCE_BYTES)
        return _FORMAT + self.name + nonce + AESGCM(self.secret).encrypt(nonce, key, self._bound(subject))

    def unwrap(self, subject: str, wrapped: bytes) -> bytes:
        """The key again. Raises InvalidTag if it is another person's, or was wrapped in another bucket."""
        if bucket_of(wrapped) != self.name:
            raise InvalidTag
        body = wrapped[1 + NAME_BYTES :]
        return AESGCM(self.secret).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], self._bound(subject))

    def _bound(self, subject: str) -> bytes:
        return self.name + subject.encode()


def label(name: bytes) -> str:
    """To what the master key binds the wrapped key of a bucket."""
    return f"bucket/{name.hex()}"


def bucket_of(wrapped: bytes) -> bytes:
    """The bucket in which a person's key was wrapped."""
    return wrapped[1 : 1 + NAME_BYTES]


def opened(names: Iterable[bytes], store: BucketStore, master: MasterKey) -> Mapping[bytes, Bucket]:
    """Those of these buckets that are kept, with their keys."""
    return {name: Bucket.opened(name, kept, master) for name, kept in store.read(names).items()}
