"""What can be asked of an incident."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.rules.areas import AreaPath
from services.identity.domain.incident.events import Duty, IncidentKind, Risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long after the notice each of them is to be notified: the rule of the installation."""

    authority: timedelta
    persons: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIncident:
    """Record an incident."""

    incident_id: str
    kind: IncidentKind
    classes: tuple[str, ...]
    persons: int
    area_id: str
    area_path: AreaPath
    description: str
    noticed_at: datetime
    limits: Limits
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessIncident:
    """Judge how grave it is."""

    incident_id: str
    risk: Risk
    classes: tuple[str, ...]
    persons: int
    grounds: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNotification:
    """Record that somebody was notified; `notified_at` is told, `at` is when it is recorded."""

    incident_id: str
    duty: Duty
    note: str
    notified_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseIncident:
    """Say that everything was done; `keep`: for how long its texts are kept then."""

    incident_id: str
    measures: str
    keep: timedelta
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassIncidentLimits:
    """Record which limits draw near or have passed, also the one for which texts are kept."""

    at: datetime


IncidentCommand = ReportIncident | AssessIncident | RecordNotification | CloseIncident | PassIncidentLimits
