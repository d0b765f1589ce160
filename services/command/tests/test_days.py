"""A city's own days from a file: what is understood, and which line is at fault."""

from datetime import date
from pathlib import Path

import pytest

from libs.runtime.config.guards import CannotStart
from services.command import days

CSV = """date,kind,hours,name
2026-10-01,holiday,,National Day
2026-10-10,working,,in exchange
2026-12-31,half-day,09:00-12:00,New Year's Eve
2028-02-29,half-day,08:30-10:00 10:15-12:00,leap day
"""
ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261001
DTEND;VALUE=DATE:20261004
SUMMARY:国庆节
  休
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261010
SUMMARY:国庆节 补班
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Asia/Shanghai:20261231T090000
DTEND;TZID=Asia/Shanghai:20261231T120000
SUMMARY:half day
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260214
CATEGORIES:WORKING
END:VEVENT
END:VCALENDAR
"""


def read(tmp_path: Path, text: str) -> days.Days:
    file = tmp_path / "days"
    file.write_text(text, "utf-8")
    return days.read(file)


def test_a_csv_file_has_holidays_half_days_and_moved_working_days(tmp_path: Path) -> None:
    told = read(tmp_path, CSV)

    assert told.holidays == {date(2026, 10, 1)}
    assert told.working == {
        date(2026, 10, 10): (),
        date(2026, 12, 31): ((540, 720),),
        date(2028, 2, 29): ((510, 600), (615, 720)),
    }


def test_an_icalendar_file_has_them_too(tmp_path: Path) -> None:
    told = read(tmp_path, ICS)

    assert told.holidays == {date(2026, 10, day) for day in (1, 2, 3)}
    assert told.working == {
        date(2026, 10, 10): (),
        date(2026, 12, 31): ((540, 720),),
        date(2026, 2, 14): (),
    }


def test_a_file_of_a_spreadsheet_begins_with_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(CSV, "utf-8-sig")

    assert days.read(file).holidays == {date(2026, 10, 1)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("day,kind\n", "line 1: the columns date are missing"),
        ("date,kind,hours\n2026-13-01,holiday,\n", "line 2: '2026-13-01' is no date"),
        ("date,kind,hours\n2027-02-29,holiday,\n", "line 2: '2027-02-29' is no date"),
        ("date,kind,hours\n\n2026-01-01,party,\n", "line 3: 'party' is none of"),
        ("date,kind,hours\n2026-01-01,half-day,\n", "line 2: a half-day needs hours"),
        ("date,kind,hours\n2026-01-01,holiday,09:00-12:00\n", "line 2: a holiday has no hours"),
        ("date,kind,hours\n2026-01-01,working,9-12\n", "line 2: '9-12' are no hours"),
        ("date,kind,hours\n2026-01-01,working,12:00-09:00\n", "are out of order"),
        ("date,kind,hours\n2026-01-01,working,09:00-24:30\n", "are out of order"),
        (
            "date,kind,hours\n2026-01-01,holiday,\n2026-01-01,working,\n",
            "line 3: 2026-01-01 was given before, in line 2",
        ),
        ("date,kind,hours\n", "there is no day in it"),
        (ICS.replace("VALUE=DATE:20261010", "VALUE=DATE:20261310"), "line 10: '20261310' is no date"),
        (ICS.replace("20261004", "20271004"), "line 4: an event lasts from one day to 31"),
        (ICS.replace("SUMMARY:half day", "RRULE:FREQ=YEARLY"), "line 16: a repeated event"),
        (
            ICS.replace("20261231T120000", "20270101T120000"),
            "line 14: an event with hours begins and ends on one day",
        ),
        (ICS.replace("CATEGORIES:WORKING", "CATEGORIES"), "line 20: 'CATEGORIES' is no line of iCalendar"),
    ],
)
def test_the_line_at_fault_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CannotStart) as told:
        read(tmp_path, text)

    assert says in str(told.value)


def test_each_line_at_fault_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    with pytest.raises(CannotStart) as told:
        read(tmp_path, "date,kind,hours\n2026-13-01,holiday,\n2026-01-01,party,\n2026-01-02,holiday,\n")

    first, second, last = str(told.value).splitlines()
    assert first == f"{tmp_path / 'days'}: line 2: '2026-13-01' is no date such as 2026-10-01"
    assert second.startswith(f"{tmp_path / 'days'}: line 3: 'party' is none of")
    assert last == "nothing was changed"


def test_each_event_at_fault_is_named(tmp_path: Path) -> None:
    wrong = ICS.replace("20261004", "20271004").replace("20260214", "20260231").replace("VERSION:2.0", "2.0")

    with pytest.raises(CannotStart) as told:
        read(tmp_path, wrong)

    assert [line.split(": ")[1] for line in str(told.value).splitlines()[:-1]] == [
        "line 2",
        "line 4",
        "line 19",
    ]


def test_of_many_lines_at_fault_twenty_are_named_and_the_others_counted(tmp_path: Path) -> None:
    with pytest.raises(CannotStart) as told:
        read(tmp_path, "date,kind,hours\n" + "soon,holiday,\n" * 23)

    lines = str(told.value).splitlines()
    assert [len(lines), *lines[-2:]] == [22, "... and 3 more", "nothing was changed"]


def test_a_file_that_is_not_there_or_no_text_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "sheet.xls").write_bytes(b"\xd0\xcf\x11")

    with pytest.raises(CannotStart, match=r"none\.csv: there is no such file$"):
        days.read(tmp_path / "none.csv")
    with pytest.raises(CannotStart, match=r"Is a directory$"):
        days.read(tmp_path)
    with pytest.raises(CannotStart, match=r"cannot be read as UTF-8: byte 0$"):
        days.read(tmp_path / "sheet.xls")
