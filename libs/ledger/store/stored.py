"""What is stored of each event, in order, for whoever computes its hash: as the database sends it.

Nothing is made of a value that is not needed: stream and name stay the bytes that go into the leaf.
The database sends on while the rows before are looked at.
"""

import struct
from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from libs.ledger.store.recorder import EVENTS_TABLE

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"  # in place of the number of columns
# How many columns, then each behind its length: position, time, version; then the length of the stream.
_FIXED = struct.Struct(">hiqiqiqi")
_LENGTH = struct.Struct(">i")
_COPY = f"""
COPY (
    SELECT notification_id, recorded_at, originator_version, originator_id, topic, state, leaf, chain
    FROM public.{EVENTS_TABLE} WHERE notification_id > %s ORDER BY notification_id
) TO STDOUT (FORMAT binary)
"""
_AT = _FIXED.size
_STREAM = _AT - _LENGTH.size
_SINCE_1970 = 946_684_800_000_000  # PostgreSQL counts its microseconds from 2000
_LAST = 2**63 - 1 - _SINCE_1970  # of them; "infinity" lies behind it


Stored = tuple[int, int, int, bytes, bytes, bytes, bytes]
"""Position, recorded time (microseconds since 1970), version, texts, body, leaf, chain.

The texts are stream and name, each behind its length. Of an event with a value that none has, such as
NULL, only the position counts: no hash fits.
"""


def named(version: int, texts: bytes) -> str:
    """Which event it is, for people."""
    if not texts:
        return "the event"
    [length] = _LENGTH.unpack_from(texts)
    stream = texts[_LENGTH.size : _LENGTH.size + length].decode(errors="replace")
    return f"event {version} of {stream}"


def stored_after(connection: Connection[Any], position: int) -> Iterator[Stored]:
    """The events behind a position, within a transaction. Raises psycopg's errors."""
    connection.execute("SET client_encoding = 'UTF8'")
    connection.execute("SET LOCAL enable_sort = off")  # by the index: to sort them would fill the disk
    with (
        connection.cursor() as cursor,
        cursor.copy(_COPY, [position]) as rows,
    ):
        for row in rows:
            content = bytes(row).removeprefix(_SIGNATURE)
            if len(content) > len(_TRAILER):
                yield _read(content)


def _read(row: bytes) -> Stored:
    try:
        _, first, position, second, recorded, third, version, stream = _FIXED.unpack_from(row)
        name = _AT + stream
        [length] = _LENGTH.unpack_from(row, name)
        state = name + 4 + length
        [body] = _LENGTH.unpack_from(row, state)
    except struct.error:  # shorter than any event
        return _odd(row)
    if not first == second == third == 8 or stream < 0 or length < 0 or body < 0 or recorded > _LAST:
        return _odd(row)
    end = state + 4 + body
    texts, leaf = row[_STREAM:state], row[end + 4 : end + 36]
    return position, recorded + _SINCE_1970, version, texts, row[state + 4 : end], leaf, row[end + 40 :]


def _odd(row: bytes) -> Stored:
    return int.from_bytes(row[6:14]), 0, 0, b"", b"", b"", b""
