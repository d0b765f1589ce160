"""The chain over a ledger: a leaf for each event, and a running hash that binds it to all before it.

The database computes both under the commit lock (`statements.py`); this is the same in Python, for
whoever checks. Stored bytes are ciphertext where they are personal, so an erasure changes nothing.
"""

import hashlib
import struct
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBERS = struct.Struct(">cqqq")
_LENGTH = struct.Struct(">i")


def microseconds(moment: datetime) -> int:
    """Since 1970 in UTC: how a moment goes into a leaf."""
    return (moment - _EPOCH) // _MICROSECOND


def leaf(*, position: int, stream: str, version: int, name: str, recorded: int, body: bytes) -> bytes:
    """SHA-256 over all that is stored of one event; `recorded` in microseconds since 1970.

    The bytes are: 0x00 (the leaf prefix of RFC 9162), position, recorded time and version as signed
    64-bit integers, stream and name as UTF-8 behind their lengths (32 bits), and the stored bytes;
    numbers are big-endian.
    """
    return leaf_of_sized(position, recorded, version, sized(stream.encode()) + sized(name.encode()), body)


def leaf_of_sized(position: int, recorded: int, version: int, texts: bytes, body: bytes) -> bytes:
    """The same of stream and name as they go into it: each behind its length."""
    return hashlib.sha256(b"".join((_NUMBERS.pack(b"\0", position, recorded, version), texts, body))).digest()


def sized(text: bytes) -> bytes:
    """Bytes behind their length."""
    return _LENGTH.pack(len(text)) + text


def link(before: bytes, leaf_of_event: bytes) -> bytes:
    """The chain after an event: SHA-256 over the chain before it and its leaf."""
    return hashlib.sha256(before + leaf_of_event).digest()


def genesis(ledger: str) -> bytes:
    """The chain before the first event of a ledger, by the ledger's id (a UUID in lower case)."""
    return hashlib.sha256(f"linli ledger {ledger}".encode()).digest()
