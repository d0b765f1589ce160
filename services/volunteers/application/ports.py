"""What the application needs from outside: the matching, and what the views know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from libs.rpc.access import Reach
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


class Listing(Protocol):
    """What list requests have in common (a protobuf message)."""

    page_size: int
    page_token: str
    filter: str
    at_least: str


class Reads(Protocol):
    """What is asked of the views; `timeout` is how many seconds to wait for a revision."""

    def open_needs(self, area_path: str) -> Sequence[str]:
        """Open needs of an area and of those below it."""
        ...

    def active_volunteers(self) -> Sequence[tuple[str, int]]:
        """(id, offers had) of everybody who may be asked."""
        ...

    def list_needs(
        self, listing: Listing, reach: Reach, timeout: float
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        """A page of needs, the next shift first, and the token of the next page."""
        ...

    def list_volunteers(
        self, listing: Listing, reach: Reach, timeout: float
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        """A page of volunteers, and the token of the next page."""
        ...

    def counts(self, volunteer_id: str, at_least: str, timeout: float) -> tuple[int, int]:
        """(offers had, minutes given) of one volunteer."""
        ...

    def wait(self, at_least: str, timeout: float) -> None:
        """Until both views have seen what the caller has seen."""
        ...
