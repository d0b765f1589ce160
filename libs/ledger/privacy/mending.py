"""After an older backup of a ledger was restored: its keys follow those who were wrapped anew since then.

The backup names buckets that erasures have destroyed since it was made. Who was wrapped anew then is
kept beside the key of each heir, so everybody else can be read again. Whoever is in no heir was erased
after the backup was made, and is erased again.
"""

from dataclasses import dataclass

import msgspec
from psycopg.sql import SQL

from libs.ledger.datastore import Datastore
from libs.ledger.errors import SettingsRefused
from libs.ledger.privacy.buckets import BucketStore, bucket_of
from libs.ledger.privacy.erasure import LOCK
from libs.ledger.privacy.ring import NAMED

_OF_LOST = SQL("SELECT subject FROM subject_keys WHERE bucket = ANY(%s::bytea[]) ORDER BY subject")
_OPEN = "INSERT INTO key_buckets (bucket) SELECT unnest(%s::bytea[]) ON CONFLICT DO NOTHING"
_MOVE = """
UPDATE subject_keys AS k SET wrapped = u.wrapped FROM unnest(%s::text[], %s::bytea[]) AS u(subject, wrapped)
WHERE k.subject = u.subject
"""
_ERASE = "UPDATE subject_keys SET wrapped = NULL, destroyed_at = now() WHERE subject = ANY(%s::text[])"
_DROP = "DELETE FROM key_buckets WHERE bucket = ANY(%s::bytea[])"


@dataclass(frozen=True, slots=True)
class Mended:
    """How many persons of destroyed buckets can be read again, and who is erased again."""

    moved: int
    erased: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.moved:,} persons can be read again, {len(self.erased):,} are erased again"


def mend(datastore: Datastore, store: BucketStore, *, apply: bool) -> Mended:
    """Bring the keys of a restored ledger to what the store holds; without `apply` only count.

    No process of the service may run meanwhile. Raises `SettingsRefused` where the store cannot be the
    one of this database, `BucketsUnavailable`, and psycopg's errors.
    """
    kept = store.read(store.names())
    heirs: dict[str, bytes] = {}
    for each in kept.values():
        heirs.update(msgspec.msgpack.decode(each.members, type=dict[str, bytes]) if each.members else {})
    named = {name for (name,) in datastore.select(NAMED, ())}
    lost = sorted(named - kept.keys())
    persons = [subject for (subject,) in datastore.select(_OF_LOST, [lost])]
    moved = {subject: heirs[subject] for subject in persons if subject in heirs}
    erased = [subject for subject in persons if subject not in heirs]
    if erased and not moved and named.isdisjoint(kept):
        raise SettingsRefused("the key store knows nobody of this database: is it the right one?")
    if apply and lost:
        with datastore.connection() as connection, connection.transaction():
            connection.execute(LOCK)
            connection.execute(_OPEN, [sorted({bucket_of(wrapped) for wrapped in moved.values()})])
            connection.execute(_MOVE, [[*moved], [*moved.values()]])
            connection.execute(_ERASE, [erased])
            connection.execute(_DROP, [lost])
    return Mended(len(moved), tuple(erased))
