"""The maps that come with Linli, and a drafted one, read the real files as they are."""

from datetime import UTC, datetime

import pytest

from e2e.city import los_angeles as la
from e2e.city.rows import Request, Rule
from e2e.city.source import read
from services.command.imports import checking, rules
from services.command.imports.command import SHIPPED
from services.command.imports.draft import draft
from services.command.imports.ground import Boundaries, Ground
from services.command.imports.map_file import parse_map, read_map
from services.command.imports.requests import Request as Read
from services.command.imports.tests.places import ground

BOSTON = la.DATA / "boston311-100.csv"


def city() -> Ground:
    there = ground(
        {affair.affair_id: affair.name for affair in la.AFFAIRS},
        {code.lower(): code for code in la.BODIES},
        {area.area_id: area.name for area in la.areas()},
    )
    there.boundaries = Boundaries(
        (area.area_id, area.boundary, la.VALID_FROM) for area in la.areas() if area.boundary
    )
    return there


@pytest.mark.capability("004.13")
def test_the_map_of_los_angeles_reads_each_row_as_the_replay_does() -> None:
    by_map = list(checking.outcomes(la.REQUESTS, read_map(SHIPPED / "los-angeles.yaml"), city()))
    by_code = read(la.REQUESTS)

    assert len(by_map) == len(by_code) == 10_000
    for one, other in zip(by_map, by_code, strict=True):
        assert isinstance(one, Read)
        assert isinstance(other, Request)
        assert (one.number, one.opened, one.responded, one.ended) == (
            other.number, other.created, other.responded, other.ended,
        )  # fmt: skip
        assert (one.place, one.body_id, one.anonymous) == (other.place, other.owner.lower(), other.anonymous)
        assert (Rule.COUNCIL_ALONE in other.rules) is (one.place is None and one.area_id != la.CITY)


def test_the_map_of_boston_reads_every_row() -> None:
    by = read_map(SHIPPED / "boston.yaml")
    rows = BOSTON.read_text("utf-8").splitlines()
    reasons = {row.split(",")[9] for row in rows}
    there = ground(
        {f"a-{number}": name for number, name in enumerate(sorted(reasons))}, areas={"b": "Boston"}
    )

    checked = checking.check(BOSTON, by, there)

    assert checked.rows == 100
    assert checked.first == datetime(2022, 1, 1, 5, 16, tzinfo=UTC)
    assert checked.refused == checked.rules[rules.Rule.UNKNOWN_AFFAIR, rules.Action.REFUSE] <= 10


@pytest.mark.capability("004.13")
def test_the_draft_of_a_real_file_reads_it_once_the_area_is_said() -> None:
    by = parse_map("\n".join(draft(la.REQUESTS)).replace("my-city", la.CITY).replace("UTC", la.ZONE))

    checked = checking.check(la.REQUESTS, by, city())

    assert (checked.rows, checked.requests) == (10_000, 10_000)
    assert checked.states == {"closed": 9_723, "withdrawn": 244, "open": 16, "started": 15, "rejected": 2}
