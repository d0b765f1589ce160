"""When the readings of a sensor become an alarm, and what is remembered of them until then."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum


class Side(Enum):
    """On which side of its threshold readings are beyond it."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorTerms:
    """An alarm begins after `hold` and `hold_readings` beyond the threshold; it is over after `clear` within.

    `radius` (metres) and `window` tell which alarms belong to one incident.
    """

    unit: str
    threshold: float
    side: Side
    hold: timedelta
    hold_readings: int
    clear: timedelta
    radius: int
    window: timedelta

    def is_beyond(self, value: float) -> bool:
        """Whether a reading is beyond the threshold; one that equals it is not."""
        return value > self.threshold if self.side is Side.ABOVE else value < self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a sensor measured, and when by its own clock."""

    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The newest readings, as far as an alarm depends on them."""

    last: Reading | None = None
    same_since: datetime | None = None  # since when the value has not changed
    beyond_since: datetime | None = None  # since when all were beyond the threshold
    beyond: int = 0  # how many those are
    within_since: datetime | None = None  # since when none was

    def after(self, reading: Reading, terms: SensorTerms) -> "Run":
        """The run with one more reading, later than all before."""
        same = self.last is not None and self.last.value == reading.value
        run = replace(self, last=reading, same_since=self.same_since if same else reading.at)
        if terms.is_beyond(reading.value):
            since = self.beyond_since or reading.at
            return replace(run, beyond_since=since, beyond=self.beyond + 1, within_since=None)
        return replace(run, beyond_since=None, beyond=0, within_since=self.within_since or reading.at)

    def anew(self) -> "Run":
        """The same, as if no reading had been beyond the threshold yet."""
        return replace(self, beyond_since=None, beyond=0)

    def begins_alarm(self, terms: SensorTerms) -> bool:
        """Whether the newest readings are beyond the threshold for long enough."""
        return (
            self.last is not None
            and self.beyond_since is not None
            and self.beyond >= max(1, terms.hold_readings)
            and self.last.at - self.beyond_since >= terms.hold
        )

    def ends_alarm(self, terms: SensorTerms) -> bool:
        """Whether none was beyond it for long enough."""
        return (
            self.last is not None
            and self.within_since is not None
            and self.last.at - self.within_since >= terms.clear
        )
