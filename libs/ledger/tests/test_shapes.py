"""Which types the store keeps exactly, and which it refuses at start-up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, Flag, auto
from typing import Any, Literal, NewType

import pytest

from libs.ledger.personal import Personal
from libs.ledger.recorded import Metadata
from libs.ledger.store import shapes
from libs.ledger.store.mapper import Codec

CaseId = NewType("CaseId", str)


class Channel(Enum):
    DESK = "desk"
    PHONE = "phone"


class Level(Enum):
    CITY = 1
    DISTRICT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    case: CaseId
    channel: Channel
    level: Level | None
    kind: Literal["a", "b"]
    at: datetime
    day: date | None
    limit: timedelta
    fee: Decimal
    place: Place
    path: tuple[str, ...]
    box: tuple[float, float, float, float] | None
    helpers: frozenset[str]
    hours: dict[str, tuple[int, int]]
    weights: Mapping[str, Place]
    contact: Personal | None
    notes: tuple[Personal, ...]
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    pass


@pytest.mark.parametrize("tp", [Everything, Nothing, Place])
def test_what_a_domain_is_made_of_comes_back_exactly(tp: type) -> None:
    Codec(tp, Metadata, tp.__name__)  # proves it with sample values


def test_samples_cover_each_variant_of_each_part() -> None:
    samples = list(shapes.samples(Everything))

    assert {sample.channel for sample in samples} == set(Channel)
    assert {sample.level for sample in samples} == {*Level, None}
    assert {len(sample.places) > 0 for sample in samples} == {True, False}


class Right(Flag):
    READ = auto()


@dataclass
class Thawed:
    name: str


@dataclass(frozen=True)
class Derived:
    name: str
    length: int = field(init=False, default=0)


@dataclass(frozen=True)
class Holder:
    value: Any


def of(tp: Any) -> type:
    return dataclass(frozen=True)(
        type("Made", (), {"__annotations__": {"value": tp}, "__module__": __name__})
    )


@pytest.mark.parametrize(
    "tp",
    [
        of(list),
        of(tuple),
        of(dict),
        of(object),
        of(Any),
        of(Right),
        of(Thawed),
        of(Place | Nothing),
        of(datetime | str),
        of(Callable[[], None]),
        of(type),
        of(Personal | str),
        Thawed,
        Derived,
        Holder,
    ],
)
def test_what_might_come_back_as_something_else_is_refused(tp: type) -> None:
    with pytest.raises(shapes.InexactType):
        Codec(tp, Metadata, "post.made.v1")


def test_the_refusal_says_where_and_what_to_do() -> None:
    with pytest.raises(shapes.InexactType, match=r"post\.made\.v1\.value: .*name a concrete type"):
        Codec(of(list), Metadata, "post.made.v1")
