"""`linli calendar import`: a city's own days from a file, into a calendar of the catalog."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import click
from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types

from libs.ledger.recorded import utc_now
from libs.runtime.host.terminal import say
from services.command import days as files
from services.command.call import answered
from services.command.connection import Connection, connection, connection_options
from services.command.days_taken import counted, foreseen, news, passed, special, until_of, with_days

_SERVICE = pb.DESCRIPTOR.services_by_name["CatalogService"]
_HELP = """\
\b
FILE is CSV or iCalendar. CSV has the columns date,kind,hours:
  date,kind,hours
  2026-10-01,holiday,
  2026-10-10,working,
  2026-12-31,half-day,09:00-12:00

They replace the days that the calendar had in the same years; other years and official days stay. The
new version holds from now on: what was counted by days that have passed does not change. In iCalendar a
whole day is a holiday, or worked if its category is WORKING or its summary ends with 班; an event within a
day gives the hours of that day.
"""


@click.command("import", epilog=_HELP)
@connection_options
@click.argument("calendar_id")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--known-until", metavar="DATE", help="the last day whose holidays are known [end of FILE's last year]"
)
@click.option("--reason", default="", help="why; kept with the new version")
@click.option("--dry-run", is_flag=True, help="only say what would be done")
def import_days(
    calendar_id: str, file: Path, known_until: str | None, reason: str, dry_run: bool, **options: Any
) -> int:
    """Import holidays, half days and moved working days from FILE into a calendar, as its next version."""
    days = files.read(file)

    def send(to: Connection) -> None:
        with to.anonymous() as anonymous, to.client(anonymous) as client:
            service = client.service(_SERVICE)
            found = service.get_calendar(pb.GetCalendarRequest(calendar_id=calendar_id))
            had = found.calendar.working_time
            today = utc_now().astimezone(ZoneInfo(had.time_zone)).date()
            time = with_days(had, days, known_until, today)
            if dry_run:
                say("\n".join(foretold(found.calendar, time, days, str(file), today)))
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
            say("\n".join(told(found.calendar, defined, days, str(file), today)))

    return answered(connection(**options), send)


calendar = click.Group("calendar", commands=[import_days], help="Working calendars of the catalog.")


def foretold(
    calendar: pb.Calendar, time: types.WorkingTime, days: files.Days, file: str, today: date
) -> Iterator[str]:
    """What --dry-run says. Which days of a calendar are official ones, only the service knows."""
    had, has = special(calendar.working_time), foreseen(calendar.working_time, time)
    until, of_file = until_of(time), counted(days.special)
    unnamed = time.official_days and any(day.year in days.years for day in had.keys() - days.special.keys())
    same = had == has and time.known_until_date == calendar.working_time.known_until_date
    if same and not unnamed:
        yield f"{calendar.calendar_id}: nothing would change: version {calendar.version} has this, {until}"
        return
    yield f"{calendar.calendar_id}: would take {of_file} from {file}, {until}"
    yield from news(had, has, days)
    if unnamed:
        yield "  other days of those years stay if they are official days, and go if they were added by hand"
    yield from passed(days, today)


def told(
    before: pb.Calendar, defined: pb.Calendar, days: files.Days, file: str, today: date
) -> Iterator[str]:
    """What was done."""
    until, of_file = until_of(defined.working_time), counted(days.special)
    if defined.version == before.version:
        yield f"{defined.calendar_id}: nothing changed: version {defined.version} has this, {until}"
        return
    yield f"{defined.calendar_id}: version {defined.version} takes {of_file} from {file}, {until}"
    yield from news(special(before.working_time), special(defined.working_time), days)
    if defined.working_time.official_days:
        yield "  official days that the file does not name stay"
    yield from passed(days, today)
