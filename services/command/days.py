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

from libs.runtime.config.guards import CannotStart

Hours = tuple[tuple[int, int], ...]
KINDS = ("holiday", "half-day", "working")
MOST_DAYS = 31
"""An event of whole days that is longer is a mistake, such as a wrong year."""
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
        return {day.year for day in (*self.holidays, *self.working)}


def read(file: Path) -> Days:
    """The days of a file. Raises `CannotStart` with the line at fault."""
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(f"{file}: cannot be read as UTF-8: {error}") from None
    told = _of_ics(text) if text.lstrip().upper().startswith("BEGIN:VCALENDAR") else _of_csv(text)
    try:
        return _collected(told)
    except ValueError as error:
        raise CannotStart(f"{file}: {error}") from None


Told = tuple[int, date, Hours | None]
"""A line, its day, and the hours: none for a holiday, () for the usual ones."""


def _collected(told: Iterable[Told]) -> Days:
    holidays, working, lines = set[date](), dict[date, Hours](), dict[date, int]()
    for line, day, hours in told:
        if day in lines:
            raise ValueError(f"line {line}: {day} was given before, in line {lines[day]}")
        lines[day] = line
        if hours is None:
            holidays.add(day)
        else:
            working[day] = hours
    if not lines:
        raise ValueError("there is no day in it")
    return Days(holidays=frozenset(holidays), working=working)


def _of_csv(text: str) -> Iterator[Told]:
    rows = csv.DictReader(text.splitlines())
    missing = {"date", "kind"} - set(rows.fieldnames or ())
    if missing:
        raise CannotStart(
            f"line 1: the columns {', '.join(sorted(missing))} are missing: begin with date,kind,hours"
        )
    for row in rows:
        line, kind, given = rows.line_num, (row["kind"] or "").strip(), (row.get("hours") or "").strip()
        if kind not in KINDS:
            raise ValueError(f"line {line}: {kind!r} is none of {', '.join(KINDS)}")
        if kind == "half-day" and not given:
            raise ValueError(f"line {line}: a half-day needs hours, for instance 09:00-12:00")
        if kind == "holiday" and given:
            raise ValueError(f"line {line}: a holiday has no hours: call it a half-day")
        hours = None if kind == "holiday" else _hours(given, line)
        yield line, _day((row["date"] or "").strip(), line), hours


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
        start, until = first * 60 + then, last * 60 + end
        if start >= until or until > 24 * 60 or (stretches and start < stretches[-1][1]):
            raise ValueError(f"line {line}: {text!r} are out of order")
        stretches.append((start, until))
    return tuple(stretches)


def _of_ics(text: str) -> Iterator[Told]:
    event: dict[str, tuple[int, str]] | None = None
    for line, name, value in _unfolded(text):
        if (name, value.upper()) == ("BEGIN", "VEVENT"):
            event = {}
        elif (name, value.upper()) == ("END", "VEVENT") and event is not None:
            yield from _of_event(event, line)
            event = None
        elif event is not None:
            event[name] = (line, value)


def _unfolded(text: str) -> Iterator[tuple[int, str, str]]:
    """Name (without parameters) and value of each content line, with its number."""
    whole, begun = "", 1
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        if raw[:1] in (" ", "\t"):
            whole += raw[1:]
            continue
        if whole:
            name, colon, value = whole.partition(":")
            if not colon:
                raise ValueError(f"line {begun}: {whole!r} is no line of iCalendar")
            yield begun, name.partition(";")[0].upper(), value.strip()
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
    found = _MOMENT.fullmatch(text)
    try:
        year, month, day = map(int, (found or _none()).groups()[:3])
        on = date(year, month, day)
    except ValueError:
        raise ValueError(f"line {line}: {text!r} is no date such as 20261001") from None
    hour, minute = (found or _none()).groups()[3:]
    return on, None if hour is None else int(hour) * 60 + int(minute)


def _none() -> re.Match[str]:
    raise ValueError
