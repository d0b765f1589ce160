"""What happens when two cases turn out to be about the same matter. Part of `events.py`.

One of them, the duplicate, is merged into the other and goes on there. Each of the two has an event in its
own history; both are recorded together, or neither.
"""

from dataclasses import dataclass
from datetime import datetime

from services.cases.domain.clocks import Clock, ClockKind, Deadline
from services.cases.domain.values import CaseState


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Of a case that was merged into another: who reported it, and how they come back to it."""

    case_id: str
    reporter_id: str | None
    receipt: str | None
    public_id: str = ""  # not in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMerged:
    """It goes on in another case. `body_id` had it."""

    into_case_id: str
    into_public_id: str
    body_id: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnmerged:
    """It goes on by itself again, where it stood, as if it had never been merged."""

    from_case_id: str
    from_public_id: str
    body_id: str | None
    state: CaseState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateAdded:
    """Another case was merged into this one.

    `reports`: that case's own, and those of cases that had been merged into it before. `since`: when the
    earliest report of all, this case's included, came in. `clocks`: those of this case from now on, and in
    `taken` the limits that are the other case's. `given`: the other case's clocks as they stood. `own`: this
    case's own, as they stood; given with the first duplicate alone. `pauses`: those of the other case.
    `later`: while work waits, when the resolution is due if all of the pause is used. `evidence`: the digests
    of all that was ever shown for the other case.
    """

    case_id: str
    public_id: str
    reports: tuple[Report, ...]
    since: datetime
    opened_at: datetime
    clocks: tuple[Clock, ...]
    given: tuple[Clock, ...]
    own: tuple[Clock, ...]
    taken: tuple[ClockKind, ...]
    pauses: tuple[tuple[datetime, datetime], ...]
    later: Deadline | None
    body_id: str | None
    at: datetime
    evidence: tuple[str, ...] = ()  # not in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRemoved:
    """A case that had been merged into this one goes on by itself again. Fields as in `DuplicateAdded`."""

    case_id: str
    public_id: str
    since: datetime
    clocks: tuple[Clock, ...]
    taken: tuple[tuple[str, ClockKind], ...]
    later: Deadline | None
    body_id: str | None
    at: datetime
