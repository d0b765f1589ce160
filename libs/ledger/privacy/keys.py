"""A key for each person: enciphers what is known of them, and erases them by being destroyed."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Cursor
from psycopg.sql import SQL

from libs.ledger.datastore import Datastore
from libs.ledger.errors import KeyLost, SettingsRefused
from libs.ledger.privacy import rotation
from libs.ledger.privacy.buckets import Bucket, BucketStore, bucket_of
from libs.ledger.privacy.data_key import DataKey, Sealed, subject_erased
from libs.ledger.privacy.digests import SECRET, Digests
from libs.ledger.privacy.erasure import Erasure
from libs.ledger.privacy.master_key import KEY_BYTES, MasterKey
from libs.ledger.privacy.ring import Ring

TABLE = "subject_keys"
_SELECT = SQL("SELECT subject, wrapped FROM subject_keys WHERE subject = ANY(%s)")
CHANNEL = "linli_keys"
_LOOKS = 3  # at keys and buckets: an erasure may move keys to another bucket in between


class Keys:
    """The data keys of one service's ledger.

    The keys of buckets wrap them, which `store` keeps, wrapped by the master key. Known keys are kept in
    memory for `ttl` seconds; a destruction is announced to all processes of the service by NOTIFY at its
    commit, so `ttl` only bounds how long a process that was cut off from the database at that moment still
    deciphers. Safe for use by many threads.
    """

    def __init__(
        self,
        datastore: Datastore,
        master: MasterKey,
        store: BucketStore,
        *,
        ttl: float = 30.0,
        limit: int = 20_000,
    ) -> None:
        self._datastore = datastore
        self._master = master
        self._store = store
        self._ring = Ring(datastore, store, master)
        self.erasure = Erasure(datastore, store, self._ring)
        self._ttl = ttl
        self._limit = limit
        self._lock = threading.Lock()
        self._known: OrderedDict[str, DataKey] = OrderedDict()
        self._digests = Digests(datastore, master)
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

    def erased(self, subjects: Iterable[str]) -> set[str]:
        """Those of them whose keys were destroyed."""
        return {subject for subject, key in self._load(subjects).items() if key.wrapped is None}

    def destroy(self, subject: str) -> None:
        """Erase a person: everything sealed under their key is unreadable from now on, for good."""
        self.erasure.prepare(1)
        with self._datastore.connection() as conn, conn.transaction(), conn.cursor() as cursor:
            self.destroy_in(cursor, [subject])
        self.forget([subject])
        self.erasure.finish()

    def destroy_in(self, cursor: Cursor[Any], subjects: Sequence[str]) -> None:
        """The same inside somebody's transaction.

        They call `erasure.prepare` before it, and `forget` and `erasure.finish` after it.
        """
        if any(subject == SECRET for subject in subjects):
            raise ValueError("this is not the key of a person")
        self.erasure.destroy(cursor, subjects)
        cursor.executemany("SELECT pg_notify(%s, %s)", [(CHANNEL, subject[:4000]) for subject in subjects])

    def forget(self, subjects: Iterable[str] | None = None, *, destroyed: bool = True) -> None:
        """Ask the database again before the next use of these keys (None: of all).

        `destroyed` keys change the epoch, too, so that states holding their clear text are dropped.
        """
        with self._lock:
            self._generation += 1
            self.epoch += destroyed
            if subjects is None:
                gone = None
                self._known.clear()
            else:
                known = [self._known.pop(subject, None) for subject in subjects]
                gone = [bucket_of(key.wrapped) for key in known if key is not None and key.wrapped]
        self._ring.forget(gone)

    def digest(self, purpose: str, text: str) -> str:
        """A name for a text that cannot be turned back without our secret: 32 hexadecimal digits.

        The same text gives the same name, for ever, also after the master key has changed.
        """
        return self._digests.digest(purpose, text)

    def terms(self, kind: str, scope: str, words: Iterable[str]) -> list[int]:
        """By what words are found blindly: a number each that cannot be turned back without our secret."""
        return self._digests.terms(kind, scope, words)

    def rewrap(self, say: rotation.Say = lambda _: None, *, size: int = 500) -> int:
        """Wrap all keys with the current master key; answers how many had an older one.

        Then the older ones can be taken out of the Secret. Can be repeated and interrupted. `say` is
        called after each batch of `size` keys. Raises `SettingsRefused` where a master key is missing.
        """
        try:
            return rotation.rewrap(self._digests, self._store, self._master, say, size=size)
        finally:
            self.forget(destroyed=False)

    def check(self) -> None:
        """Raise `SettingsRefused` at start-up if master key or buckets are not those of this database.

        Finishes what erasures have left undone, too.
        """
        self._digests.load()
        if lost := self._ring.lost():
            raise SettingsRefused(
                f"{lost:,} buckets of keys that the database names are not in the key store: is it the right"
                " one? After an older backup of the database was restored, run `linli <service> mend-keys`"
            )
        self.erasure.finish()

    def close(self) -> None:
        """Let go of the store of the buckets."""
        self.erasure.close()
        self._store.close()

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
        now, lost = time.monotonic(), ""
        for _ in range(_LOOKS):
            rows = self._datastore.select(_SELECT, [subjects])
            known = self._ring.secrets({bucket_of(wrapped) for _, wrapped in rows if wrapped is not None})
            lost = next((each for each, wrapped in rows if wrapped and bucket_of(wrapped) not in known), "")
            if not lost:
                return [_opened(known, subject, wrapped, now) for subject, wrapped in rows]
        raise KeyLost(lost)

    def _fresh(self, subject: str) -> DataKey:
        fresh = AESGCM.generate_key(KEY_BYTES * 8)
        wrapped = self._ring.wrap(subject, fresh)
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


def _opened(known: Mapping[bytes, Bucket], subject: str, wrapped: bytes | None, now: float) -> DataKey:
    secret = known[bucket_of(wrapped)].unwrap(subject, wrapped) if wrapped is not None else None
    return DataKey(subject, wrapped, secret, stored=True, loaded=now)
