"""What a sensor can be."""

from dataclasses import dataclass, field
from datetime import datetime

from libs.rules.areas import AreaPath
from services.cases.domain.sensor.terms import Run, SensorTerms
from services.cases.domain.values import Point


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """Nobody has registered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm that lasts."""

    number: int
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """It belongs to a client. `calls` counts the requests taken since `calls_since`, within an hour."""

    sensor_id: str
    kind: str
    affair_id: str
    area_id: str
    area_path: AreaPath
    owner_id: str
    terms: SensorTerms
    point: Point | None
    run: Run = field(default_factory=Run)
    alarms: int = 0
    alarm: Alarm | None = None
    calls: int = 0
    calls_since: datetime | None = None
    retired_at: datetime | None = None


Sensor = NotRegistered | Registered
