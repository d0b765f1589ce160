"""The oracle of the clocks: 100 real requests to the City of Boston, with its own targets and verdicts."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from libs.rules.due import Limit, Unit, due
from libs.rules.working_time import Calendar, Hours
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import PassMoments
from services.cases.domain.case.events import DeadlineBreached
from services.cases.domain.clocks import ClockKind, Deadline
from services.cases.tests.domain.history import opened as a_report

ZONE = ZoneInfo("America/New_York")
SOURCE = Path(__file__).parents[4] / "e2e" / "data" / "boston311-100.csv"
ROWS = list(csv.DictReader(SOURCE.read_text(encoding="utf-8").splitlines()))
EXTRACTED = datetime(2022, 12, 31, 23, 59, tzinfo=ZONE).astimezone(UTC)
"""The city publishes one file for each year; every target in it lies before the year's end."""

OFFICE_DAY: Hours = ((8 * 60 + 30, 17 * 60),)
CITY_HALL = Calendar(
    zone="America/New_York",
    week=(OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, OFFICE_DAY, (), ()),
)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC) if text else None


def _ids(row: dict[str, str]) -> str:
    return row["case_enquiry_id"]


def test_the_file_is_whole() -> None:
    assert len(ROWS) == 100
    assert {row["ontime"] for row in ROWS} == {"ONTIME", "OVERDUE"}


@pytest.mark.parametrize("row", ROWS, ids=_ids)
def test_the_verdict_is_the_citys(row: dict[str, str]) -> None:
    opened, target, closed = (_moment(row[f"{name}_dt"]) for name in ("open", "target", "closed"))
    assert opened is not None
    deadlines = (_deadline(opened, target),) if target else ()
    case = CASE.fold([replace(a_report(), at=opened, deadlines=deadlines)])

    moments = CASE.decide(PassMoments(at=closed or EXTRACTED), case)

    breached = any(isinstance(moment, DeadlineBreached) for moment in moments)
    assert ("OVERDUE" if breached else "ONTIME") == row["ontime"]


def _deadline(opened: datetime, target: datetime) -> Deadline:
    limit = Limit(amount=1, unit=Unit.CALENDAR_DAYS)  # the file gives the target, not the limit behind it
    return Deadline(
        clock=ClockKind.RESOLUTION,
        limit=limit,
        warn_at=opened + (target - opened) * 3 / 4,
        due_at=target,
        commitment_id="boston",
        commitment_version=1,
        calendar_id="boston",
    )


@pytest.mark.parametrize("row", [row for row in ROWS if row["target_dt"]], ids=_ids)
def test_the_target_is_a_whole_number_of_days_in_the_citys_calendar(row: dict[str, str]) -> None:
    """The limits are not in the file; but every target must be *some* number of working or calendar days.

    A minute of grace: where the city edited a request, its opening lost the seconds.
    """
    opened, target = _moment(row["open_dt"]), _moment(row["target_dt"])
    assert opened is not None
    assert target is not None

    assert any(abs(end - target) < timedelta(minutes=1) for end in _ends(opened)), (
        "no limit gives this target"
    )


def _ends(opened: datetime) -> Iterator[datetime]:
    for days in range(1, 121):
        yield due(opened, Limit(amount=days, unit=Unit.WORKING_DAYS), CITY_HALL)
        yield due(opened, Limit(amount=days, unit=Unit.CALENDAR_DAYS), CITY_HALL)
