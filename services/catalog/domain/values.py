"""The small words of the catalog: names, periods, and the ids it makes itself."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from libs.rules.terms import OUTCOMES, Choice

SILENT = Text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From a moment (included) until another (not included); no end: for good."""

    start: datetime
    end: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether it ends before it has begun."""
        return self.end is not None and self.end <= self.start

    def overlaps(self, other: "Period") -> bool:
        """Whether there is a moment that lies in both; an empty period overlaps nothing."""
        if self.empty or other.empty:
            return False
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What an affair is: its place in the tree (`path`: ids from the top), names, how its cases may end."""

    affair_id: str
    parent_id: str
    path: str
    name: Text
    anonymous_allowed: bool
    keywords: tuple[str, ...]
    outcomes: tuple[Choice, ...] = OUTCOMES  # not in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairRef:
    """An affair that was found when a command about it was made."""

    affair_id: str
    path: str
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRef:
    """An area that was found when a command about it was made."""

    area_id: str
    path: AreaPath


class ServiceStatus(StrEnum):
    """Whether a service is on offer."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


def pair_id(affair_id: str, area_id: str) -> str:
    """The id of the stream that holds all responsibility items for an affair in an area."""
    return f"{affair_id}:{area_id}"


def item_id(affair_id: str, area_id: str, number: int) -> str:
    """The name under which a responsibility item is cited, for instance `bulky-items:la:1`."""
    return f"{affair_id}:{area_id}:{number}"


def pair_of(item: str) -> str:
    """The stream that an item is in; what is no item's name gives a stream that has none."""
    return item.rpartition(":")[0] or item


def commitment_id(affair_id: str, area_id: str) -> str:
    """The name of a commitment: the affair, and the area unless it holds everywhere."""
    return f"{affair_id}:{area_id}" if area_id else affair_id


def distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words, stripped, without blanks and repetitions, in the order given."""
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
