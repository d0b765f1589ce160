"""The scoreboard's question and its answer: groups of cases, counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Grouping(Enum):
    """What the rows of a scoreboard stand for."""

    ALL = "all"
    BODY = "body"
    AFFAIR = "affair"
    AREA = "area"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which cases count; a part that is None or empty selects all.

    `area_path`: this area and all below it. `opened_from` <= opened < `opened_until`.
    """

    area_path: str = ""
    body_id: str = ""
    affair_ids: tuple[str, ...] | None = None
    opened_from: datetime | None = None
    opened_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A scoreboard that somebody wants. `judged_at`: when open cases are overdue or not."""

    group_by: Grouping
    judged_at: datetime
    area_depth: int = 0
    selection: Selection = field(default_factory=Selection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One group of cases, counted as `domain/metrics.py` defines."""

    group_id: str
    states: Mapping[str, int]
    on_time: int = 0
    late: int = 0
    without_promise: int = 0
    overdue: int = 0
    median_close_seconds: int | None = None
    p90_close_seconds: int | None = None
    ever_resolved: int = 0
    reopened: int = 0
    given: int = 0
    returned: int = 0
    first_response_breached: int = 0
    resolution_breached: int = 0
    ratings: int = 0
    stars: int = 0

    @property
    def cases(self) -> int:
        """All of them."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Those neither resolved nor ended."""
        return sum(count for state, count in self.states.items() if state in OPEN_STATES)

    @property
    def on_time_rate(self) -> float | None:
        """`on_time_rate.v1`."""
        return _share(self.on_time, self.on_time + self.late)

    @property
    def reopen_rate(self) -> float | None:
        """`reopen_rate.v1`."""
        return _share(self.reopened, self.ever_resolved)

    @property
    def return_rate(self) -> float | None:
        """`return_rate.v1`; `given` is all cases, or grouped by body those ever given to it."""
        return _share(self.returned, self.given)

    @property
    def average_rating(self) -> float | None:
        """`average_rating.v1`."""
        return _share(self.stars, self.ratings)


OPEN_STATES = ("submitted", "routed", "accepted", "in_progress", "waiting")
STATES = (*OPEN_STATES, "resolved", "closed", "rejected", "withdrawn")
"""The states of a case, as the cases service names them, in their order."""


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
