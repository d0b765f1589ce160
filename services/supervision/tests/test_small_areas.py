"""Figures and lists tell grid cells apart for those who may read the cases there, and for nobody else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types
from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.rpc.access import Grant
from libs.rpc.failures import RpcFailed
from libs.testkit.clocks import START
from libs.testkit.component import component
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import roles
from services.supervision.tests.published import opened
from services.supervision.tests.test_component import DESCRIPTOR, City
from services.supervision.wiring import SERVICE

NUMBERS = {"court": "LL-00000-00001", "yard": "LL-00000-00002"}
LEVELS = {
    "la": identity_types.AREA_LEVEL_CITY,
    "la/south": identity_types.AREA_LEVEL_COMMUNITY,
    "la/south/court": identity_types.AREA_LEVEL_GRID_CELL,
    "la/south/yard": identity_types.AREA_LEVEL_GRID_CELL,
}
OUTSIDERS = sorted(
    role for role, scopes in roles().items() if "supervision.read" in scopes and "cases.read" not in scopes
)
STAFF = sorted(role for role, scopes in roles().items() if {"supervision.read", "cases.read"} <= scopes)


@pytest.fixture(scope="module")
def city(postgres_server: TestServer) -> Iterator[City]:
    """A case in each of two cells, of which supervision hears before it hears of one of the cells."""
    with component(postgres_server, SERVICE) as running:
        city = City(running)
        late = LEVELS.keys() - {"la/south/yard"}
        for path in (*sorted(late), "", "la/south/yard"):
            if path:
                area = identity.AreaDefined(
                    area_id=path.rpartition("/")[2], area_path=path, level=LEVELS[path]
                )
                running.hears("identity", area)
            else:
                for hours, (cell, number) in enumerate(NUMBERS.items(), 1):
                    at, where = START - timedelta(hours=hours), f"la/south/{cell}"
                    city.tells(opened(cell, at, area_path=where, public_id=number))
        yield city


def listed(stub: Any, city: City, chosen: str = "") -> dict[str, str]:
    request = pb.ListLongestOpenRequest(filter=chosen, cases_at_least=city.cases.revision)
    return {case.public_id: case.area_path for case in stub.list_longest_open(request).cases}


def counted(stub: Any, **about: Any) -> dict[str, int]:
    board = stub.get_scoreboard(pb.GetScoreboardRequest(**about))
    return {row.group_id: row.cases for row in board.rows}


@pytest.mark.capability("004.2")
@pytest.mark.parametrize("role", OUTSIDERS)
def test_a_list_shows_communities_to_who_is_no_staff_and_finds_nothing_by_cell(city: City, role: str) -> None:
    for home in ("la", "la/south", "la/south/court"):
        stub = city.as_role(role, path=home)

        assert listed(stub, city) == dict.fromkeys(NUMBERS.values(), "la/south")
        assert listed(stub, city, 'area_path = "la/south"') == dict.fromkeys(NUMBERS.values(), "la/south")
        assert listed(stub, city, 'area_path = "la/south/court"') == {}


@pytest.mark.parametrize("role", OUTSIDERS)
def test_figures_count_communities_for_who_is_no_staff(city: City, role: str) -> None:
    """Else who asks for one kind of matter and one hour learns in which cell a case lies."""
    stub = city.as_role(role, path="la/south")

    assert counted(stub, group_by=pb.GROUPING_AREA, area_depth=3) == {"": 2}
    assert counted(stub, group_by=pb.GROUPING_AREA, area_depth=2) == {"south": 2}
    assert counted(stub, group_by=pb.GROUPING_BODY, area_id="south") == {"": 2}
    for cell in NUMBERS:
        for group in (pb.GROUPING_ALL, pb.GROUPING_BODY, pb.GROUPING_AFFAIR, pb.GROUPING_CHANNEL):
            with pytest.raises(RpcFailed) as refused:
                counted(stub, group_by=group, area_id=cell)
            assert refused.value.reason == "AREA_TOO_SMALL"
            assert refused.value.metadata["shown_path"] == "la/south"


@pytest.mark.parametrize("role", STAFF)
def test_staff_see_the_cells_that_they_work_in(city: City, role: str) -> None:
    stub = city.as_role(role, path="la/south/court")

    assert listed(stub, city) == {NUMBERS["court"]: "la/south/court"}
    assert counted(stub, group_by=pb.GROUPING_ALL, area_id="court") == {"": 1}
    with pytest.raises(RpcFailed, match="AREA_TOO_SMALL"):
        counted(stub, group_by=pb.GROUPING_ALL, area_id="yard")
    assert counted(stub, group_by=pb.GROUPING_AREA, area_depth=3, area_id="south") == {"": 2}


def test_a_resident_who_works_elsewhere_is_a_resident_at_home(city: City) -> None:
    grants = Grant("RESIDENT", path="la/south"), Grant("GRID_WORKER", path="la/north")
    stub = city.running.client(city.running.mint.holding("gu", *grants)).service(DESCRIPTOR)

    assert listed(stub, city) == dict.fromkeys(NUMBERS.values(), "la/south")


def test_a_resident_of_one_cell_rates_a_case_of_another_and_so_learns_no_cell(city: City) -> None:
    for home in ("court", "yard"):
        resident = city.as_role("RESIDENT", path=f"la/south/{home}")
        with pytest.raises(RpcFailed) as refused:
            resident.rate_case(pb.RateCaseRequest(request_id=f"r-{home}", case_id="court", stars=4))
        assert refused.value.reason == "CASE_NOT_CLOSED"


def test_who_works_in_a_cell_does_not_count_what_another_cell_was_merged_from(city: City) -> None:
    """The last one: it ends the yard."""
    ended = identity.AreaEnded(area_id="yard", area_path="la/south/yard", successor_area_ids=["court"])
    ended.valid_until_time.FromDatetime(START)
    city.running.hears("identity", ended)
    seen = city.tells(opened("elsewhere", START, area_path="la", public_id="LL-00000-00003"))
    later = Timestamp()
    later.FromDatetime(START + timedelta(days=1))
    of_court, of_both = (city.as_role("GRID_WORKER", path=path) for path in ("la/south/court", "la/south"))

    asked = {"group_by": pb.GROUPING_ALL, "area_id": "court", "cases_at_least": seen}
    with pytest.raises(RpcFailed, match="AREA_TOO_SMALL"):
        counted(of_court, **asked, areas_time=later)

    assert counted(of_both, **asked, areas_time=later) == {"": 2}
    assert counted(of_court, **asked) == {"": 1}
