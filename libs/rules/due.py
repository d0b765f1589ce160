"""When a promise falls due, when it warns, and by how much a pause moves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from libs.rules.working_time import Counting, NeverAtWork

HORIZON_YEARS = 50
"""A limit that takes longer by a calendar is a mistake, such as hours typed as minutes."""

WARNING = 75
"""The share of a limit, in percent, of which it warns when it is used up."""

_HORIZON = timedelta(days=HORIZON_YEARS * 365.25)


class Unit(StrEnum):
    """How a limit counts: while work is done, or all the time."""

    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_HOURS = "calendar_hours"
    CALENDAR_DAYS = "calendar_days"

    @property
    def counts_work(self) -> bool:
        """Whether time counts only while work is done."""
        return self in (Unit.WORKING_HOURS, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How long something may take, for instance three working days."""

    amount: int
    unit: Unit


def due(start: datetime, limit: Limit, calendar: Counting) -> datetime:
    """The last moment at which something begun at `start` is still within its limit. Raises `NeverAtWork`."""
    match limit.unit:
        case Unit.WORKING_HOURS:
            return calendar.add(start, timedelta(hours=limit.amount))
        case Unit.WORKING_DAYS:
            return calendar.add_days(start, limit.amount)
        case Unit.CALENDAR_HOURS:
            return _later(start, timedelta(hours=limit.amount))
        case Unit.CALENDAR_DAYS:
            return calendar.add_calendar_days(start, limit.amount)


def warning(start: datetime, due_at: datetime, limit: Limit, calendar: Counting) -> datetime:
    """The moment when three quarters of the time until `due_at` are used up, as the limit counts."""
    return share(WARNING, start, due_at, limit, calendar)


def share(percent: int, start: datetime, due_at: datetime, limit: Limit, calendar: Counting) -> datetime:
    """The moment when so much of the time until `due_at` has passed, as the limit counts.

    Raises `NeverAtWork`. 100 is `due_at` itself, 200 as much time again.
    """
    return shares([percent], start, due_at, limit, calendar)[0]


def shares(
    percents: Sequence[int], start: datetime, due_at: datetime, limit: Limit, calendar: Counting
) -> list[datetime]:
    """The same for several shares, each in its place; the work until `start` is counted once."""
    match limit.unit:
        case Unit.WORKING_HOURS:
            whole = timedelta(hours=limit.amount)
        case Unit.WORKING_DAYS:
            whole = calendar.between(start, due_at)
        case Unit.CALENDAR_HOURS | Unit.CALENDAR_DAYS:
            whole = due_at - start
    parts = [whole * percent / 100 for percent in percents if percent != 100]
    if limit.unit.counts_work:
        moments = iter(calendar.add_each(start, parts))
    else:
        moments = (_later(start, part) for part in parts)
    return [due_at if percent == 100 else next(moments) for percent in percents]


def after_pause(
    moment: datetime, unit: Unit, paused_at: datetime, resumed_at: datetime, calendar: Counting
) -> datetime:
    """A moment, later by as much time as the pause took, both as the unit counts. Raises `NeverAtWork`.

    One that had passed before the pause stays where it was: no pause undoes a breach.
    """
    pause = calendar.between(paused_at, resumed_at) if unit.counts_work else resumed_at - paused_at
    if moment <= paused_at or not pause:
        return moment
    return calendar.add(moment, pause) if unit.counts_work else _later(moment, pause)


def reaches(calendar: Counting, limit: Limit, start: datetime) -> bool:
    """Whether a limit that begins at `start` is used up within the horizon."""
    if not limit.unit.counts_work:
        return True
    try:
        return due(start, limit, calendar) - start <= _HORIZON
    except NeverAtWork:
        return False


def _later(moment: datetime, time: timedelta) -> datetime:
    try:
        return moment + time
    except OverflowError:
        raise NeverAtWork from None
