"""Sums of work up to a moment, and the moment at which a sum is reached: computed, whatever lies between."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from libs.rules.zones import DAY, SECOND, Zone

Hours = tuple[tuple[int, int], ...]
"""When work is done on one day: (from, until) in minutes after midnight, in order, 1440 for its end."""

Spans = tuple[tuple[int, int], ...]
"""The same, in microseconds."""

MINUTE = 60 * SECOND
MINUTES = 24 * 60


class NeverAtWork(ValueError):
    """The calendar does not get there, or not before the year 10000."""


class Tally:
    """Amounts by day: the same every week, except on some days. Day 0 is 0001-01-01, a Monday."""

    __slots__ = ("_beyond", "_days", "_through", "_week")

    def __init__(self, week: Iterable[int], special: Mapping[int, int]) -> None:
        amounts = list(week)
        self._week = [0, *accumulate(amounts)]
        self._days = sorted(special)
        self._beyond = [0, *accumulate(special[day] - amounts[day % 7] for day in self._days)]
        self._through = [self.before(day) + special[day] for day in self._days]

    def before(self, day: int) -> int:
        """The sum of all days before this one."""
        week = self._week
        regular = day // 7 * week[7] + week[day % 7]
        return regular + self._beyond[bisect_left(self._days, day)] if self._days else regular

    def reaching(self, amount: int) -> int:
        """The day in the course of which the sum gets to `amount`. Raises `NeverAtWork`."""
        passed = bisect_left(self._through, amount)
        if passed < len(self._days) and self.before(self._days[passed]) < amount:
            return self._days[passed]
        if not self._week[7]:
            raise NeverAtWork
        weeks, rest = divmod(amount - self._beyond[passed] - 1, self._week[7])
        return weeks * 7 + bisect_right(self._week, rest) - 1


class Count:
    """The working hours of a week and of special days in a zone, summed up.

    Hours run from the first moment at which the wall clock shows their beginning, or a later time, to the
    first at which it shows their end, or a later time: what a clock change skips is not worked, and an hour
    that it repeats is worked twice where work goes on through it.
    """

    def __init__(self, zone: Zone, week: Sequence[Hours], special: Mapping[int, Hours]) -> None:
        self.zone = zone
        self._week = [_spans(hours) for hours in week]
        self._special = {day: _spans(hours) for day, hours in special.items()}
        self._special |= dict.fromkeys(self._skipped(), ())
        self.days = Tally(map(bool, self._week), {day: bool(each) for day, each in self._special.items()})
        self._work = Tally(map(_work, self._week), {day: _work(each) for day, each in self._special.items()})
        self._extra = [0]  # how much more than by the wall clock, after so many clock changes
        self._done = [self._through_change(place) for place in range(len(zone.ats))]

    def done(self, at: int) -> int:
        """How much work is done before a moment."""
        passed = bisect_right(self.zone.ats, at)
        if passed:
            since, again = at - self.zone.ats[passed - 1], -self.zone.shifts[passed - 1]
            if since < again:  # the hour that comes twice, the second time
                repeated = self._extra[passed] > self._extra[passed - 1]
                return self._done[passed - 1] + (since if repeated else 0)
        return self._by_the_wall(at + self.zone.offsets[passed]) + self._extra[passed]

    def when(self, amount: int) -> int:
        """The moment at which so much work has just been done. Raises `NeverAtWork`."""
        passed = bisect_left(self._done, amount)
        if passed:
            since = amount - self._done[passed - 1]
            if self.zone.shifts[passed - 1] < 0 and since <= self._extra[passed] - self._extra[passed - 1]:
                return self.zone.ats[passed - 1] + since
        return self._wall_when(amount - self._extra[passed]) - self.zone.offsets[passed]

    def next(self, at: int) -> int:
        """The moment itself if work is being done then, else the next one when work begins."""
        passed = bisect_right(self.zone.ats, at)
        if not passed or at - self.zone.ats[passed - 1] >= -self.zone.shifts[passed - 1]:
            day, time = divmod(at + self.zone.offsets[passed], DAY)
            if any(a <= time < b for a, b in self._hours(day)):  # as most often
                return at
        return self.when(self.done(at) + 1) - 1

    def spans(self, day: int) -> list[tuple[int, int]]:
        """The spans of work that begin on a day; hours that a clock change swallows leave none."""
        first, midnight = self.zone.first, day * DAY
        spans = [(first(midnight + a), first(midnight + b)) for a, b in self._hours(day)]
        return [span for span in spans if span[0] < span[1]]

    def working_days(self, first: int, end: int) -> int:
        """How many days of work there are from a day on and before another."""
        return max(self.days.before(end) - self.days.before(first), 0)

    def working_day(self, day: int, number: int) -> int:
        """The day itself for 0, if it is one of work; else so many days of work later."""
        return self.days.reaching(self.days.before(day + 1) + number)

    def at_the_time(self, day: int, time: int) -> int:
        """That time of a working day, kept between the beginning and the end of its hours."""
        spans = self.spans(day)
        return min(max(self.zone.first(day * DAY + time), spans[0][0]), spans[-1][1])

    def _hours(self, day: int) -> Spans:
        special = self._special.get(day)
        return self._week[day % 7] if special is None else special

    def _by_the_wall(self, wall: int) -> int:
        """How much work is done before a wall time, as if clocks never changed."""
        day, time = divmod(wall, DAY)
        done = self._work.before(day)
        for a, b in self._hours(day):
            if time <= a:
                break
            done += min(time, b) - a
        return done

    def _wall_when(self, amount: int) -> int:
        day = self._work.reaching(amount)
        left = amount - self._work.before(day)
        for a, b in self._hours(day):
            if left <= b - a:
                return day * DAY + a + left
            left -= b - a
        raise AssertionError("the sum of a day is that of its hours")

    def _through_change(self, place: int) -> int:
        """How much work is done before a clock change; notes how much more or less there is after it."""
        wall, shift, extra = self.zone.walls[place], self.zone.shifts[place], self._extra[place]
        by_the_wall = self._by_the_wall(wall)
        if shift > 0:
            extra += by_the_wall - self._by_the_wall(wall + shift)
        elif self._by_the_wall(wall - 1) < by_the_wall:
            extra -= shift
        self._extra.append(extra)
        return by_the_wall + self._extra[place]

    def _skipped(self) -> Iterator[int]:
        """The days whose hours all lie within what a clock change skips: nobody works then."""
        for wall, shift in zip(self.zone.walls, self.zone.shifts, strict=True):
            for day in range(wall // DAY, (wall + shift - 1) // DAY + 1) if shift > 0 else ():
                first, last = wall - day * DAY, wall + shift - day * DAY
                if all(first <= a and b <= last for a, b in self._hours(day)):
                    yield day


def _spans(hours: Hours) -> Spans:
    return tuple((a * MINUTE, b * MINUTE) for a, b in hours)


def _work(spans: Spans) -> int:
    return sum(b - a for a, b in spans)
