"""Zones: which names are taken, and what their clocks show."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.rules.zones import is_zone, moment_of, ticks, zone
from libs.testkit.clocks import moment


@pytest.mark.parametrize("name", ["Asia/Shanghai", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"])
def test_a_name_of_the_time_zone_database_is_a_zone(name: str) -> None:
    assert is_zone(name)


@pytest.mark.parametrize(
    "name",
    [
        "localtime",
        "posixrules",
        "Factory",
        "posix/UTC",
        "right/UTC",
        "",
        "Mars/Olympus",
        "../../etc/passwd",
        "asia/shanghai",
    ],
)
def test_a_name_that_depends_on_the_machine_is_none(name: str) -> None:
    assert not is_zone(name)


@given(
    st.sampled_from(
        ["America/New_York", "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Gaza"]
    ),
    st.datetimes(datetime(1970, 1, 2), datetime(2119, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 # hypothesis adds the zone
)
def test_the_wall_clock_shows_what_the_database_says(name: str, at: datetime) -> None:
    shown = at.astimezone(ZoneInfo(name)).replace(tzinfo=UTC)

    assert zone(name).wall(ticks(at)) == ticks(shown)
    assert moment_of(ticks(at)) == at


def test_a_wall_time_comes_the_first_time_that_it_or_a_later_one_is_shown() -> None:
    new_york = zone("America/New_York")

    def first(wall: str) -> datetime:
        return moment_of(new_york.first(ticks(moment(wall))))

    assert first("2022-03-13 02:30") == first("2022-03-13 03:00") == moment("2022-03-13 07:00")
    assert first("2022-11-06 01:30") == moment("2022-11-06 05:30")
    assert first("2022-11-06 02:00") == moment("2022-11-06 07:00")
