"""Column values of views, brought into the one form in which PostgreSQL will give them back.

A row in memory and the same row read again must be equal, or a fold could depend on what happened
to be in a cache.
"""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, NewType, NotRequired, Required, Union, get_args, get_origin

import msgspec


def _text(value: Any) -> Any:
    return _plain(value, str)


def _integer(value: Any) -> Any:
    return _plain(value, int)


def _boolean(value: Any) -> Any:
    return _plain(value, bool)


def _number(value: Any) -> Any:
    number = float(value) if type(value) is int else _plain(value, float)
    if not math.isfinite(number):
        raise ValueError("a column holds no infinity and no NaN")
    return number


def _decimal(value: Any) -> Any:
    return Decimal(value) if type(value) is int else _plain(value, Decimal)


def _moment(value: Any) -> Any:
    moment = _plain(value, datetime)
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _day(value: Any) -> Any:
    return _plain(value, date)


def _json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _texts(value: Any) -> Any:
    return [_text(item) for item in _items(value)]


def _integers(value: Any) -> Any:
    return [_integer(item) for item in _items(value)]


def _plain(value: Any, wanted: type) -> Any:
    if type(value) is wanted:
        return value
    if isinstance(value, Enum):
        raise TypeError(f"a column holds plain values: put {value!r}.value")
    raise TypeError(f"{type(value).__name__} where {wanted.__name__} belongs")


def _items(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{type(value).__name__} where a list belongs")
    return value


def without_nul(value: Any) -> Any:
    """The value with U+FFFD wherever a text in it has NUL, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    return value


_BY_TYPE: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "bigint": _integer,
    "integer": _integer,
    "boolean": _boolean,
    "double precision": _number,
    "numeric": _decimal,
    "timestamptz": _moment,
    "date": _day,
    "jsonb": _json,
    "text[]": _texts,
    "bigint[]": _integers,
}
COLUMN_TYPES = tuple(_BY_TYPE)
Json = Annotated[Any, "jsonb"]
"""A column that keeps what JSON can: lists and mappings of plain values."""
_BY_HINT: dict[Any, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    float: "double precision",
    Decimal: "numeric",
    datetime: "timestamptz",
    date: "date",
    list[str]: "text[]",
    list[int]: "bigint[]",
    Json: "jsonb",
}
EXACT_TYPES = {"text": str, "bigint": int, "integer": int, "boolean": bool}
"""Column types whose values of exactly this Python type are right as they are."""
COPIES: dict[str, Callable[[Any], Any]] = {"jsonb": _json, "text[]": list, "bigint[]": list}
"""How a value (not None) of a mutable type is copied: JSON by its text, in a ninth of deepcopy's time."""


def column_type(hint: Any) -> str:
    """The SQL type of a column whose values have the Python type `hint`. Raises `TypeError`."""
    if get_origin(hint) in (NotRequired, Required):
        return column_type(get_args(hint)[0])
    if isinstance(hint, NewType):
        return column_type(hint.__supertype__)
    members = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) in (Union, UnionType) and len(members) == 1:
        return column_type(members[0])
    if hint in _BY_HINT:
        return _BY_HINT[hint]
    raise TypeError(f"{hint!r} has no column type: take one of {list(_BY_HINT)}")


def normaliser(kind: str) -> Callable[[Any], Any]:
    """The function that brings a value (not None) into the form of a column type.

    It raises `TypeError` or `ValueError` for what does not belong there: another Python type, an
    enum, a moment without time zone, NaN.
    """
    return _BY_TYPE[kind]
