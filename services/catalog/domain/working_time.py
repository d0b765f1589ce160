"""When work is done, as it is said and stored: the week, the holidays, and dates with hours of their own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from libs.rules import working_time
from libs.rules.working_time import Calendar, week_of
from libs.rules.zones import is_zone
from services.catalog.domain import refusals


class OfficialDays(Enum):
    """Whose official days: holidays, and days worked in exchange."""

    CHINA = "china"


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
    official: OfficialDays | None = None  # whose official days are among them
    known_until: date | None = None  # the last day whose holidays are known; beyond, the week alone counts


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDays:
    """Official days, as far as they are known: those without work, and those worked in exchange."""

    holidays: Collection[date]
    worked: Collection[date]
    until: date


def with_official(time: WorkingTime, days: KnownDays) -> WorkingTime:
    """The working time with official days. A date that is given by hand stays as it is.

    On a day worked in exchange the hours of the first working weekday count.
    """
    by_hand = {*time.holidays, *(each.on for each in time.working_dates)}
    usual = min(time.week, key=lambda day: day.weekday, default=None)
    if usual is None:
        raise refusals.week_is_empty()
    moved = (WorkingDate(on=day, hours=usual.hours) for day in days.worked if day not in by_hand)
    return replace(
        time,
        holidays=(*time.holidays, *(day for day in days.holidays if day not in by_hand)),
        working_dates=(*time.working_dates, *moved),
        known_until=max(days.until, time.known_until or days.until),
    )


def calendar_of(time: WorkingTime) -> Calendar:
    """The calendar that counts by it."""
    return Calendar(
        zone=time.zone,
        week=week_of({day.weekday: _stretches(day.hours) for day in time.week}),
        special={
            **dict.fromkeys(time.holidays, ()),
            **{each.on: _stretches(each.hours) for each in time.working_dates},
        },
    )


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
    return replace(time, week=week, holidays=holidays, working_dates=dates)


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
    if not working_time.are_hours(_stretches(hours)):
        raise refusals.hours_are_out_of_order(field)


def check_zone(zone: str, field: str) -> None:
    """Refuse what is no IANA time zone, or means another on another machine."""
    if not is_zone(zone):
        raise refusals.time_zone_is_unknown(field)


def _stretches(hours: Sequence[Hours]) -> working_time.Hours:
    return tuple((each.start, each.until) for each in hours)
