"""What the forms of texts stand for: limits, dates, moments, hours, time zones."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from libs.rules.due import Limit, Unit
from libs.rules.working_time import are_hours
from libs.rules.zones import is_zone

_LIMIT = re.compile(r"([1-9][0-9]{0,4}) (working )?(hour|day)s?")
_STRETCH = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_UNITS = {
    (True, "hour"): Unit.WORKING_HOURS,
    (True, "day"): Unit.WORKING_DAYS,
    (False, "hour"): Unit.CALENDAR_HOURS,
    (False, "day"): Unit.CALENDAR_DAYS,
}
_EARLIEST, _LATEST = date(1900, 1, 2), date(2199, 12, 31)
_MOST = 10_000


def limit_of(text: str) -> Limit:
    """`5 working days`. Raises ValueError."""
    found = _LIMIT.fullmatch(text)
    if found is None or int(found[1]) > _MOST:
        raise ValueError(text)
    return Limit(amount=int(found[1]), unit=_UNITS[found[2] is not None, found[3]])


def day_of(text: str) -> date:
    """`2026-10-01`. Raises ValueError."""
    day = date.fromisoformat(text)
    if not _EARLIEST <= day <= _LATEST:
        raise ValueError(text)
    return day


def moment_of(text: str, zone: str) -> datetime:
    """A date as its midnight in the zone, or a moment with its offset; in UTC. Raises ValueError."""
    if "T" not in text:
        return datetime.combine(day_of(text), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    moment = datetime.fromisoformat(text)
    day_of(text[:10])
    return moment.astimezone(UTC)


def hours_of(text: str) -> tuple[tuple[int, int], ...]:
    """`09:00-12:00 13:30-17:00`, in minutes after midnight. Raises ValueError if they are out of order."""
    stretches = tuple(
        (int(hour) * 60 + int(minute), int(last) * 60 + int(end))
        for hour, minute, last, end in _STRETCH.findall(text)
    )
    if not are_hours(stretches):
        raise ValueError(text)
    return stretches


def limit_written(limit: Limit) -> str:
    """A limit as the normal form writes it."""
    [(working, noun)] = [said for said, unit in _UNITS.items() if unit is limit.unit]
    return f"{limit.amount} {'working ' if working else ''}{noun}{'' if limit.amount == 1 else 's'}"


def moment_written(moment: datetime, zone: str) -> str:
    """A moment as the normal form writes it, to the microsecond: a date if it is a midnight in the zone."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.timetz().replace(tzinfo=None) == datetime.min.time():
        return local.date().isoformat()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def hours_written(stretches: tuple[tuple[int, int], ...]) -> str:
    """Hours as the normal form writes them."""
    return " ".join(f"{_clock(start)}-{_clock(until)}" for start, until in stretches)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def unfit(form: str, value: str) -> str:
    """The kind of problem that a text has for its form, beyond its pattern; "" if it has none."""
    try:
        match form:
            case "limit":
                limit_of(value)
            case "day":
                day_of(value)
            case "moment":
                moment_of(value, "UTC")
            case "hours":
                hours_of(value)
            case "zone" if not is_zone(value):
                return "zone"
    except ValueError:
        return "hours-order" if form == "hours" else f"{form}-range" if form == "limit" else form
    return ""
