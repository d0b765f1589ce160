"""Working time: when a body is at work, and how to count in hours and days of work.

All moments that go in are aware, all that come out are in UTC; the calendar's zone decides what is a day and
what is nine o'clock, also across a change of the clocks. Counting takes microseconds, for an hour as for a
hundred years (the first time in a process some milliseconds).
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from operator import itemgetter
from typing import Protocol
from zoneinfo import ZoneInfo

from libs.rules.counting import MINUTES, Count, Hours, NeverAtWork
from libs.rules.zones import DAY, MICROSECOND, moment_of, ticks, zone

__all__ = [
    "MINUTES",
    "ROUND_THE_CLOCK",
    "Calendar",
    "Counting",
    "Hours",
    "NeverAtWork",
    "Versions",
    "Week",
    "are_hours",
    "week_of",
]

ROUND_THE_CLOCK: Hours = ((0, MINUTES),)
_NONE = timedelta()
_A_DAY = timedelta(days=1)
_EVER = datetime(1, 1, 1, tzinfo=UTC)


def are_hours(hours: Sequence[tuple[int, int]]) -> bool:
    """Whether these are the hours of a working day: some, in order, without overlap, within the day."""
    ends = 0
    for start, until in hours:
        if not ends <= start < until <= MINUTES:
            return False
        ends = until
    return bool(hours)


class Counting(Protocol):
    """What counts working time: one version of a calendar, or all of them."""

    def add(self, moment: datetime, work: timedelta) -> datetime:
        """When `work` has been done, begun at `moment`. Raises `NeverAtWork`."""
        ...

    def add_each(self, moment: datetime, works: Sequence[timedelta]) -> list[datetime]:
        """The same for several amounts of work, all begun at `moment`."""
        ...

    def add_days(self, moment: datetime, days: int) -> datetime:
        """The same time of day, `days` working days later. Raises `NeverAtWork`.

        Outside working time counting begins when work next begins. If the last day ends earlier
        (or begins later) than that time of day, its end (or its beginning) counts.
        """
        ...

    def add_calendar_days(self, moment: datetime, days: int) -> datetime:
        """The same time of day, `days` days later, whether work is done then or not."""
        ...

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much work is done between two moments; nothing if they are the wrong way round."""
        ...


Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
"""The hours of each weekday, Monday first."""


