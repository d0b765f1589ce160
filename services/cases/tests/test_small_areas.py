"""Whoever is no staff learns of no case in which grid cell it lies, whatever they ask for."""

from functools import partial
from itertools import count
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types

from libs.rpc.failures import RpcFailed
from libs.testkit import patience
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from services.cases.tests.wire import report

STREET = "city/harbour/mole-street"
GRID_CELL = identity_types.AREA_LEVEL_GRID_CELL
several = count(1)


@pytest.fixture
def numbers(running: Component, lin: Any) -> dict[str, str]:
    """A case in each of two new cells of a community: its public number, by the path of the cell."""
    numbers, test = {}, next(several)
    for cell in (f"court-{test}", f"yard-{test}"):
        path = f"{STREET}/{cell}"
        running.hears("identity", identity.AreaDefined(area_id=cell, area_path=path, level=GRID_CELL))
        numbers[path] = eventually(partial(opened_in, lin, cell), "cases has heard of the cell")
    return numbers


def opened_in(resident: Any, area_id: str) -> str:
    try:
        case = resident.open_case(report(area_id=area_id, location=None)).case
    except RpcFailed as failed:
        raise AssertionError from failed
    return str(case.public_id)


def followed(somebody: Any, area_path: str) -> set[str]:
    """The public numbers with which the list of an area begins."""
    request = pb.FollowPublicCasesRequest(area_path=area_path)
    first = next(somebody.follow_public_cases(request, deadline=patience.seconds(60)))
    assert {case.area_path for case in first.cases} <= {STREET}
    return {case.public_id for case in first.cases}


@pytest.mark.capability("004.2")
@pytest.mark.parametrize("home", ["the city", "the community", "the cell"])
def test_a_resident_who_follows_each_cell_in_turn_learns_nothing(
    person: Any, numbers: dict[str, str], home: str
) -> None:
    homes = {"the city": "city", "the community": STREET, "the cell": next(iter(numbers))}
    nosy = person("RESIDENT", subject="nosy", path=homes[home])

    for path in numbers:
        with pytest.raises(RpcFailed) as refused:
            followed(nosy, path)
        assert refused.value.reason == "AREA_TOO_SMALL"
        assert refused.value.metadata["shown_path"] == STREET

    assert followed(nosy, STREET) >= set(numbers.values())


def test_who_may_read_the_cases_of_a_cell_follows_it(person: Any, numbers: dict[str, str]) -> None:
    court, yard = numbers
    worker = person("GRID_WORKER", subject="gu", path=court)

    assert followed(worker, court) == {numbers[court]}
    assert followed(worker, STREET) >= set(numbers.values())
    with pytest.raises(RpcFailed, match="AREA_TOO_SMALL"):
        followed(worker, yard)


def test_a_grant_in_a_community_is_none_for_another(person: Any, numbers: dict[str, str]) -> None:
    resident = person("RESIDENT", subject="nosy", path=next(iter(numbers)))

    for elsewhere in ("city/hill", "city/harbour", "city"):
        with pytest.raises(RpcFailed, match="OUT_OF_REACH"):
            followed(resident, elsewhere)
