"""What can happen to a sensor. `at` is the moment by our clock; alarms have those of the sensor's, too."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from services.cases.domain.sensor.terms import Run, SensorTerms
from services.cases.domain.values import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorRegistered:
    """It belongs to a client, stands somewhere, and is about a kind of matter. Its place is in clear."""

    sensor_id: str
    kind: str
    affair_id: str
    area_id: str  # as it was given, for want of a point
    area_path: AreaPath
    owner_id: str
    terms: SensorTerms
    at: datetime
    point: Point | None = None
    description: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingsTaken:
    """It sent readings: how many were taken and left out, and what the newest say."""

    taken: int
    left_out: int
    run: Run
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """Its readings were beyond the threshold for long enough. It belongs to a case, which it may open."""

    number: int
    value: float
    case_id: str
    opened: bool
    raised_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEnded:
    """No reading was beyond it for long enough; or the case was resolved before that (`case_over`)."""

    number: int
    ended_at: datetime
    at: datetime
    case_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorRetired:
    """It gives no more readings."""

    at: datetime


SensorEvent = SensorRegistered | ReadingsTaken | AlarmRaised | AlarmEnded | SensorRetired
