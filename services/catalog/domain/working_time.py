"""When work is done: the week, the holidays, and dates with hours of their own, in one time zone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.catalog.domain import refusals

MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A stretch of one day, in minutes after midnight; `until` may be 1440, midnight at its end."""

    start: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekdayHours:
    """The hours of one weekday, counted from Monday = 1."""

    weekday: int
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingDate:
    """A date whose own hours replace those of its weekday, for instance a Saturday worked in exchange."""

    on: date
    hours: tuple[Hours, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTime:
    """All of it; no work is done on weekdays that are left out."""

    zone: str
    week: tuple[WeekdayHours, ...]
    holidays: tuple[date, ...] = ()
    working_dates: tuple[WorkingDate, ...] = ()


def checked(time: WorkingTime) -> WorkingTime:
    """The working time in its one canonical order. Refuses what no clock could count by."""
    check_zone(time.zone, "working_time.time_zone")
    week = checked_week(time.week, "working_time.week")
    if not week:
        # Dates alone will not do: a limit that outlasts them would never be used up.
        raise refusals.week_is_empty()
    holidays = tuple(sorted(set(time.holidays)))
    dates = tuple(sorted(time.working_dates, key=lambda each: each.on))
    for place, each in enumerate(dates):
        check_hours(each.hours, "working_time.working_dates")
        if each.on in holidays or (place and dates[place - 1].on == each.on):
            raise refusals.date_is_given_twice(each.on.isoformat())
    return WorkingTime(zone=time.zone, week=week, holidays=holidays, working_dates=dates)


def checked_week(week: Sequence[WeekdayHours], field: str) -> tuple[WeekdayHours, ...]:
    """The weekdays in order, from Monday."""
    days = tuple(sorted(week, key=lambda day: day.weekday))
    for place, day in enumerate(days):
        if not 1 <= day.weekday <= 7 or (place and days[place - 1].weekday == day.weekday):
            raise refusals.weekday_is_given_twice(str(day.weekday), field)
        check_hours(day.hours, field)
    return days


def check_hours(hours: Sequence[Hours], field: str) -> None:
    """Refuse a day whose stretches are none, out of order, overlapping or not of the day."""
    ends = 0
    for each in hours:
        if not ends <= each.start < each.until <= MINUTES:
            raise refusals.hours_are_out_of_order(field)
        ends = each.until
    if not hours:
        raise refusals.hours_are_out_of_order(field)


def check_zone(zone: str, field: str) -> None:
    """Refuse what is no IANA time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refusals.time_zone_is_unknown(field) from None