def week_of(hours: Mapping[int, Hours]) -> Week:
    """The week from the hours of its working days, by their number (Monday = 1)."""
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (
        hours.get(day, ()) for day in range(1, 8)
    )
    return (monday, tuesday, wednesday, thursday, friday, saturday, sunday)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One version of a calendar: the working week (Monday first), days with hours of their own, the zone.

    A holiday is a special day without hours. `version` names it, and `known_until` says how far it goes.
    """

    zone: str
    week: Week
    special: Mapping[date, Hours] = field(default_factory=dict)
    version: int = 0
    known_until: date | None = None  # whose holidays are known; beyond, the week counts
    # Summed up when it is first asked: not every calendar is.
    _counts: list[Count] = field(default_factory=list, init=False, compare=False, repr=False)

    @property
    def count(self) -> Count:
        """Its sums."""
        if not self._counts:
            special = {_number(day): hours for day, hours in self.special.items()}
            self._counts.append(Count(zone(self.zone), self.week, special))
        return self._counts[0]

    def local(self, moment: datetime) -> datetime:
        """The moment as the wall clock shows it."""
        return moment.astimezone(ZoneInfo(self.zone))

    def spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The working spans that begin on a local day."""
        return tuple((moment_of(a), moment_of(b)) for a, b in self.count.spans(_number(day)))

    def worked(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans of work between two moments, in order."""
        day, last = self.local(start).date() - _A_DAY, self.local(end).date()
        while day <= last:
            for since, until in self.spans(day):
                if max(since, start) < min(until, end):
                    yield max(since, start), min(until, end)
            day += _A_DAY

    def next_working(self, moment: datetime) -> datetime:
        """The moment itself if work is being done then, else the next one when work begins."""
        return _moment(self.count.next(ticks(moment)))

    def add(self, moment: datetime, work: timedelta) -> datetime:
        """See `Counting`."""
        return self.add_each(moment, [work])[0]

    def add_each(self, moment: datetime, works: Sequence[timedelta]) -> list[datetime]:
        """See `Counting`."""
        count = self.count
        done = count.done(ticks(moment))
        return [
            _moment(count.when(done + work // MICROSECOND)) if work > _NONE else self.next_working(moment)
            for work in works
        ]

    def add_days(self, moment: datetime, days: int) -> datetime:
        """See `Counting`."""
        count = self.count
        day, time = divmod(count.zone.wall(count.next(ticks(moment))), DAY)
        return _moment(count.at_the_time(count.working_day(day, days), time))

    def add_calendar_days(self, moment: datetime, days: int) -> datetime:
        """See `Counting`."""
        known = zone(self.zone)
        return _moment(known.first(known.wall(ticks(moment)) + days * DAY))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """See `Counting`."""
        count = self.count
        return timedelta(microseconds=max(count.done(ticks(end)) - count.done(ticks(start)), 0))


@dataclass(frozen=True, slots=True)
class Versions:
    """A calendar in all its versions: each moment is counted by the version in force at that moment.

    Of each version the moment from which it holds, in order; the first holds before that, too. A working day
    is counted by the version in force when the day begins.
    """

    versions: tuple[tuple[datetime, Calendar], ...]

    @classmethod
    def of(cls, calendar: Calendar) -> "Versions":
        """A calendar of one version."""
        return cls(((_EVER, calendar),))

    def then(self, calendar: Calendar, valid_from: datetime) -> "Versions":
        """With one more version, which takes the place of those that begin then or later."""
        before = tuple(version for version in self.versions if version[0] < valid_from)
        return Versions((*before, (valid_from, calendar)))

    def at(self, moment: datetime) -> Calendar:
        """The version in force."""
        return next(self._from(moment))[0]

    def next_working(self, moment: datetime) -> datetime:
        """The moment itself if work is being done then, else the next one when work begins."""
        return self.add(moment, _NONE)

    def add(self, moment: datetime, work: timedelta) -> datetime:
        """See `Counting`."""
        if self._last_holds(moment):
            return self.versions[-1][1].add(moment, work)
        pieces = self._from(moment)
        calendar, until = next(pieces)
        while until is not None:
            there = calendar.between(moment, until)
            if there > work or there == work > _NONE:
                break
            moment, work = until, work - there
            calendar, until = next(pieces)
        return calendar.add(moment, work)

    def add_each(self, moment: datetime, works: Sequence[timedelta]) -> list[datetime]:
        """See `Counting`."""
        if self._last_holds(moment):
            return self.versions[-1][1].add_each(moment, works)
        return [self.add(moment, work) for work in works]

    def add_days(self, moment: datetime, days: int) -> datetime:
        """See `Counting`."""
        if self._last_holds(moment):
            return self.versions[-1][1].add_days(moment, days)
        begin = self.next_working(moment)
        pieces = self._from(begin)
        calendar, until = next(pieces)
        day, time = divmod(calendar.count.zone.wall(ticks(begin)), DAY)
        while until is not None:
            there = calendar.count.working_days(day + 1, calendar.count.zone.day_from(ticks(until)))
            if days <= there:
                break
            begins, days = until, days - there
            calendar, until = next(pieces)
            day = calendar.count.zone.day_from(ticks(begins)) - 1
        return _moment(calendar.count.at_the_time(calendar.count.working_day(day, days), time))

    def add_calendar_days(self, moment: datetime, days: int) -> datetime:
        """See `Counting`; by the wall clock of the version in force at `moment`."""
        return self.at(moment).add_calendar_days(moment, days)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """See `Counting`."""
        if self._last_holds(start):
            return self.versions[-1][1].between(start, end)
        done = _NONE
        for calendar, until in self._from(start):
            if until is None or end <= until:
                return done + calendar.between(start, end)
            done += calendar.between(start, until)
            start = until
        return done

    def worked(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, Calendar]]:
        """The spans of work between two moments, in order, each with the version that counted it."""
        for calendar, until in self._from(start):
            last = until is None or end <= until
            for since, ending in calendar.worked(start, end if last or until is None else until):
                yield since, ending, calendar
            if last or until is None:
                return
            start = until

    def _last_holds(self, moment: datetime) -> bool:
        """Whether there is only one version from a moment on: then it counts all, as by far most often."""
        return moment >= self.versions[-1][0] or len(self.versions) == 1

    def _from(self, moment: datetime) -> Iterator[tuple[Calendar, datetime | None]]:
        """The version in force at a moment and those after it, each with the beginning of the next."""
        place = max(bisect_right(self.versions, moment, key=itemgetter(0)) - 1, 0)
        ends = (begins for begins, _ in self.versions[place + 1 :])
        for (_, calendar), until in zip_longest(self.versions[place:], ends):
            yield calendar, until


def _number(day: date) -> int:
    return day.toordinal() - 1


def _moment(at: int) -> datetime:
    try:
        return moment_of(at)
    except OverflowError:
        raise NeverAtWork from None
