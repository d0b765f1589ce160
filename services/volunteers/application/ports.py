"""What the application needs from outside: the matching, and what the views know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
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
    """What is asked of the views."""

    def open_needs(self, area_path: str) -> Sequence[str]:
        """Open needs of an area and of those below it."""
        ...

    def active_volunteers(self) -> Sequence[tuple[str, int]]:
        """(id, offers had) of everybody who may be asked."""
        ...

    def list_needs(
        self, query: ListQuery, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        """A page of needs, the next shift first, and the token of the next page."""
        ...

    def list_volunteers(
        self, query: ListQuery, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        """A page of volunteers, and the token of the next page."""
        ...

    def counts(self, volunteer_id: str, fresh: Fresh) -> tuple[int, int]:
        """(offers had, minutes given) of one volunteer."""
        ...

    def wait(self, fresh: Fresh) -> None:
        """Until both views have seen what the caller has seen."""
        ...
