"""Somebody who has the disks and the master key, and looks for what they open."""

from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.ledger.privacy.buckets import label
from libs.ledger.privacy.master_key import MasterKey, mark

_NONCE, _SEALED = 12, 12 + 32 + 16


class Thief:
    """Reads disks raw, live or left over, and tries the master key on whatever it may have wrapped."""

    def __init__(self, master: MasterKey, disks: Iterable[bytes]) -> None:
        self._master = master.current
        self._disks = [*disks]

    def sees(self, text: bytes) -> bool:
        """Whether it stands somewhere in the clear."""
        return any(text in disk for disk in self._disks)

    def keys(self, buckets: Iterable[bytes], persons: Iterable[str]) -> set[bytes]:
        """The keys of these persons that can be had: by the master key, or by way of these buckets."""
        bound = [each.encode() for each in persons]
        by_master = set(self._behind(mark(self._master)))
        got = {_opened(self._master, seal, each) for seal in by_master for each in bound}
        for name in buckets:
            bound_to = label(name).encode()
            for secret in {_opened(self._master, seal, bound_to) for seal in by_master} - {b""}:
                wrapped = set(self._behind(b"\x02" + name))
                got |= {_opened(secret, seal, name + each) for seal in wrapped for each in bound}
        return got - {b""}

    def _behind(self, start: bytes) -> Iterator[bytes]:
        for disk in self._disks:
            at = disk.find(start)
            while at >= 0:
                yield disk[at + len(start) : at + len(start) + _SEALED]
                at = disk.find(start, at + 1)


def _opened(key: bytes, seal: bytes, bound_to: bytes) -> bytes:
    """What is in a seal, if this key opens it."""
    try:
        return AESGCM(key).decrypt(seal[:_NONCE], seal[_NONCE:], bound_to)
    except (InvalidTag, ValueError):
        return b""
