"""Quiet hours: when a person is not to be disturbed, by their own wall clock."""

from dataclasses import dataclass
from datetime import datetime

from libs.rules.zones import DAY, SECOND, moment_of, ticks, zone

MINUTE = 60 * SECOND
MINUTES_OF_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """From a minute of the day (0 is midnight) until another one, which may be on the next day."""

    zone: str
    from_minute: int
    until_minute: int

    def over(self, at: datetime) -> datetime:
        """The first moment, `at` or later, at which the person may be disturbed.

        Where the clocks change, what counts is what the wall clock shows.
        """
        known = zone(self.zone)
        now = ticks(at)
        wall = known.wall(now)
        minute, midnight = wall % DAY // MINUTE, wall - wall % DAY
        if not self._is_quiet(minute):
            return at
        days = 0 if minute < self.until_minute else 1
        end = midnight + days * DAY + self.until_minute * MINUTE
        first = known.first(end)
        # an hour that comes twice: in its second run, the first one is over
        return moment_of(first if first > now else now + end - wall)

    def _is_quiet(self, minute: int) -> bool:
        if self.from_minute < self.until_minute:
            return self.from_minute <= minute < self.until_minute
        return minute >= self.from_minute or minute < self.until_minute
