"""A calendar that takes the days of a file: its working time then, until when it knows, and what is new."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from linli.catalog.v1 import catalog_types_pb2 as types

from libs.rules.working_time import Hours
from libs.runtime.config.guards import CannotStart
from services.command.days import Days

Special = dict[date, Hours | None]
"""The days that differ from the week: with their hours, or none for a holiday."""


def with_days(had: types.WorkingTime, days: Days, known_until: str | None, today: date) -> types.WorkingTime:
    """The working time with the days of a file in the place of those of the same years.

    Refuses a file that leaves out years that nobody knows, unless `known_until` says that they have no days.
    """
    years = {str(year) for year in days.years}
    time = types.WorkingTime()
    time.CopyFrom(had)
    del time.holidays[:], time.working_dates[:]
    time.holidays.extend(day for day in had.holidays if day[:4] not in years)
    time.holidays.extend(day.isoformat() for day in sorted(days.holidays))
    time.working_dates.extend(each for each in had.working_dates if each.date[:4] not in years)
    usual = min(had.week, key=lambda day: day.weekday).hours if had.week else []
    for day, hours in sorted(days.working.items()):
        own = [types.Hours(from_minute=start, until_minute=until) for start, until in hours]
        time.working_dates.add(date=day.isoformat(), hours=own or usual)
    known = date.fromisoformat(had.known_until_date) if had.known_until_date else None
    end = _end(known, days, special(time), today) if known_until is None else _said(known, days, known_until)
    time.known_until_date = end.isoformat() if end else ""
    return time


def special(time: types.WorkingTime) -> Special:
    """The days of a calendar."""
    return {
        **{date.fromisoformat(day): None for day in time.holidays},
        **{
            date.fromisoformat(each.date): tuple((own.from_minute, own.until_minute) for own in each.hours)
            for each in time.working_dates
        },
    }


def _said(known: date | None, days: Days, text: str) -> date:
    """What --known-until says. Refuses a day before what is known already."""
    try:
        end = date.fromisoformat(text)
    except ValueError:
        raise CannotStart(f"--known-until: {text!r} is no date such as 2026-12-31") from None
    later = [f"before the last day of the file, {days.last}"] if end < days.last else []
    if known and end < known:
        later.append(f"before what the calendar knows, {known}")
    if later:
        raise CannotStart(f"--known-until {text} is {', and '.join(later)}: give a later date")
    return end


def _end(known: date | None, days: Days, has: Collection[date], today: date) -> date | None:
    """The end of the file's last year, or what was known if that is later.

    All years from now, or from what was known, must have days; those before today do not matter.
    """
    first = max(known + timedelta(days=1), today).year if known else today.year
    covered = days.years | {day.year for day in has if known is None or day.year > known.year}
    last = date(max(days.years), 12, 31)
    if gap := sorted(set(range(first, last.year)) - covered):
        raise CannotStart(
            f"the file has no days for {_stretches(gap)}:"
            f" add those years, or say --known-until {last} if they have none"
        )
    if known is None and last < today:
        return None
    return max(known or last, last)


def _stretches(years: list[int]) -> str:
    """Years in order, such as `2026 to 2029, 2031`."""
    stretches = list[list[int]]()
    for year in years:
        if stretches and stretches[-1][-1] == year - 1:
            stretches[-1].append(year)
        else:
            stretches.append([year])
    return ", ".join(str(each[0]) if len(each) == 1 else f"{each[0]} to {each[-1]}" for each in stretches)


def foreseen(had: types.WorkingTime, time: types.WorkingTime) -> Special:
    """The days that the calendar will have: the service keeps official days that the file does not name."""
    return {**special(had), **special(time)} if time.official_days else special(time)


def news(had: Special, has: Special, days: Days) -> Iterator[str]:
    """What is new, and what is no longer there, by year."""
    new = {day for day, hours in has.items() if day not in had or had[day] != hours}
    gone = had.keys() - has.keys()
    for year in sorted(days.years | {day.year for day in new | gone}):
        parts = [
            f"{what} {counted(each)}"
            for what, each in (
                ("new:", {day: has[day] for day in new if day.year == year}),
                ("no longer there:", {day: had[day] for day in gone if day.year == year}),
            )
            if each
        ]
        yield f"  {year}: {'; '.join(parts) or 'nothing new'}"


def counted(days: Special) -> str:
    """So many holidays and working days."""
    free = sum(hours is None for hours in days.values())
    parts = [_number(free, "holiday"), _number(len(days) - free, "working day")]
    return " and ".join(part for part in parts if part)


def passed(days: Days, today: date) -> Iterator[str]:
    """A line about the days of the file that have passed, if there are any."""
    if number := sum(day < today for day in days.special):
        yield (
            f"  {_number(number, 'day')} of the file {'has' if number == 1 else 'have'} passed:"
            " the new version holds from now on, so what was counted by them does not change"
        )


def until_of(time: types.WorkingTime) -> str:
    """Until when its days are known."""
    until = time.known_until_date
    return f"known until {until}" if until else "without saying until when its days are known"


def _number(number: int, of: str) -> str:
    return f"{number} {of}{'' if number == 1 else 's'}" if number else ""
