"""A change of the master key: what it wraps is wrapped anew, while the service goes on.

It wraps the keys of buckets and the secret of digests. The keys of persons are wrapped by the buckets'
keys, and stay as they are.
"""

from collections.abc import Callable
from dataclasses import dataclass

from libs.ledger.errors import SettingsRefused
from libs.ledger.privacy.buckets import BucketStore, Kept, label
from libs.ledger.privacy.digests import Digests
from libs.ledger.privacy.master_key import MasterKey, is_wrapped_by


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How far a rotation is: `done` of the `total` keys that an older master key had wrapped."""

    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.done:,} of {self.total:,} keys wrapped anew"


Say = Callable[[Rewrapped], object]


def rewrap(digests: Digests, store: BucketStore, master: MasterKey, say: Say, *, size: int) -> int:
    """Wrap every key with the current master key; answers how many had an older one.

    `say` is called after each `size` keys. It can be interrupted and repeated, and keeps nobody from
    reading or writing. It ends when no key is found that an older master key had wrapped. Raises
    `SettingsRefused` where there is only one master key, or where one is missing, `BucketsUnavailable`,
    and psycopg's errors.
    """
    old = _older(digests, store, master)
    done, total = 0, len(old)
    while old:
        for name in old:
            done += _wrap_bucket(store, master, name) if name else digests.wrap_anew()
            if done % size == 0:
                say(Rewrapped(done, max(done, total)))
        if done % size:
            say(Rewrapped(done, max(done, total)))
        old = _older(digests, store, master)  # once more: others may have made buckets behind us
    return done


def _older(digests: Digests, store: BucketStore, master: MasterKey) -> list[bytes]:
    """The names of what is not wrapped with the current master key; "" is the secret of digests."""
    if not master.older:
        raise SettingsRefused(
            "there is only one master key: put the new one (`openssl rand -base64 32`) in the first line,"
            " and keep the old one in the second"
        )
    wrapped = {b"": digests.wrapped()}
    wrapped.update((name, kept.wrapped) for name, kept in store.read(store.names()).items())
    known = (master.current, *master.older)
    unknown = sum(not is_wrapped_by(known, each) for each in wrapped.values())
    if unknown:
        raise SettingsRefused(
            f"{unknown:,} keys are wrapped with a master key that is not given:"
            " add it as a further line; nothing was changed"
        )
    return sorted(name for name, each in wrapped.items() if not is_wrapped_by(known[:1], each))


def _wrap_bucket(store: BucketStore, master: MasterKey, name: bytes) -> int:
    kept = store.read([name]).get(name)
    if kept is None or is_wrapped_by([master.current], kept.wrapped):
        return 0  # it was retired meanwhile, or another rotation was here
    anew = master.wrap(label(name), master.unwrap(label(name), kept.wrapped))
    return int(store.replace(name, kept, Kept(anew, kept.members)))
