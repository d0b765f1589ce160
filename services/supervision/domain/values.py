"""Words of supervision: states and clocks of cases, what has a name, and where a noted fact comes from."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class CaseState(Enum):
    """Where a case stands, as the cases service names it, in its order."""

    SUBMITTED = "submitted"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


OPEN_STATES = (
    CaseState.SUBMITTED,
    CaseState.ROUTED,
    CaseState.ACCEPTED,
    CaseState.IN_PROGRESS,
    CaseState.WAITING,
)
"""A case in one of them is neither resolved nor ended."""


class ClockKind(Enum):
    """What a clock of a case measures, from its opening."""

    FIRST_RESPONSE = "first_response"
    RESOLUTION = "resolution"
    ANSWER = "answer"
    DISPATCH = "dispatch"
    ADJUDICATION = "adjudication"


class MomentKind(Enum):
    """Which moment of a clock."""

    WARNING = "warning"
    BREACH = "breach"


class Named(Enum):
    """What supervision knows by name."""

    AREA = "area"
    BODY = "body"
    AFFAIR = "affair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The published event that a noted fact comes from: enough to find it again, and who is answerable.

    `version` is the version of the case that the event produced, `sequence` its position in the ledger of
    `source`. `at` is when it happened, `recorded_at` when its service recorded it.
    """

    source: str
    sequence: int
    version: int
    event_id: str
    at: datetime
    recorded_at: datetime
    actor: str
    on_behalf_of: str | None = None
    consent_id: str | None = None
    reason: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
