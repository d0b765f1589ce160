"""China's official days, against what the State Council announced for 2024, 2025 and 2026."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.catalog.adapters.official_days import china
from services.catalog.domain.working_time import (
    Hours,
    WorkingDate,
    WorkingTime,
    calendar_of,
    checked,
    with_official,
)
from services.catalog.tests.domain.stories import office_hours

MORNING = (Hours(start=540, until=720),)


def official(**others: object) -> WorkingTime:
    return checked(with_official(office_hours(**others), china()))


def works_on(day: date, time: WorkingTime) -> bool:
    return bool(calendar_of(time).spans(day))


def days(first: str, last: str) -> list[date]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]


@pytest.mark.parametrize(
    "day",
    [
        *("2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14"),
        *("2024-09-29", "2024-10-12", "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28"),
        *("2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    ],
)
def test_moved_saturdays_and_sundays_are_worked(day: str) -> None:
    on = date.fromisoformat(day)

    assert on.weekday() >= 5
    assert works_on(on, official())


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2024-02-10", "2024-02-17"),  # Spring Festival
        ("2024-10-01", "2024-10-07"),  # National Day
        ("2025-01-28", "2025-02-04"),  # Spring Festival
        ("2025-05-01", "2025-05-05"),  # Labour Day
        ("2025-10-01", "2025-10-08"),  # National Day and Mid-Autumn
        ("2026-01-01", "2026-01-03"),  # New Year
        ("2026-02-15", "2026-02-23"),  # Spring Festival
        ("2026-10-01", "2026-10-07"),  # National Day
    ],
)
def test_nobody_works_on_official_holidays(first: str, last: str) -> None:
    assert not any(works_on(day, official()) for day in days(first, last))


def test_an_ordinary_year_has_as_many_working_days_as_announced() -> None:
    calendar = calendar_of(official())

    def worked(year: int) -> int:
        return sum(bool(calendar.spans(day)) for day in days(f"{year}-01-01", f"{year}-12-31"))

    # All weekdays, less statutory holidays: 11 days in 2024, 13 since 2025.
    assert [worked(year) for year in (2024, 2025, 2026)] == [251, 248, 248]


def test_a_leap_day_is_worked_when_it_is_an_ordinary_thursday() -> None:
    assert works_on(date(2024, 2, 29), official())


def test_a_limit_over_the_spring_festival_counts_the_moved_days() -> None:
    calendar = calendar_of(official())
    on_friday = datetime(2025, 1, 24, 2, 0, tzinfo=UTC)  # 10 o'clock in Shanghai

    # Sunday 26 and Monday 27 January are worked, then nobody works until Wednesday, 5 February.
    assert calendar.add_days(on_friday, 3) == datetime(2025, 2, 5, 2, 0, tzinfo=UTC)


def test_a_date_that_is_given_by_hand_stays_as_it_is_given() -> None:
    eve, fair = date(2025, 1, 27), date(2025, 10, 2)
    time = official(working_dates=(WorkingDate(on=eve, hours=MORNING), WorkingDate(on=fair, hours=MORNING)))

    calendar = calendar_of(time)
    assert [end - start for start, end in calendar.spans(eve)] == [timedelta(hours=3)]
    assert works_on(fair, time)
    assert not works_on(date(2025, 2, 8), official(holidays=(date(2025, 2, 8),)))


def test_it_says_how_far_it_goes() -> None:
    assert official().known_until == china().until
    assert (china().until.month, china().until.day) == (12, 31)
    assert china().until.year >= 2026


def test_a_file_that_knows_more_takes_it_further() -> None:
    assert official(known_until=date(2040, 12, 31)).known_until == date(2040, 12, 31)
