"""Which types the store keeps exactly, and sample values of them.

An event type whose round trip through the store could change a value is refused at start-up:
a tuple that comes back as a list is found on the day of the first replay otherwise.
"""

import contextlib
import dataclasses
import types
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from libs.ledger.decider import Refusal
from libs.ledger.personal import Personal

LEAVES: dict[Any, tuple[Any, ...]] = {
    str: ("邻里 “x”\n", ""),
    int: (-7, 2**53 + 1),
    float: (0.1, -2.5e300),
    bool: (True, False),
    bytes: (b"\x00\xff", b""),
    datetime: (datetime(2020, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC), datetime(1969, 7, 20, tzinfo=UTC)),
    date: (date(2020, 2, 29), date(1900, 1, 1)),
    time: (time(23, 59, 59, 1),),
    timedelta: (timedelta(days=3, microseconds=1), timedelta(0)),
    Decimal: (Decimal("1.50"), Decimal("-0.001")),
    UUID: (UUID(int=7),),
    type(None): (None,),
}


class InexactType(TypeError):
    """A type that the store would not give back as it was; the message says where and what to do."""


def is_data(tp: Any) -> bool:
    """Is this a dataclass type?"""
    return isinstance(tp, type) and dataclasses.is_dataclass(tp)


def fields_of(tp: type) -> dict[str, Any]:
    """The fields of a dataclass with their types."""
    hints = get_type_hints(tp)
    return {field.name: hints[field.name] for field in dataclasses.fields(tp)}


def union_of(tp: Any) -> tuple[Any, ...]:
    """The members of a union; of another type, the type itself."""
    return get_args(tp) if get_origin(tp) in (Union, types.UnionType) else (tp,)


def holds_personal(tp: Any, seen: frozenset[Any] = frozenset()) -> bool:
    """May a value of this type hold personal data anywhere inside?"""
    if tp is Personal:
        return True
    if is_data(tp):
        return tp not in seen and any(holds_personal(t, seen | {tp}) for t in fields_of(tp).values())
    return any(holds_personal(arg, seen) for arg in get_args(tp) if arg is not Ellipsis)


def check(tp: Any, where: str, seen: frozenset[Any] = frozenset()) -> None:
    """Raise `InexactType` if a value of this type might not come back as it was."""
    if tp in LEAVES or tp is Personal or get_origin(tp) is Literal:
        return
    if is_data(tp):
        _check_data(tp, where, seen)
    elif isinstance(tp, type) and issubclass(tp, Enum):
        _check_enum(tp, where)
    elif parts := _parts(tp):
        if len(union_of(tp)) > 1 and sum(map(is_data, parts)) > 1:
            raise InexactType(f"{where}: a union of dataclasses is not kept: make an event type of each case")
        for part in parts:
            check(part, where, seen)
    else:
        raise InexactType(
            f"{where}: {tp!r} is not kept exactly: name a concrete type, such as tuple[str, ...]"
        )


def _parts(tp: Any) -> tuple[Any, ...]:
    """The types inside a container, a union or a new type."""
    if isinstance(tp, NewType):
        return (tp.__supertype__,)
    if get_origin(tp) in (tuple, list, dict, Mapping, set, frozenset):
        return tuple(arg for arg in get_args(tp) if arg is not Ellipsis)
    members = union_of(tp)
    return members if len(members) > 1 else ()


def _check_enum(tp: type[Enum], where: str) -> None:
    if issubclass(tp, Flag) or not all(type(member.value) in (str, int) for member in tp):
        raise InexactType(f"{where}: {tp.__name__} is kept by value: give its members texts or integers")


def _check_data(tp: type, where: str, seen: frozenset[Any]) -> None:
    if tp in seen:
        return
    params = tp.__dataclass_params__  # type: ignore[attr-defined]  # mypy does not know it
    if not (params.frozen and params.eq):
        raise InexactType(f"{where}: {tp.__name__} must be a frozen dataclass with equality")
    for field in dataclasses.fields(tp):
        if not field.init:
            raise InexactType(f"{where}.{field.name}: a field outside the constructor does not come back")
    for name, hint in fields_of(tp).items():
        check(hint, f"{where}.{name}", seen | {tp})


def samples(tp: Any, depth: int = 3) -> Iterator[Any]:
    """Some values of a checked type, with each variant of each part; none if it refuses them all."""
    if isinstance(tp, NewType):
        yield from samples(tp.__supertype__, depth)
    elif tp is Personal:
        yield from (Personal("resident-1", "邻 01"), Personal("resident-2", None))
    elif tp in LEAVES:
        yield from LEAVES[tp]
    elif is_data(tp):
        yield from _data_samples(tp, depth)
    elif isinstance(tp, type) and issubclass(tp, Enum):
        yield from tp
    elif get_origin(tp) is Literal:
        yield from get_args(tp)
    elif len(members := union_of(tp)) > 1:
        for member in members:
            if depth or not is_data(member):
                yield from samples(member, depth)
    else:
        yield from _container_samples(tp, depth)


def _data_samples(tp: type, depth: int) -> Iterator[Any]:
    parts = {name: list(samples(hint, depth - 1)) for name, hint in fields_of(tp).items()}
    if not all(parts.values()):
        return
    for turn in range(max((len(values) for values in parts.values()), default=1)):
        with contextlib.suppress(ValueError, Refusal):  # a type that checks its values takes what it takes
            yield tp(**{name: values[turn % len(values)] for name, values in parts.items()})


def _container_samples(tp: Any, depth: int) -> Iterator[Any]:
    origin, args = get_origin(tp), get_args(tp)
    if origin in (dict, Mapping):
        yield {}
        if depth > 0:
            keys, values = list(samples(args[0], depth)), list(samples(args[1], depth))
            yield {key: values[turn % len(values)] for turn, key in enumerate(keys) if values}
    elif origin is tuple and (len(args) != 2 or args[1] is not Ellipsis):
        parts = [list(samples(arg, depth)) for arg in args]
        for turn in range(max((len(values) for values in parts), default=1) if all(parts) else 0):
            yield tuple(values[turn % len(values)] for values in parts)
    else:
        if depth > 0:
            yield origin(samples(args[0], depth))
        yield origin()
