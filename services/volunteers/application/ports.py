"""What the application needs from outside: the matching, and what the views know."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.volunteers.domain.matching import Call, Candidate
from services.volunteers.domain.values import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An answer of the matching.

    `matches` says for every candidate and call: chosen, or why not. `covered` is the sum of the
    priorities of the places filled; `bound` is proven: no assignment covers more.
    """

    matches: tuple[Match, ...]
    covered: int
    bound: int
    wanted: int
    filled: int


class Matching(Protocol):
    """Assigns candidates to calls."""

    def assign(self, candidates: Sequence[Candidate], calls: Sequence[Call]) -> Assignment:
        """The best assignment found, the same for the same input."""
        ...


class Reads(Protocol):
    """What the application asks of the views: ids, as of now."""

    def open_needs(self, area_path: str) -> Sequence[str]:
        """Open needs of an area and of those below it."""
        ...

    def active_volunteers(self) -> Sequence[tuple[str, int]]:
        """(id, offers had) of everybody who may be asked."""
        ...
