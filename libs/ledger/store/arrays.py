"""Arrays as parameters in PostgreSQL's binary form, packed without looking at each element's type.

psycopg finds out the type of a list by its elements and writes most lists as text, which the server
parses again. For a batch of appends, which is 16 arrays, that cost more than all else that we do with it.
"""

import struct
from collections.abc import Iterable
from typing import Any, ClassVar

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

_EMPTY = struct.Struct(">3i")  # no dimension, no NULL, the type of the elements
_HEAD = struct.Struct(">5i")  # one dimension, perhaps a NULL, the type, how many, the first index
_LENGTH = struct.Struct(">i")
_BIGINT = struct.Struct(">iq")
_NULL = _LENGTH.pack(-1)
_BOOLEANS = (b"\0\0\0\1\0", b"\0\0\0\1\1")


class Packed(bytes):
    """An array as a parameter; of which type, by its subclass (numbers of `pg_type`)."""

    __slots__ = ()
    array: ClassVar[int]
    element: ClassVar[int]


class Booleans(Packed):
    """A `boolean[]`."""

    __slots__ = ()
    array, element = 1000, 16

    @classmethod
    def of(cls, values: Iterable[bool]) -> "Booleans":
        """Pack an array."""
        return cls(_packed(cls.element, [_BOOLEANS[value] for value in values]))


class Bigints(Packed):
    """A `bigint[]`."""

    __slots__ = ()
    array, element = 1016, 20

    @classmethod
    def of(cls, values: Iterable[int | None]) -> "Bigints":
        """Pack an array."""
        packed = [_NULL if value is None else _BIGINT.pack(8, value) for value in values]
        return cls(_packed(cls.element, packed))


class Texts(Packed):
    """A `text[]`, for a connection that speaks UTF-8."""

    __slots__ = ()
    array, element = 1009, 25

    @classmethod
    def of(cls, values: Iterable[str]) -> "Texts":
        """Pack an array."""
        return cls(_packed(cls.element, [_sized(value.encode()) for value in values]))


class Blobs(Packed):
    """A `bytea[]`."""

    __slots__ = ()
    array, element = 1001, 17

    @classmethod
    def of(cls, values: Iterable[bytes | None]) -> "Blobs":
        """Pack an array."""
        return cls(_packed(cls.element, [_NULL if value is None else _sized(value) for value in values]))


class _AsItIs(Dumper):
    format = Format.BINARY

    def __init__(self, cls: type[Packed], context: Any = None) -> None:
        super().__init__(cls, context)
        self.oid = cls.array

    def dump(self, obj: Packed) -> Packed:
        return obj


def accept(connection: Connection[Any]) -> None:
    """Let a connection take packed arrays."""
    connection.execute("SET client_encoding = 'UTF8'")
    connection.adapters.register_dumper(Packed, _AsItIs)


def _sized(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _packed(element: int, parts: list[bytes]) -> bytes:
    if not parts:
        return _EMPTY.pack(0, 0, element)
    return _HEAD.pack(1, 1, element, len(parts), 1) + b"".join(parts)
