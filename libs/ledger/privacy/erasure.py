"""Erases persons: destroys their key, wraps the others of their bucket anew, destroys the bucket's key."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from psycopg import Cursor
from psycopg.sql import SQL

from libs.ledger.datastore import Datastore
from libs.ledger.errors import KeyLost
from libs.ledger.privacy import ring
from libs.ledger.privacy.buckets import Bucket, BucketStore, Kept
from libs.ledger.privacy.ring import Ring
from libs.retry.backoff import Backoff

log = logging.getLogger(__name__)

# One erasure at a time: a person's bucket stays the same while it goes on.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('linli erasure', 0))"
_BUCKETS = "SELECT DISTINCT bucket FROM subject_keys WHERE subject = ANY(%s) AND bucket IS NOT NULL"
# Waits for those who are just adding a person to one of them, and keeps others from it.
_CLOSE = "SELECT 1 FROM key_buckets WHERE bucket = ANY(%s::bytea[]) FOR UPDATE"
_DESTROY = """
INSERT INTO subject_keys (subject, destroyed_at) SELECT subject, now() FROM unnest(%s::text[]) AS subject
ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, destroyed_at = now()
WHERE subject_keys.destroyed_at IS NULL
"""
_MEMBERS = SQL("SELECT subject, wrapped FROM subject_keys WHERE bucket = %s ORDER BY subject")
_WRAP = """
UPDATE subject_keys AS k SET wrapped = u.wrapped FROM unnest(%s::text[], %s::bytea[]) AS u(subject, wrapped)
WHERE k.subject = u.subject
"""
_DROP = "DELETE FROM key_buckets WHERE bucket = %s"
_RETIRE = "INSERT INTO retired_buckets (bucket, heir) VALUES (%s, %s)"
_RETIRED = SQL("SELECT bucket, heir FROM retired_buckets ORDER BY retired_at")
_DONE = "DELETE FROM retired_buckets WHERE bucket = %s"
_BACKOFF = Backoff(first=1.0, most=60.0)


class Erasure:
    """The steps of an erasure, as `buckets.py` lists them. Safe for many threads and processes."""

    def __init__(self, datastore: Datastore, store: BucketStore, ring: Ring) -> None:
        self._datastore = datastore
        self._store = store
        self._ring = ring
        self._lock = threading.Lock()
        self._spares: list[Bucket] = []
        self._later: threading.Thread | None = None
        self._closed = threading.Event()
        self.observe: Callable[[int], None] = lambda _: None  # is told how many buckets wait, for metrics

    def prepare(self, persons: int) -> None:
        """Make heirs for the buckets of so many persons: nobody is to wait for that amid a transaction."""
        with self._lock:
            missing = persons - len(self._spares)
        for _ in range(missing):
            heir = self._ring.spare()
            with self._lock:
                self._spares.append(heir)

    def destroy(self, cursor: Cursor[Any], subjects: Sequence[str]) -> None:
        """Inside somebody's transaction: after it, `finish` is called. Rows of `cursor` are dicts.

        Raises `KeyLost` if the key of a bucket is missing, `BucketsUnavailable`, psycopg's errors.
        """
        cursor.execute(LOCK)
        closing = [row["bucket"] for row in cursor.execute(_BUCKETS, [[*subjects]]).fetchall()]
        cursor.execute(_CLOSE, [closing])
        cursor.execute(_DESTROY, [sorted(subjects)])
        for bucket in closing:
            self._retire(cursor, bucket)
        self._ring.forget(closing)

    def finish(self) -> None:
        """Destroy the keys of all buckets that are retired; what cannot be done now is done later."""
        try:
            self._finish()
        except Exception as error:  # noqa: BLE001  # the ledger has it: it is done as soon as it can be
            log.warning("an erasure is not on the disk yet: %s: %s", type(error).__name__, error)
            with suppress(Exception):
                self.observe(self.waiting())
            self.finish_later()

    def waiting(self) -> int:
        """How many buckets are retired, and their keys not destroyed yet."""
        return len(self._datastore.select(_RETIRED, ()))

    def close(self) -> None:
        """Try nothing again any more: the next start does."""
        self._closed.set()

    def _retire(self, cursor: Cursor[Any], name: bytes) -> None:
        rows = cursor.execute(_MEMBERS, [name]).fetchall()
        if not rows:
            cursor.execute(_DROP, [name])
            cursor.execute(_RETIRE, [name, None])
            return
        old, heir = self._ring.secrets([name]).get(name), self._heir()
        if old is None:
            raise KeyLost(rows[0]["subject"])
        wrapped = [heir.wrap(row["subject"], old.unwrap(row["subject"], row["wrapped"])) for row in rows]
        cursor.execute(ring.OPEN, [heir.name])
        cursor.execute(_WRAP, [[row["subject"] for row in rows], wrapped])
        cursor.execute(_DROP, [name])
        cursor.execute(_RETIRE, [name, heir.name])

    def _heir(self) -> Bucket:
        with self._lock:
            if self._spares:
                return self._spares.pop()
        return self._ring.spare()

    def _finish(self) -> None:
        for bucket, heir in self._datastore.select(_RETIRED, ()):
            if heir is not None:
                self._keep_members(heir)
            self._store.destroy(bucket)
            with self._datastore.connection() as connection:
                connection.execute(_DONE, [bucket])
        self.observe(0)

    def _keep_members(self, heir: bytes) -> None:
        """Beside the heir's key, who was wrapped anew; nothing if it is retired itself by now."""
        while (kept := self._store.read([heir]).get(heir)) is not None:
            members = dict(self._datastore.select(_MEMBERS, [heir]))
            if self._store.replace(heir, kept, Kept(kept.wrapped, msgspec.msgpack.encode(members))):
                return

    def finish_later(self) -> None:
        """Finish in a thread of its own, again and again until it is done: the store, or ours, is away."""
        with self._lock:
            if self._later is None and not self._closed.is_set():
                self._later = threading.Thread(target=self._try_again, name="erasure", daemon=True)
                self._later.start()

    def _try_again(self) -> None:
        tries = 1
        while not self._closed.wait(_BACKOFF.pause(tries)):
            try:
                self._finish()
            except Exception:  # noqa: BLE001  # said already
                tries += 1
            else:
                log.warning("the erasure is on the disk now")
                break
        with self._lock:
            self._later = None
