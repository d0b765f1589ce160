"""How calendars and working time look on the wire, both ways."""

from collections.abc import Iterable, Sequence
from datetime import date

from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types

from libs.rpc.enums import EnumTable
from libs.rpc.moments import stamp_or_none
from libs.rpc.texts import localized
from services.catalog.domain import refusals
from services.catalog.domain.calendar import CalendarDefined
from services.catalog.domain.working_time import (
    Hours,
    OfficialDays,
    WeekdayHours,
    WorkingDate,
    WorkingTime,
)

OFFICIAL = EnumTable(types.OfficialDays, OfficialDays)


def working_time_of(given: types.WorkingTime) -> WorkingTime:
    """When work is done. Refuses DATE_INVALID."""
    return WorkingTime(
        zone=given.time_zone,
        week=tuple(weekday_of(day) for day in given.week),
        holidays=tuple(_day(each, "working_time.holidays") for each in given.holidays),
        working_dates=tuple(
            WorkingDate(on=_day(each.date, "working_time.working_dates"), hours=_hours_of(each.hours))
            for each in given.working_dates
        ),
        official=OFFICIAL.from_wire(given.official_days) if given.official_days else None,
        known_until=_day(given.known_until_date, "working_time.known_until_date")
        if given.known_until_date
        else None,
    )


def weekday_of(day: types.WeekdayHours) -> WeekdayHours:
    """The hours of a weekday; the enum counts from Monday = 1, as we do."""
    return WeekdayHours(weekday=day.weekday, hours=_hours_of(day.hours))


def _hours_of(stretches: Iterable[types.Hours]) -> tuple[Hours, ...]:
    return tuple(Hours(start=each.from_minute, until=each.until_minute) for each in stretches)


def _day(given: str, field: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise refusals.date_is_unreadable(field) from None


def calendar_shown(calendar: CalendarDefined) -> pb.Calendar:
    """One version of a calendar."""
    return pb.Calendar(
        calendar_id=calendar.calendar_id,
        version=calendar.version,
        name=localized(calendar.name),
        working_time=working_time_shown(calendar.working_time),
        valid_from_time=stamp_or_none(calendar.valid_from),
    )


def working_time_shown(kept: WorkingTime) -> types.WorkingTime:
    """When work is done."""
    return types.WorkingTime(
        time_zone=kept.zone,
        week=[weekday_shown(day) for day in kept.week],
        holidays=[day.isoformat() for day in kept.holidays],
        working_dates=[
            types.WorkingDate(date=each.on.isoformat(), hours=_hours_shown(each.hours))
            for each in kept.working_dates
        ],
        official_days=OFFICIAL.to_wire(kept.official) if kept.official else types.OFFICIAL_DAYS_UNSPECIFIED,
        known_until_date=kept.known_until.isoformat() if kept.known_until else "",
    )


def weekday_shown(day: WeekdayHours) -> types.WeekdayHours:
    """The hours of a weekday."""
    return types.WeekdayHours(weekday=types.Weekday.ValueType(day.weekday), hours=_hours_shown(day.hours))


def _hours_shown(stretches: Sequence[Hours]) -> list[types.Hours]:
    return [types.Hours(from_minute=each.start, until_minute=each.until) for each in stretches]
