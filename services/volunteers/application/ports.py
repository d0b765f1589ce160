"""What the application needs from outside: the matching, and what the views know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypedDict

from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.volunteers.domain.matching import Call, Candidate
from services.volunteers.domain.values import Match


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """An answer of the matching.

    `matches` gives for every candidate and call: chosen, or why not. `covered` is the sum of the
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


class NeedRow(TypedDict):
    """A need as lists show it; `accepted` counts those who will come."""

    need_id: str
    state: str
    case_id: str
    area_path: AreaPath
    area_id: str
    start_time: datetime
    end_time: datetime
    wanted: int
    accepted: int
    skills: list[str]
    priority: int


class NeedReads(Protocol):
    """Which needs are there, and how do they stand?"""

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[NeedRow], str]:
        """A page of needs, the next shift first, and the token of the next page."""
        ...

    def open_in(self, area_path: AreaPath, fresh: Fresh) -> Sequence[str]:
        """Ids of the open needs of an area and of those below it."""
        ...

    def some(self, need_ids: Sequence[str], fresh: Fresh) -> Mapping[str, NeedRow]:
        """These needs by their ids, those that the view knows."""
        ...


class OfferReads(Protocol):
    """Which offers wait for an answer, and until when?"""

    def waiting(self, volunteer_id: str, now: datetime, fresh: Fresh) -> Sequence[tuple[str, datetime]]:
        """(need, until when) of each offer to somebody that has not expired, the first to expire first."""
        ...


class VolunteerRow(TypedDict):
    """A volunteer as lists show them."""

    volunteer_id: str
    active: bool
    home_path: str
    home_area_id: str
    reach_path: str
    offers: int
    minutes: int


class VolunteerReads(Protocol):
    """Who has enrolled, how often were they asked, and what did they give?"""

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[list[VolunteerRow], str]:
        """A page of volunteers, and the token of the next page."""
        ...

    def counts(self, volunteer_id: str, fresh: Fresh) -> tuple[int, int]:
        """(offers had, minutes given) of one volunteer."""
        ...

    def active(self, fresh: Fresh) -> Sequence[tuple[str, int]]:
        """(id, offers had) of everybody who may be asked."""
        ...
