"""Working time: when a body is at work, and how to count in hours and days of work.

All moments that go in and out are aware and in UTC; the calendar's zone decides what is a day
and what is nine o'clock, also across a change of the clocks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.cases.domain.working_year import Span, WorkingYear

Hours = tuple[tuple[int, int], ...]
"""When work is done on one day: (from, until) in minutes after midnight, in order, 1440 for its end."""

ROUND_THE_CLOCK: Hours = ((0, 1440),)

_DAY = timedelta(days=1)
_NONE = timedelta()
_LONGEST = 10
"""Years without work after which no more is looked for: that is a mistake, not a schedule."""
_END = datetime.max.replace(tzinfo=UTC)
_KEPT = 20
"""Years kept worked out."""


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
    # What is worked out already: cases fall on the same few days and years.
    _spans: dict[date, tuple[Span, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _years: dict[int, WorkingYear] = field(default_factory=dict, init=False, compare=False, repr=False)

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
        for year in self._years_from(moment):
            found = year.next_working(moment)
            if found is not None:
                return found
        raise NeverAtWork(self.zone)

    def add(self, moment: datetime, work: timedelta) -> datetime:
        """When `work` has been done, begun at `moment`."""
        for year in self._years_from(moment):
            before = year.done_before(moment)
            done = year.done_at(before + work, moment)
            if done is not None:
                return done
            work -= year.done_before(_END) - before
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
        done, first = _NONE, self._first_year(start)
        for number in range(first, max(first, self.local(end).year) + 1):
            year = self._year(number)
            done += year.done_before(end) - year.done_before(start)
        return max(done, _NONE)

    def _years_from(self, moment: datetime) -> Iterator[WorkingYear]:
        """The years from that of a moment on; ends where work has ended for good."""
        idle = 0
        for number in range(self._first_year(moment), MAXYEAR):
            year = self._year(number)
            yield year
            idle = idle + 1 if year.idle else 0
            if idle > _LONGEST:
                return

    def _first_year(self, moment: datetime) -> int:
        # From the day before: where clocks are put back at midnight, its last hour comes again.
        return max(MINYEAR, (self.local(moment) - _DAY).year)

    def _year(self, number: int) -> WorkingYear:
        year = self._years.get(number)
        if year is None:
            first, end = date(number, 1, 1).toordinal(), date(number, 12, 31).toordinal()
            days = map(date.fromordinal, range(first, end + 1))
            year = WorkingYear([span for day in days for span in self.spans(day)])
            if len(self._years) >= _KEPT:
                self._years.clear()
                self._spans.clear()
            self._years[number] = year
        return year

    def _next_working_day(self, day: date) -> date:
        for _ in range(_LONGEST * 366):
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
