"""A calendar takes a file's days: what stays, until when it knows, and what the clerk is told."""

from datetime import date

import pytest
from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types

from libs.rules.working_time import Hours
from libs.runtime.config.guards import CannotStart
from services.command.calendar import foretold, told
from services.command.days import Days
from services.command.days_taken import with_days

TODAY = date(2026, 11, 28)
CHANGES_NOTHING = "the new version holds from now on, so what was counted by them does not change"
MORNING = [types.Hours(from_minute=540, until_minute=720)]


def calendar(*holidays: str, known: str = "", version: int = 2, official: bool = False) -> pb.Calendar:
    time = types.WorkingTime(
        time_zone="Asia/Shanghai",
        week=[types.WeekdayHours(weekday=types.WEEKDAY_MONDAY, hours=MORNING)],
        holidays=holidays,
        known_until_date=known,
        official_days=types.OFFICIAL_DAYS_CHINA if official else types.OFFICIAL_DAYS_UNSPECIFIED,
    )
    return pb.Calendar(calendar_id="office", version=version, working_time=time)


def file(*holidays: str, working: dict[str, Hours] | None = None) -> Days:
    return Days(
        holidays=frozenset(map(date.fromisoformat, holidays)),
        working={date.fromisoformat(day): hours for day, hours in (working or {}).items()},
    )


def end(had: pb.Calendar, days: Days, said: str | None = None) -> str:
    return with_days(had.working_time, days, said, TODAY).known_until_date


def tried(had: pb.Calendar, days: Days) -> list[str]:
    time = with_days(had.working_time, days, None, TODAY)
    return list(foretold(had, time, days, "days.csv", TODAY))


def test_the_years_of_the_file_are_replaced_and_others_stay() -> None:
    had = calendar("2025-10-01", "2026-10-02", known="2026-12-31")
    days = file("2026-10-01", working={"2026-10-10": (), "2027-12-31": ((600, 660),)})

    time = with_days(had.working_time, days, None, TODAY)

    assert list(time.holidays) == ["2025-10-01", "2026-10-01"]
    assert [each.date for each in time.working_dates] == ["2026-10-10", "2027-12-31"]
    assert list(time.working_dates[0].hours) == MORNING
    assert time.known_until_date == "2027-12-31"


@pytest.mark.parametrize(
    ("had", "days", "until"),
    [
        (calendar(), file("2026-01-01"), "2026-12-31"),
        (calendar(), file("2026-01-01", "2027-01-01"), "2027-12-31"),
        (calendar("2026-01-01"), file("2027-01-01"), "2027-12-31"),  # entered by hand before
        (calendar(known="2026-12-31"), file("2027-01-01"), "2027-12-31"),
        (calendar(known="2026-06-30"), file("2026-10-01"), "2026-12-31"),
        (calendar(known="2024-12-31"), file("2026-01-01"), "2026-12-31"),  # what has passed does not matter
        (calendar(known="2028-12-31"), file("2027-01-01"), "2028-12-31"),
        (calendar(), file("2025-01-01"), ""),
    ],
)
def test_a_calendar_knows_until_the_end_of_the_file(had: pb.Calendar, days: Days, until: str) -> None:
    assert end(had, days) == until


@pytest.mark.parametrize(
    ("had", "days", "years", "last"),
    [
        (calendar(), file("2030-01-01"), "2026 to 2029", "2030-12-31"),
        (calendar(), file("2027-01-01"), "2026", "2027-12-31"),
        (calendar(known="2026-12-31"), file("2028-01-01", "2031-01-01"), "2027, 2029 to 2030", "2031-12-31"),
        (calendar("2026-01-01", known="2026-06-30"), file("2027-01-01"), "2026", "2027-12-31"),
    ],
)
def test_a_file_that_leaves_out_years_is_refused(had: pb.Calendar, days: Days, years: str, last: str) -> None:
    with pytest.raises(CannotStart) as refused:
        end(had, days)

    assert str(refused.value) == (
        f"the file has no days for {years}: add those years, or say --known-until {last} if they have none"
    )
    assert end(had, days, last) == last


def test_known_until_does_not_go_back() -> None:
    had, days = calendar(known="2027-12-31"), file("2030-01-01")

    with pytest.raises(CannotStart) as refused:
        end(had, days, "2026-01-01")

    assert str(refused.value) == (
        "--known-until 2026-01-01 is before the last day of the file, 2030-01-01,"
        " and before what the calendar knows, 2027-12-31: give a later date"
    )
    with pytest.raises(CannotStart, match="is before what the calendar knows, 2027-12-31: give"):
        end(had, file("2026-01-01"), "2027-12-30")
    with pytest.raises(CannotStart, match="is before the last day of the file, 2030-01-01: give"):
        end(had, days, "2029-12-31")
    with pytest.raises(CannotStart, match="--known-until: 'soon' is no date"):
        end(had, days, "soon")


def test_what_is_new_is_told_by_year_in_grammar() -> None:
    had = calendar("2026-10-01", "2026-10-02", known="2026-12-31")
    days = file("2026-10-01", "2027-01-01", working={"2027-01-02": ()})

    assert tried(had, days) == [
        "office: would take 2 holidays and 1 working day from days.csv, known until 2027-12-31",
        "  2026: no longer there: 1 holiday",
        "  2027: new: 1 holiday and 1 working day",
        f"  1 day of the file has passed: {CHANGES_NOTHING}",
    ]


def test_the_same_file_again_changes_nothing_and_says_so() -> None:
    had, days = calendar("2027-01-01", known="2027-12-31"), file("2027-01-01")

    assert tried(had, days) == ["office: nothing would change: version 2 has this, known until 2027-12-31"]
    assert list(told(had, had, days, "days.csv", TODAY)) == [
        "office: nothing changed: version 2 has this, known until 2027-12-31"
    ]


def test_official_days_that_the_file_does_not_name_are_not_said_to_go() -> None:
    had = calendar("2026-10-01", "2026-12-24", known="2026-12-31", official=True)
    days = file("2026-12-25")
    after = calendar("2026-10-01", "2026-12-25", known="2026-12-31", version=3, official=True)

    assert tried(had, days) == [
        "office: would take 1 holiday from days.csv, known until 2026-12-31",
        "  2026: new: 1 holiday",
        "  other days of those years stay if they are official days, and go if they were added by hand",
    ]
    assert list(told(had, after, days, "days.csv", TODAY)) == [
        "office: version 3 takes 1 holiday from days.csv, known until 2026-12-31",
        "  2026: new: 1 holiday; no longer there: 1 holiday",
        "  official days that the file does not name stay",
    ]


def test_days_that_have_passed_need_no_reason_and_are_said_to_change_nothing() -> None:
    assert tried(calendar(known="2026-12-31"), file("2026-10-01", "2026-10-02"))[-1] == (
        f"  2 days of the file have passed: {CHANGES_NOTHING}"
    )
    assert tried(calendar(), file("2025-10-01"))[0].endswith("without saying until when its days are known")
