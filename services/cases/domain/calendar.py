"""Working time: when a body is at work, and how to count in hours and days of work.

All moments that go in and out are aware and in UTC; the calendar's zone decides what is a day
and what is nine o'clock, also across a change of the clocks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[tuple[int, int], ...]
"""When work is done on one day: (from, until) in minutes after midnight, in order, 1440 for its end."""

Span = tuple[datetime, datetime]

ROUND_THE_CLOCK: Hours = ((0, 1440),)

_DAY = timedelta(days=1)
_LONGEST = 366 * 10
"""Days without work after which no more is looked for: ten idle years are a mistake, not a schedule."""


class NeverAtWork(ValueError):
    """The calendar has no working time for years to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The working week (Monday first), days with hours of their own, and the zone in which all is meant.

    A holiday is a special day without hours.
    """

    zone: str
    week: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    special: Mapping[date, Hours] = field(default_factory=dict)
    # Days already worked out; moments of one case fall on few days, and cases fall on the same ones.
    _spans: dict[date, tuple[Span, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)

    def local(self, moment: datetime) -> datetime:
        """The moment as the wall clock shows it."""
        return moment.astimezone(ZoneInfo(self.zone))

    def spans(self, day: date) -> tuple[Span, ...]:
        """The working spans that begin on a local day, in UTC."""
        known = self._spans.get(day)
        if known is None:
            hours = self.special.get(day, self.week[day.weekday()])
            spans = ((self._at(day, a), self._at(day, b)) for a, b in hours)
            # Hours that the clock change swallows leave no span.
            known = self._spans[day] = tuple(span for span in spans if span[0] < span[1])
        return known

    def next_working(self, moment: datetime) -> datetime:
        """The moment itself if work is being done then, else the next one when work begins."""
        for start, end in self._spans_from(moment):
            if moment < end:
                return max(moment, start)
        raise NeverAtWork(self.zone)

    def add(self, moment: datetime, work: timedelta) -> datetime:
        """When `work` has been done, begun at `moment`."""
        for start, end in self._spans_from(moment):
            start = max(start, moment)
            if end <= start:
                continue
            if work <= end - start:
                return start + work
            work -= end - start
        raise NeverAtWork(self.zone)

    def add_days(self, moment: datetime, days: int) -> datetime:
        """The same time of day, `days` working days later.

        Outside working time counting begins when work next begins. If the last day ends earlier
        (or begins later) than that time of day, its end (or its beginning) counts.
        """
        begin = self.next_working(moment)
        wall = self.local(begin)
        day = wall.date()
        for _ in range(days):
            day = self._next_working_day(day)
        spans = self.spans(day)
        same_time = self._at(day, 0, wall.time())
        return min(max(same_time, spans[0][0]), spans[-1][1])

    def add_calendar_days(self, moment: datetime, days: int) -> datetime:
        """The same time of day, `days` days later, whether work is done then or not."""
        wall = self.local(moment)
        return self._at(wall.date() + timedelta(days=days), 0, wall.time())

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much work is done between two moments; nothing if they are the wrong way round."""
        done = timedelta()
        for begin, stop in self._spans_from(start):
            if begin >= end:
                return done
            done += max(min(stop, end) - max(begin, start), timedelta())
        raise NeverAtWork(self.zone)

    def _spans_from(self, moment: datetime) -> Iterator[Span]:
        """The working spans from the day of a moment on; ends only where work has ended for good."""
        # From the day before: where clocks are put back at midnight, its last hour comes again.
        day = self.local(moment).date() - _DAY
        idle = 0
        while idle < _LONGEST:
            spans = self.spans(day)
            yield from spans
            idle = 0 if spans else idle + 1
            day += _DAY

    def _next_working_day(self, day: date) -> date:
        for _ in range(_LONGEST):
            day += _DAY
            if self.spans(day):
                return day
        raise NeverAtWork(self.zone)

    def _at(self, day: date, minutes: int, wall: time = time()) -> datetime:
        # A wall time that the clock change skips is taken with the offset before it, one that
        # comes twice is taken the first time (fold 0): both are what `zoneinfo` does.
        days, rest = divmod(minutes, 1440)
        if rest:
            wall = time(rest // 60, rest % 60)
        local = datetime.combine(day + timedelta(days=days), wall, ZoneInfo(self.zone))
        return local.replace(fold=0).astimezone(UTC)
