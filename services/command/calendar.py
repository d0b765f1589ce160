"""`linli calendar import`: a city's own days from a file, into a calendar of the catalog."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types

from libs.runtime.host.terminal import say
from services.command import days as files
from services.command.call import answered
from services.command.connection import Connection, connection, connection_options

_SERVICE = pb.DESCRIPTOR.services_by_name["CatalogService"]
_HELP = """\
\b
FILE is CSV or iCalendar. CSV has the columns date,kind,hours:
  date,kind,hours
  2026-10-01,holiday,
  2026-10-10,working,
  2026-12-31,half-day,09:00-12:00

They replace the days that the calendar had in the same years; other years stay. In iCalendar a whole day is
a holiday, or worked if its category is WORKING or its summary ends with 班; an event within a day gives the
hours of that day.
"""


@click.command("import", epilog=_HELP)
@connection_options
@click.argument("calendar_id")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--known-until", metavar="DATE", help="the last day that FILE knows [the end of its last year]")
@click.option("--reason", default="", help="why; required where days are changed that have passed")
@click.option("--dry-run", is_flag=True, help="only say what would be done")
def import_days(
    calendar_id: str, file: Path, known_until: str | None, reason: str, dry_run: bool, **options: Any
) -> int:
    """Take holidays, half days and moved working days of FILE into a calendar, as its next version."""
    days = files.read(file)

    def send(to: Connection) -> None:
        with to.anonymous() as anonymous, to.client(anonymous) as client:
            service = client.service(_SERVICE)
            found = service.get_calendar(pb.GetCalendarRequest(calendar_id=calendar_id))
            time = with_days(found.calendar.working_time, days, known_until)
            said = f"{len(days.holidays)} holidays and {len(days.working)} days of work from {file}"
            if dry_run:
                say(f"{calendar_id}: would take {said}, known until {time.known_until_date}")
                return
            defined = service.define_calendar(
                pb.DefineCalendarRequest(
                    request_id=uuid4().hex,
                    calendar_id=calendar_id,
                    name=found.calendar.name,
                    working_time=time,
                    reason=reason,
                    if_revision=found.revision,
                )
            ).calendar
            until = defined.working_time.known_until_date
            say(f"{calendar_id}: version {defined.version} has {said}, known until {until}")

    return answered(connection(**options), send)


calendar = click.Group("calendar", commands=[import_days], help="Working calendars of the catalog.")


def with_days(had: types.WorkingTime, days: files.Days, known_until: str | None) -> types.WorkingTime:
    """The working time with the days of a file in the place of those of the same years."""
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
    last = known_until or max(had.known_until_date, date(max(days.years), 12, 31).isoformat())
    time.known_until_date = last
    return time
