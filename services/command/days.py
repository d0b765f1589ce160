"""A city's own days, from a CSV or an iCalendar file: holidays, half days, days worked in exchange.

CSV has the columns `date,kind,hours` and any others: kind is `holiday`, `half-day` or `working`. Hours such
as `09:00-12:00 13:30-17:00` are required for a half day, and replace the usual ones of a working day. In an
iCalendar file (RFC 5545) an event of whole days is a holiday; it is worked if a category is WORKING, or its
summary ends with 班. An event within a day gives the hours of that day.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from libs.rules.working_time import Hours, are_hours
from libs.runtime.config.guards import CannotStart

KINDS = ("holiday", "half-day", "working")
MOST_DAYS = 31
"""An event of whole days that is longer is a mistake, such as a wrong year."""
MOST_FAULTS = 20
"""More lines at fault are only counted."""
_STRETCH = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\dZ?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Days without work, and days of work: with hours of their own, or none for the usual ones."""

    holidays: frozenset[date]
    working: dict[date, Hours] = field(default_factory=dict)

    @property
    def years(self) -> set[int]:
        """The years that the file speaks of."""
        return {day.year for day in self.special}

    @property
    def special(self) -> dict[date, Hours | None]:
        """All days: without hours if they are holidays."""
        return {**dict.fromkeys(self.holidays), **self.working}

    @property
    def last(self) -> date:
        """The last day of the file."""
        return max(self.special)


def read(file: Path) -> Days:
    """The days of a file. Raises `CannotStart` with the lines at fault, all of them up to `MOST_FAULTS`."""
    try:
        text = file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise CannotStart(f"{file}: there is no such file") from None
    except OSError as error:
        raise CannotStart(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CannotStart(f"{file}: cannot be read as UTF-8: byte {error.start}") from None
    faults = list[str]()
    told = _of_ics(text) if text.lstrip().upper().startswith("BEGIN:VCALENDAR") else _of_csv(text)
    try:
        days = _collected(told, faults)
    except (ValueError, csv.Error) as error:
        faults.append(str(error))
    if faults:
        more = len(faults) - MOST_FAULTS
        hidden = [f"... and {more} more"] if more > 0 else []
        said = [f"{file}: {fault}" for fault in faults[:MOST_FAULTS]]
        raise CannotStart("\n".join([*said, *hidden, "nothing was changed"]))
    return days


Told = tuple[int, date, Hours | None]
"""A line, its day, and the hours: none for a holiday, () for the usual ones."""


def _collected(told: Iterable[Told | ValueError], faults: list[str]) -> Days:
    """All days; what is wrong with a line joins `faults`."""
    holidays, working, lines = set[date](), dict[date, Hours](), dict[date, int]()
    for each in told:
        if isinstance(each, ValueError):
            faults.append(str(each))
            continue
        line, day, hours = each
        if day in lines:
            faults.append(f"line {line}: {day} was given before, in line {lines[day]}")
            continue
        lines[day] = line
        if hours is None:
            holidays.add(day)
        else:
            working[day] = hours
    if not lines and not faults:
        raise ValueError("there is no day in it")
    return Days(holidays=frozenset(holidays), working=working)


def _of_csv(text: str) -> Iterator[Told | ValueError]:
    rows = csv.DictReader(text.splitlines())
    missing = {"date", "kind"} - set(rows.fieldnames or ())
    if missing:
        raise ValueError(
            f"line 1: the columns {', '.join(sorted(missing))} are missing: begin with date,kind,hours"
        )
    for row in rows:
        try:
            yield _of_row(row, rows.line_num)
        except ValueError as fault:
            yield fault


def _of_row(row: dict[str, str | None], line: int) -> Told:
    kind, given = (row["kind"] or "").strip(), (row.get("hours") or "").strip()
    if kind not in KINDS:
        raise ValueError(f"line {line}: {kind!r} is none of {', '.join(KINDS)}")
    if kind == "half-day" and not given:
        raise ValueError(f"line {line}: a half-day needs hours, for instance 09:00-12:00")
    if kind == "holiday" and given:
        raise ValueError(f"line {line}: a holiday has no hours: call it a half-day")
    hours = None if kind == "holiday" else _hours(given, line)
    return line, _day((row["date"] or "").strip(), line), hours


def _day(text: str, line: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"line {line}: {text!r} is no date such as 2026-10-01") from None


def _hours(text: str, line: int) -> Hours:
    """The stretches of a day, in minutes after midnight."""
    stretches = list[tuple[int, int]]()
    for each in text.replace(";", " ").split():
        found = _STRETCH.fullmatch(each)
        if found is None:
            raise ValueError(f"line {line}: {each!r} are no hours such as 09:00-12:00")
        first, then, last, end = map(int, found.groups())
        stretches.append((first * 60 + then, last * 60 + end))
    if stretches and not are_hours(stretches):
        raise ValueError(f"line {line}: {text!r} are out of order")
    return tuple(stretches)


def _of_ics(text: str) -> Iterator[Told | ValueError]:
    event: dict[str, tuple[int, str]] | None = None
    for content in _unfolded(text):
        if isinstance(content, ValueError):
            yield content
            continue
        line, name, value = content
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            event = {}
        elif (name, value.upper()) == ("END", "VEVENT") and event is not None:
            try:
                yield from _of_event(event, line)
            except ValueError as fault:
                yield fault
            event = None
        elif event is not None:
            event[name] = (line, value)


def _unfolded(text: str) -> Iterator[tuple[int, str, str] | ValueError]:
    """Name (without parameters) and value of each content line, with its number; or what is wrong with it."""
    whole, begun = "", 1
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        if raw[:1] in (" ", "\t"):
            whole += raw[1:]
            continue
        if whole:
            name, colon, value = whole.partition(":")
            if colon:
                yield begun, name.partition(";")[0].upper(), value.strip()
            else:
                yield ValueError(f"line {begun}: {whole!r} is no line of iCalendar")
        whole, begun = raw, number


def _of_event(event: dict[str, tuple[int, str]], end: int) -> Iterator[Told]:
    if "RRULE" in event:
        raise ValueError(f"line {event['RRULE'][0]}: a repeated event is not understood: write each day")
    if "DTSTART" not in event:
        raise ValueError(f"line {end}: an event without DTSTART")
    line, _ = event["DTSTART"]
    first, begins = _moment(event["DTSTART"])
    last, ends = _moment(event["DTEND"]) if "DTEND" in event else (first + timedelta(days=1), None)
    if begins is not None:
        if ends is None or last != first or ends <= begins:
            raise ValueError(f"line {line}: an event with hours begins and ends on one day")
        yield line, first, ((begins, ends),)
        return
    summary, categories = (event.get(name, (0, ""))[1] for name in ("SUMMARY", "CATEGORIES"))
    worked = "WORKING" in categories.upper().split(",") or summary.rstrip(" )）").endswith("班")
    if not timedelta() < last - first <= timedelta(days=MOST_DAYS):
        raise ValueError(f"line {line}: an event lasts from one day to {MOST_DAYS}")
    for number in range((last - first).days):
        yield line, first + timedelta(days=number), () if worked else None


def _moment(said: tuple[int, str]) -> tuple[date, int | None]:
    """The day, and the minutes after midnight, if a time is given."""
    line, text = said
    found, fault = _MOMENT.fullmatch(text), ValueError(f"line {line}: {text!r} is no date such as 20261001")
    if found is None:
        raise fault
    year, month, day, hour, minute = found.groups()
    try:
        on = date(int(year), int(month), int(day))
    except ValueError:
        raise fault from None
    return on, None if hour is None else int(hour) * 60 + int(minute)
