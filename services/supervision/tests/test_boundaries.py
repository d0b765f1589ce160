"""Scoreboards by the boundaries of a moment: who may see where places lie by them, and who may not."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from linli.cases.v1 import cases_events_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types
from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import Reach
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.clocks import START
from libs.testkit.component import component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import roles
from libs.testkit.views import assert_rebuilt_equals_live
from services.supervision.adapters.views import case_facts, names, successions
from services.supervision.application.ports import FreshOfCases, Grouping, Question
from services.supervision.application.scoreboard import Scoreboards
from services.supervision.tests.published import opened
from services.supervision.tests.test_component import City
from services.supervision.wiring import SERVICE

pytestmark = pytest.mark.capability("003.1")
DAY = timedelta(days=1)
REDRAWN, SPLIT, LATER = START + DAY, START + 2 * DAY, START + 3 * DAY
LEVELS = {
    "la": identity_types.AREA_LEVEL_CITY,
    **dict.fromkeys(
        ("la/south", "la/north", "la/hill", "la/hill-e", "la/hill-w"), identity_types.AREA_LEVEL_COMMUNITY
    ),
    **dict.fromkeys(("la/south/court", "la/south/yard"), identity_types.AREA_LEVEL_GRID_CELL),
}
OUTSIDERS = sorted(
    role for role, scopes in roles().items() if "supervision.read" in scopes and "cases.read" not in scopes
)


@pytest.fixture(scope="module")
def city(postgres_server: TestServer) -> Iterator[City]:
    """Two cells of which one is redrawn, two communities likewise, and one that is split."""
    with component(postgres_server, SERVICE) as running:
        city = City(running)
        for path, level in LEVELS.items():
            area = identity.AreaDefined(area_id=path.rpartition("/")[2], area_path=path, level=level)
            running.hears("identity", area)
        ended = identity.AreaEnded(
            area_id="hill",
            area_path="la/hill",
            valid_until_time=stamp(SPLIT),
            successor_area_ids=["hill-e", "hill-w"],
        )
        running.hears("identity", ended)
        where = {
            "stays": ("la/south/court", ()),
            "strip": ("la/south/court", ((REDRAWN, "la/south/yard"),)),
            "edge": ("la/north", ((REDRAWN, "la/south"),)),
            "east": ("la/hill", ((SPLIT, "la/hill-e"),)),
            "named": ("la/hill", ()),
            "new": ("la/hill-w", ((START - DAY, "la/hill"), (SPLIT, "la/hill-w"))),
            "wild": ("la/north", ((LATER, ""),)),
        }
        city.tells(located("edge", (START, "la/south/yard")))  # comes before its opening, and is corrected
        for number, (case_id, (path, areas)) in enumerate(where.items()):
            affair = "hill" if case_id == "named" else "bulky-items"
            about = {"area_path": path, "affair_id": affair, "public_id": f"LL-00000-0000{number}"}
            city.tells(opened(case_id, START, **about))
            if areas:
                city.tells(located(case_id, *areas))
        eventually(lambda: counted(city.as_role("OPERATOR"), LATER).get("") == 1, "the last one counts")
        yield city


def located(case_id: str, *areas: tuple[datetime, str]) -> cases.CaseLocated:
    told = (
        types.AreaSince(from_time=stamp(since), area_id=path.rpartition("/")[2], area_path=path)
        for since, path in areas
    )
    return cases.CaseLocated(case_id=case_id, areas=told, located_time=stamp(START))


def board(stub: Any, at: datetime | None, depth: int = 2, **about: Any) -> pb.GetScoreboardResponse:
    group_by = about.pop("group_by", pb.GROUPING_AREA)
    request = pb.GetScoreboardRequest(
        group_by=group_by, area_depth=depth, areas_time=stamp(at) if at else None, **about
    )
    return stub.get_scoreboard(request)  # type: ignore[no-any-return]


def counted(stub: Any, at: datetime | None, depth: int = 2, **about: Any) -> dict[str, int]:
    return {row.group_id: row.cases for row in board(stub, at, depth, **about).rows}


def test_each_cut_counts_where_places_lie_then_and_all_cuts_add_up(city: City) -> None:
    operator = city.as_role("OPERATOR")

    assert counted(operator, None) == {"south": 2, "north": 2, "hill": 2, "hill-w": 1}
    assert counted(operator, START) == {"south": 2, "north": 2, "hill": 3}
    assert counted(operator, REDRAWN) == {"south": 3, "north": 1, "hill": 3}
    assert counted(operator, SPLIT) == {"south": 3, "north": 1, "hill": 1, "hill-e": 1, "hill-w": 1}
    assert counted(operator, LATER) == {"": 1, "south": 3, "hill": 1, "hill-e": 1, "hill-w": 1}
    assert counted(operator, START, 3) == {"": 5, "court": 2}
    assert counted(operator, REDRAWN, 3) == {"": 5, "court": 1, "yard": 1}
    assert counted(operator, REDRAWN, area_id="south") == {"south": 3}
    assert board(operator, SPLIT).by_place
    assert not board(operator, None).by_place


def test_what_says_no_place_stays_in_the_area_that_was_split_and_the_row_says_so(city: City) -> None:
    rows = board(city.as_role("OPERATOR"), SPLIT).rows

    assert [row.group_id for row in rows if row.area_has_ended] == ["hill"]
    assert not any(row.area_has_ended for row in board(city.as_role("OPERATOR"), REDRAWN).rows)


def test_a_row_that_is_no_area_never_says_that_its_area_has_ended(city: City) -> None:
    """Its id may be that of an area, too."""
    rows = board(city.as_role("OPERATOR"), SPLIT, 0, group_by=pb.GROUPING_AFFAIR).rows

    assert {row.group_id: row.area_has_ended for row in rows} == {"bulky-items": False, "hill": False}


@pytest.mark.parametrize("role", OUTSIDERS)
def test_who_may_not_read_the_cases_learns_nothing_from_two_cuts(city: City, role: str) -> None:
    """Else whoever redraws a boundary around one house reads off what was reported from it."""
    outsider = city.as_role(role)
    cuts = [counted(outsider, at, **about) for at in (START, REDRAWN) for about in ({}, {"depth": 3})]

    assert cuts[:2] == cuts[2:]
    assert counted(outsider, SPLIT) == {"south": 2, "north": 2, "hill": 2, "hill-w": 1}
    assert not board(outsider, REDRAWN).by_place
    for area_id in ("court", "yard"):
        for at in (START, REDRAWN):
            with pytest.raises(RpcFailed, match="AREA_TOO_SMALL"):
                counted(outsider, at, area_id=area_id)


def test_who_works_in_one_cell_learns_nothing_of_a_place_in_another(city: City) -> None:
    of_court, of_yard, of_south = (
        city.as_role("GRID_WORKER", path=path) for path in ("la/south/court", "la/south/yard", "la/south")
    )

    assert counted(of_court, REDRAWN, 3, area_id="court") == {"court": 1}
    with pytest.raises(RpcFailed, match="AREA_TOO_SMALL"):
        counted(of_yard, REDRAWN, 3, area_id="yard")
    assert not board(of_south, REDRAWN, area_id="south").by_place
    assert counted(of_south, REDRAWN, area_id="south") == {"south": 2}
    assert counted(of_south, START, 3, area_id="south") == {"court": 2}


def test_the_rows_are_those_of_a_view_built_anew(city: City) -> None:
    assert_rebuilt_equals_live(city.running.opened.ledger, [case_facts.VIEW])


def test_who_may_see_places_is_asked_of_the_very_cases_that_are_counted(postgres_server: TestServer) -> None:
    """Else a case that comes in from elsewhere between the question and the count is shown to who may not."""
    with component(postgres_server, SERVICE) as running:
        city, views = City(running), running.opened.views
        for path in ("la/south", "la/north"):
            name = path.rpartition("/")[2]
            community = identity_types.AREA_LEVEL_COMMUNITY
            running.hears("identity", identity.AreaDefined(area_id=name, area_path=path, level=community))
        city.tells(opened("stays", START, area_path="la/south", public_id="LL-00000-00001"))
        operator = city.as_role("OPERATOR")
        eventually(lambda: counted(operator, REDRAWN, area_id="south") == {"south": 1})

        class OfSouth:
            """The reach of somebody in the south, while another case turns out to lie there."""

            def covers(self, *, area_path: str | None, body: str | None) -> bool:
                city.tells(opened("edge", START, area_path="la/north", public_id="LL-00000-00002"))
                city.tells(located("edge", (REDRAWN, "la/south")))
                eventually(lambda: counted(operator, REDRAWN, area_id="south") == {"south": 2})
                return area_path == "la/south"

        boards = Scoreboards(
            reads=case_facts.CaseFactReads(views, "cases"),
            names=names.NameReads(views),
            successions=successions.SuccessionReads(views),
            upstream=Upstream(),
        )
        question = Question(group_by=Grouping.AREA, judged_at=LATER, area_depth=2)
        seen = boards.count(question, "south", "", REDRAWN, cast("Reach", OfSouth()), FreshOfCases())

    assert {score.group_id: score.cases for score in seen.scores} == {"south": 1}


class Upstream:
    """All that cases said is noted."""

    def heard(self, fresh: FreshOfCases) -> Fresh:
        return Fresh(at_least=fresh.at_least)
