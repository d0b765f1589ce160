"""What happens to an incident with personal data, and the words for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath


class IncidentKind(StrEnum):
    """What happened to the data."""

    LEAKED = "leaked"
    ALTERED = "altered"
    LOST = "lost"


class Risk(StrEnum):
    """How grave it is: nothing was concerned, harm was averted, or harm may come of it."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


class Duty(StrEnum):
    """Who is to be notified."""

    AUTHORITY = "authority"
    PERSONS = "persons"


class Stage(StrEnum):
    """Where an incident stands."""

    REPORTED = "reported"
    ASSESSED = "assessed"
    NOTIFIED = "notified"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReported:
    """Somebody recorded an incident."""

    incident_id: str
    kind: IncidentKind
    classes: tuple[str, ...]
    persons: int
    area_id: str
    area_path: AreaPath
    description: Personal
    noticed_at: datetime
    authority_due_at: datetime
    persons_due_at: datetime
    reporter_id: str
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAssessed:
    """Somebody judged how grave it is."""

    incident_id: str
    risk: Risk
    classes: tuple[str, ...]
    persons: int
    grounds: Personal
    assessor_id: str
    assessed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentNotified:
    """Somebody recorded that they were notified, at `notified_at` as they say."""

    incident_id: str
    duty: Duty
    note: Personal
    notified_at: datetime
    recorder_id: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLimitNear:
    """Three quarters of a limit had passed, and nobody had recorded the notification."""

    incident_id: str
    duty: Duty
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLimitPassed:
    """A limit had passed, and nobody had recorded the notification."""

    incident_id: str
    duty: Duty
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed:
    """Everything was done."""

    incident_id: str
    measures: Personal
    closer_id: str
    closed_at: datetime
    erase_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentErased:
    """The time for which its texts are kept had passed: their key was destroyed."""

    incident_id: str
    erased_at: datetime


IncidentEvent = (
    IncidentReported
    | IncidentAssessed
    | IncidentNotified
    | IncidentLimitNear
    | IncidentLimitPassed
    | IncidentClosed
    | IncidentErased
)
