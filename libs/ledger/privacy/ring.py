"""The buckets that this process knows, and the one in which it wraps the keys of new persons."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from psycopg.sql import SQL

from libs.ledger.datastore import Datastore
from libs.ledger.privacy import buckets
from libs.ledger.privacy.buckets import Bucket, BucketStore
from libs.ledger.privacy.master_key import MasterKey

OPEN = "INSERT INTO key_buckets (bucket) VALUES (%s)"
NAMED = SQL("SELECT bucket FROM key_buckets")
_LIMIT = 4096  # buckets kept in memory: the persons of 4,096 buckets are read without asking the store


class Ring:
    """Safe for many threads. Each process fills a bucket of its own, up to `buckets.SIZE` persons."""

    def __init__(self, datastore: Datastore, store: BucketStore, master: MasterKey) -> None:
        self._datastore = datastore
        self._store = store
        self._master = master
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._known: OrderedDict[bytes, Bucket] = OrderedDict()
        self._open: Bucket | None = None
        self._room = 0

    def wrap(self, subject: str, key: bytes) -> bytes:
        """Wrap the key of a new person; opens another bucket where the one at hand is full.

        Raises `BucketsUnavailable`, and psycopg's errors.
        """
        bucket = self._take() or self._open_another()
        return bucket.wrap(subject, key)

    def secrets(self, names: Iterable[bytes]) -> Mapping[bytes, Bucket]:
        """Those of these buckets that still exist; the store is asked for those that are not known here."""
        wanted = set(names)
        with self._lock:
            found = {name: self._known[name] for name in wanted & self._known.keys()}
            for name in found:
                self._known.move_to_end(name)
        if missing := wanted - found.keys():
            found.update(buckets.opened(missing, self._store, self._master))
            self._keep(found[name] for name in missing & found.keys())
        return found

    def spare(self) -> Bucket:
        """A new bucket that the store keeps, and the ledger does not know yet."""
        bucket = Bucket.fresh()
        self._store.add(bucket.name, bucket.kept(self._master))
        self._keep([bucket])
        return bucket

    def forget(self, names: Iterable[bytes] | None = None) -> None:
        """Some buckets (None: all) may be retired: wrap nothing more in them, ask for them again."""
        with self._lock:
            gone = set(self._known) if names is None else set(names)
            for name in gone:
                self._known.pop(name, None)
            if self._open is not None and (names is None or self._open.name in gone):
                self._open = None

    def lost(self) -> int:
        """How many buckets the ledger names that the store does not keep.

        The ledger names a bucket after the store has it, and no more before the store forgets it.
        """
        named = {name for (name,) in self._datastore.select(NAMED, ())}
        missing = named - self._store.names()
        return len(missing & {name for (name,) in self._datastore.select(NAMED, ())}) if missing else 0

    def _take(self) -> Bucket | None:
        """The open bucket, with one place less in it."""
        with self._lock:
            if self._open is None or self._room <= 0:
                return None
            self._room -= 1
            return self._open

    def _open_another(self) -> Bucket:
        with self._opening:
            if (bucket := self._take()) is not None:  # another thread was faster
                return bucket
            bucket = self.spare()
            with self._datastore.connection() as connection:
                connection.execute(OPEN, [bucket.name])
            with self._lock:
                self._open, self._room = bucket, buckets.SIZE - 1
            return bucket

    def _keep(self, found: Iterable[Bucket]) -> None:
        with self._lock:
            for bucket in found:
                self._known[bucket.name] = bucket
                self._known.move_to_end(bucket.name)
            while len(self._known) > _LIMIT:
                self._known.popitem(last=False)
