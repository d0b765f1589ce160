"""A change of the master key: all wrapped keys are wrapped anew, while the service goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from psycopg.sql import SQL

from libs.ledger.datastore import Datastore
from libs.ledger.errors import SettingsRefused
from libs.ledger.privacy.master_key import MARK_BYTES, MasterKey, mark

_MARK = f"substring(wrapped FROM 1 FOR {MARK_BYTES})"
_UNKNOWN = SQL(f"SELECT count(*) FROM subject_keys WHERE {_MARK} <> ALL(%b::bytea[])")
_LEFT = SQL(f"SELECT count(*) FROM subject_keys WHERE {_MARK} <> %b")
_NEXT = SQL(
    f"SELECT subject, wrapped FROM subject_keys WHERE {_MARK} <> %b AND subject > %s"
    " ORDER BY subject LIMIT %s"
)
# A key that was destroyed or wrapped anew since it was read is left as it is.
_WRAP = "UPDATE subject_keys SET wrapped = %s WHERE subject = %s AND wrapped = %s"


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How far a rotation is: `done` of the `total` keys that an older master key had wrapped."""

    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.done:,} of {self.total:,} keys wrapped anew"


Say = Callable[[Rewrapped], object]


def rewrap(datastore: Datastore, master: MasterKey, say: Say, *, size: int) -> int:
    """Wrap every key with the current master key; answers how many had an older one.

    Each batch of `size` keys is a transaction of its own, so the work can be interrupted and
    repeated, and keeps nobody from reading or writing. It ends when no key is found that an older
    master key had wrapped. Raises `SettingsRefused` where there is only one master key, or where one
    is missing, and psycopg's errors.
    """
    _check(datastore, master)
    current = mark(master.current)
    done, total, after = 0, _count(datastore, _LEFT, current), ""
    while True:
        batch = datastore.select(_NEXT, [current, after, size])
        if batch:
            done += _wrap_anew(datastore, master, batch)
            after = batch[-1][0]
            say(Rewrapped(done, max(done, total)))
        elif after:
            after = ""  # once more: others may have stored keys behind us
        else:
            return done


def _check(datastore: Datastore, master: MasterKey) -> None:
    if not master.older:
        raise SettingsRefused(
            "there is only one master key: put the new one (`openssl rand -base64 32`) in the first line,"
            " and keep the old one in the second"
        )
    known = [mark(key) for key in (master.current, *master.older)]
    if unknown := _count(datastore, _UNKNOWN, known):
        raise SettingsRefused(
            f"{unknown:,} keys are wrapped with a master key that is not given:"
            " add it as a further line; nothing was changed"
        )


def _count(datastore: Datastore, query: SQL, marks: bytes | list[bytes]) -> int:
    ((number,),) = datastore.select(query, [marks])
    return int(number)


def _wrap_anew(datastore: Datastore, master: MasterKey, batch: list[tuple[str, bytes]]) -> int:
    rows = [(master.wrap(each, master.unwrap(each, old)), each, old) for each, old in sorted(batch)]
    with datastore.connection() as connection, connection.transaction():
        cursor = connection.cursor()
        cursor.executemany(_WRAP, rows)
        return cursor.rowcount
