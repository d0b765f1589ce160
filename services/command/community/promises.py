"""Whether calendars, responsibilities, commitments and services make sense: by the rules of the catalog."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain

from libs.ledger.decider import Refusal
from libs.rpc.terms import terms_of
from libs.rules.due import reaches
from services.catalog.domain.terms import checked
from services.catalog.domain.values import Period
from services.catalog.domain.working_time import Hours, WeekdayHours, WorkingDate, WorkingTime, calendar_of
from services.command.community.forms import day_of, hours_of, moment_of
from services.command.community.model import Calendar, Commitment, Community
from services.command.community.reading import Read, entries
from services.command.community.wired import WEEKDAYS, Wired

_KINDS = {
    "LIMITS_CONTRADICT": "limits",
    "LIMIT_TOO_LONG": "limit-long",
    "COMMITMENT_EMPTY": "commitment-empty",
    "ESCALATION_MOMENT_INVALID": "escalation-moment",
    "ESCALATION_OUT_OF_ORDER": "escalation-order",
}


def check_promises(read: Read, at: datetime | None = None) -> None:
    """Tell what the catalog would refuse, and what nobody can mean."""
    _check_responsibilities(read, read.community)
    calendars = {}
    for number, calendar in entries(read, "calendars"):
        _check_calendar(read, number, calendar)
        if any(getattr(calendar.week, day) for day in WEEKDAYS):
            calendars[calendar.id] = _working_time(calendar, read.community.time_zone)
    seen = dict[tuple[str, str], int]()
    for number, promise in entries(read, "commitments"):
        _check_since(read, "commitments", number, promise.valid_from)
        key = (promise.affair, promise.area)
        if key in seen:
            before = read.spot("commitments", seen[key])
            where = read.spot("commitments", number)
            read.problems.add(where, "commitment-twice", file=before.file, line=before.line)
        seen.setdefault(key, number)
        time = calendars.get(promise.calendar)
        _check_terms(read, number, promise, time, at or datetime.now(UTC))
    _check_services(read)


def _check_since(read: Read, section: str, number: int, own: str) -> None:
    if not own and not read.says_since:
        read.problems.add(read.spot(section, number), "since-missing")


def _check_responsibilities(read: Read, community: Community) -> None:
    wired, held = Wired(community), dict[tuple[str, str], list[tuple[int, Period]]]()
    for number, item in entries(read, "responsibilities"):
        _check_since(read, "responsibilities", number, item.valid_from)
        if item.body in item.helpers:
            at = read.spot("responsibilities", number, "helpers", item.helpers.index(item.body))
            read.problems.add(at, "helper-itself", body=item.body)
        since = wired.since(item.valid_from)
        if since is None:
            continue
        until = moment_of(item.valid_until, community.time_zone) if item.valid_until else None
        period = Period(start=since, end=until)
        if period.empty:
            read.problems.add(
                read.spot("responsibilities", number, "valid_until"),
                "period",
                since=item.valid_from or community.valid_from,
                until=item.valid_until,
            )
        others = held.setdefault((item.affair, item.area), [])
        for before, other in others:
            if other.overlaps(period):
                spot = read.spot("responsibilities", before)
                where = read.spot("responsibilities", number)
                read.problems.add(where, "overlap", line=spot.line, file=spot.file)
        others.append((number, period))


def _check_calendar(read: Read, number: int, calendar: Calendar) -> None:
    days = [(day, ("holidays", place)) for place, day in enumerate(calendar.holidays)]
    moved = [(day.date, ("working_days", place, "date")) for place, day in enumerate(calendar.working_days)]
    seen = set[str]()
    for day, path in chain(days, moved):
        spot = read.spot("calendars", number, *path)
        if day in seen:
            read.problems.add(spot, "date-twice", day=day)
        elif calendar.known_until and day > calendar.known_until:
            read.problems.add(spot, "known-until", day=day, until=calendar.known_until)
        seen.add(day)


def _working_time(calendar: Calendar, zone: str) -> WorkingTime:
    week = tuple(
        WeekdayHours(weekday=number, hours=_hours(getattr(calendar.week, day)))
        for number, day in enumerate(WEEKDAYS, start=1)
        if getattr(calendar.week, day)
    )
    return WorkingTime(
        zone=calendar.time_zone or zone,
        week=week,
        holidays=tuple(map(day_of, calendar.holidays)),
        working_dates=tuple(
            WorkingDate(on=day_of(day.date), hours=_hours(day.hours) if day.hours else week[0].hours)
            for day in calendar.working_days
        ),
    )


def _hours(said: str) -> tuple[Hours, ...]:
    return tuple(Hours(start=start, until=until) for start, until in hours_of(said))


def _check_terms(
    read: Read, number: int, promise: Commitment, time: WorkingTime | None, at: datetime
) -> None:
    terms = terms_of(Wired(read.community).commitment(promise))
    try:
        checked(terms)
    except Refusal as refusal:
        if kind := _KINDS.get(refusal.code):
            where = ("commitments", number, *refusal.field.split("."))
            read.problems.add(
                read.spot(*where), kind, field=refusal.field, days=refusal.facts.get("days", "")
            )
        return
    if time is None:
        return
    calendar = calendar_of(time)
    for field, limit in terms.limits:
        path = ("commitments", number, *field.split("."))
        if path in read.spots and not reaches(calendar, limit, at):
            read.problems.add(read.spot(*path), "limit-reach", field=field)


def _check_services(read: Read) -> None:
    for number, service in entries(read, "services"):
        told: Callable[..., None] = read.problems.add
        who, cost = service.eligibility, service.cost
        if who and who.maximum_age and who.maximum_age < who.minimum_age:
            told(read.spot("services", number, "eligibility", "maximum_age"), "ages")
        if cost and cost.amount_minor and (cost.free or not cost.currency):
            told(read.spot("services", number, "cost"), "cost-free" if cost.free else "cost-currency")
        for place, site in enumerate(service.places):
            if (site.latitude is None) != (site.longitude is None):
                told(read.spot("services", number, "places", place), "coordinates")
