"""What can be asked of a sensor. Each command has `at`: now."""

from dataclasses import dataclass, field
from datetime import datetime

from libs.rules.areas import AreaPath
from services.cases.domain.sensor.terms import Reading, SensorTerms
from services.cases.domain.values import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSensor:
    """Make it known; `area_path` is where it was located."""

    sensor_id: str
    kind: str
    affair_id: str
    area_id: str
    area_path: AreaPath
    owner_id: str
    terms: SensorTerms
    at: datetime
    point: Point | None = None
    description: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReadings:
    """Take what it measured.

    `after` is the newest reading that was known when this was planned. `case_over`: the case of the alarm
    that lasts is resolved or has ended. `cases` are those of the alarms that these readings begin, in order,
    each with whether the alarm opens it.
    """

    unit: str
    readings: tuple[Reading, ...]
    after: Reading | None
    at: datetime
    case_over: bool = False
    cases: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireSensor:
    """Take it out of use."""

    at: datetime


SensorCommand = RegisterSensor | TakeReadings | RetireSensor
