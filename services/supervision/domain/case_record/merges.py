"""What is noted when two cases turn out to be about the same matter. Part of `events.py`."""

from dataclasses import dataclass
from datetime import datetime

from services.supervision.domain.values import CaseState, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeNoted:
    """The case goes on in another one, about the same matter. `body_id` had it."""

    into_case_id: str
    body_id: str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmergeNoted:
    """The case goes on by itself again, in `state`."""

    state: CaseState
    body_id: str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateNoted:
    """Another case was merged into this one. `since`: when the earliest of their reports came in.

    The due moments, and whether the limits were kept, are those of the matter from now on.
    """

    duplicate_id: str
    body_id: str | None
    since: datetime
    first_response_due_at: datetime | None
    due_at: datetime | None
    first_response_breached: bool
    resolution_breached: bool
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparationNoted:
    """A case that had been merged into this one goes on by itself. Fields as in `DuplicateNoted`."""

    duplicate_id: str
    body_id: str | None
    since: datetime
    first_response_due_at: datetime | None
    due_at: datetime | None
    first_response_breached: bool
    resolution_breached: bool
    origin: Origin
