"""A key for each person: enciphers what is known of them, and erases them by being destroyed."""

import hashlib
import hmac
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Cursor
from psycopg.sql import SQL

from libs.ledger.datastore import Datastore
from libs.ledger.decider import Kind, Refusal
from libs.ledger.errors import KeyLost, SealBroken
from libs.ledger.privacy import rotation
from libs.ledger.privacy.master_key import KEY_BYTES, MasterKey
from libs.ledger.randomness import random_bytes

TABLE = "subject_keys"
CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS subject_keys (
    subject text PRIMARY KEY,
    wrapped bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
)
"""
_SELECT = SQL("SELECT subject, wrapped FROM subject_keys WHERE subject = ANY(%s)")
_DESTROY = """
INSERT INTO subject_keys (subject, destroyed_at) SELECT subject, now() FROM unnest(%s::text[]) AS subject
ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, destroyed_at = now()
WHERE subject_keys.destroyed_at IS NULL
"""
CHANNEL = "linli_keys"
# Holds the secret of `digest`; no subject of an event can be called that (see `ids.stream_name`).
_DIGEST = "!digest"
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
        "This person's data was erased for good: register the person anew to keep data about them.",
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


class Keys:
    """The data keys of one service's ledger.

    Known keys are kept in memory for `ttl` seconds; a destruction is announced to all processes
    of the service by NOTIFY at its commit, so `ttl` only bounds how long a process that was cut
    off from the database at that moment still deciphers. Safe for use by many threads.
    """

    def __init__(
        self,
        datastore: Datastore,
        master: MasterKey,
        *,
        ttl: float = 30.0,
        limit: int = 20_000,
    ) -> None:
        self._datastore = datastore
        self._master = master
        self._ttl = ttl
        self._limit = limit
        self._lock = threading.Lock()
        self._known: OrderedDict[str, DataKey] = OrderedDict()
        self._digest_key: bytes | None = None
        self._generation = 0  # changes when keys are forgotten: what was read before is not kept after it
        self.epoch = 0  # changes when keys are destroyed: whoever caches clear text compares it

    def to_encipher(self, subject: str) -> DataKey:
        """The key under which to seal something about a subject; a new one if there is none yet.

        A new key is stored by the append of the first event that uses it, in its transaction.
        Raises `Refusal` SUBJECT_ERASED.
        """
        found = self._load([subject]).get(subject)
        if found is None:
            found = self._keep(self._fresh(subject))
        if found.wrapped is None:
            raise subject_erased(subject)
        return found

    def expect_new(self, subject: str) -> None:
        """Make the key of somebody of whom nothing can have been kept yet, without asking the store.

        Should there be one after all, the append that uses this one finds out, and takes that.
        """
        with self._lock:
            known = subject in self._known
        if not known:
            self._keep(self._fresh(subject))

    def decipher(self, texts: Sequence[Sealed]) -> list[str | None]:
        """Open many sealed texts with at most one query. Raises `KeyLost`, `SealBroken`."""
        keys = self._load({text.subject for text in texts}, stored=True)
        if lost := {text.subject for text in texts} - keys.keys():
            raise KeyLost(min(lost))
        return [keys[text.subject].decipher(text) for text in texts]

    def destroy(self, subject: str) -> None:
        """Erase a person: everything sealed under their key is unreadable from now on, for good."""
        with self._datastore.connection() as conn, conn.transaction(), conn.cursor() as cursor:
            self.destroy_in(cursor, [subject])
        self.forget([subject])

    def destroy_in(self, cursor: Cursor[Any], subjects: Sequence[str]) -> None:
        """The same inside somebody's transaction, who calls `forget` after it."""
        if any(subject == _DIGEST for subject in subjects):
            raise ValueError("this is not the key of a person")
        cursor.execute(_DESTROY, [sorted(subjects)])  # in the order of a rotation: no deadlock
        cursor.executemany("SELECT pg_notify(%s, %s)", [(CHANNEL, subject[:4000]) for subject in subjects])

    def forget(self, subjects: Iterable[str] | None = None, *, destroyed: bool = True) -> None:
        """Ask the database again before the next use of these keys (None: of all).

        `destroyed` keys change the epoch, too, so that states holding their clear text are dropped.
        """
        with self._lock:
            self._generation += 1
            self.epoch += destroyed
            if subjects is None:
                self._known.clear()
            else:
                for subject in subjects:
                    self._known.pop(subject, None)

    def digest(self, purpose: str, text: str) -> str:
        """A name for a text that cannot be turned back without our secret: 32 hexadecimal digits.

        For ids of things with a natural key: the same text gives the same id, for ever, also after
        the master key has changed (the secret is a key of its own, wrapped like the others).
        """
        secret = self._digest_key or self._digest_secret()
        message = f"{len(purpose)}:{purpose}:{text}".encode()
        return hmac.new(secret, message, hashlib.sha256).hexdigest()[:32]

    def rewrap(self, say: rotation.Say = lambda _: None, *, size: int = 500) -> int:
        """Wrap all keys with the current master key; answers how many had an older one.

        Then the older ones can be taken out of the Secret. Can be repeated and interrupted. `say` is
        called after each batch of `size` keys. Raises `SettingsRefused` where a master key is missing.
        """
        try:
            return rotation.rewrap(self._datastore, self._master, say, size=size)
        finally:
            self.forget(destroyed=False)

    def check(self) -> None:
        """Raise `SettingsRefused` at start-up if the master key is not the one of this database."""
        self._digest_secret()

    def _load(self, subjects: Iterable[str], stored: bool = False) -> dict[str, DataKey]:
        """The keys of these subjects, those of erased ones included; unknown subjects are missing.

        `stored`: only keys that lie in the store. One that was made here but not stored yet opens
        nothing: another process may have stored its own in the meantime.
        """
        now, found, missing = time.monotonic(), {}, []
        with self._lock:
            for subject in subjects:
                key = self._known.get(subject)
                if key is not None and now - key.loaded <= self._ttl and (key.stored or not stored):
                    self._known.move_to_end(subject)
                    found[subject] = key
                else:
                    missing.append(subject)
            generation = self._generation
        if missing:
            for key in self._select(missing):
                found[key.subject] = self._keep(key, generation)
        return found

    def _select(self, subjects: list[str]) -> list[DataKey]:
        now, keys = time.monotonic(), []
        for subject, wrapped in self._datastore.select(_SELECT, [subjects]):
            secret = self._master.unwrap(subject, wrapped) if wrapped is not None else None
            keys.append(DataKey(subject, wrapped, secret, stored=True, loaded=now))
        return keys

    def _fresh(self, subject: str) -> DataKey:
        fresh = AESGCM.generate_key(KEY_BYTES * 8)
        wrapped = self._master.wrap(subject, fresh)
        return DataKey(subject, wrapped, fresh, stored=False, loaded=time.monotonic())

    def _keep(self, key: DataKey, generation: int | None = None) -> DataKey:
        """Remember a key; of two threads that made one for the same subject both get the first."""
        with self._lock:
            known = self._known.get(key.subject)
            if known is not None and not key.stored and not known.stored:
                return known
            # of another generation it may have been read before somebody destroyed it
            if generation is None or generation == self._generation:
                self._known[key.subject] = key
                self._known.move_to_end(key.subject)
                while len(self._known) > self._limit:
                    self._known.popitem(last=False)
            return key

    def _digest_secret(self) -> bytes:
        """The secret of `digest`, made on the first use by whichever process comes first."""
        made = self._master.wrap(_DIGEST, os.urandom(KEY_BYTES))
        with self._datastore.connection() as conn:
            conn.execute(
                "INSERT INTO subject_keys (subject, wrapped) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                (_DIGEST, made),
            )
        ((_, wrapped),) = self._datastore.select(_SELECT, [[_DIGEST]])
        self._digest_key = self._master.unwrap(_DIGEST, wrapped)
        return self._digest_key
