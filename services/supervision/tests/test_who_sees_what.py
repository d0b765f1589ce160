"""Who sees which cases, by every role and without a token: "Who sees what" on the service's page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from linli.supervision.v1 import supervision_service_pb2 as pb

from libs.rpc.failures import RpcFailed
from libs.testkit.clocks import START
from libs.testkit.component import component
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import roles
from services.supervision.tests.published import opened
from services.supervision.tests.test_component import City
from services.supervision.wiring import SERVICE

NUMBERS = {"south": "LL-00000-00001", "north": "LL-00000-00002"}
LISTS = "supervision.read"
AUDITS = "supervision.audit"
ROLES = roles()


@pytest.fixture(scope="module")
def city(postgres_server: TestServer) -> Iterator[City]:
    """A case in the south and one in the north."""
    with component(postgres_server, SERVICE) as running:
        city = City(running)
        for area, number in NUMBERS.items():
            city.tells(opened(area, START - timedelta(hours=1), area_path=f"la/{area}", public_id=number))
        yield city


def longest_open(stub: Any, city: City, chosen: str = "") -> list[str]:
    request = pb.ListLongestOpenRequest(filter=chosen, cases_at_least=city.cases.revision)
    return [case.public_id for case in stub.list_longest_open(request).cases]


def refusal(ask: Any) -> str:
    with pytest.raises(RpcFailed) as no:
        ask()
    return no.value.reason


@pytest.mark.parametrize("role", sorted(role for role, scopes in ROLES.items() if LISTS in scopes))
def test_a_role_lists_open_cases_as_far_as_it_reaches_and_sees_the_figures_of_all(
    city: City, role: str
) -> None:
    south = city.as_role(role, path="la/south")

    assert longest_open(south, city) == [NUMBERS["south"]]
    assert longest_open(south, city, 'area_path = "la/north"') == []
    assert longest_open(city.as_role(role, path="la/south/cell-1"), city) == []
    assert sorted(longest_open(city.as_role(role), city)) == sorted(NUMBERS.values())
    figures = south.get_scoreboard(pb.GetScoreboardRequest(group_by=pb.GROUPING_AREA, area_depth=2))
    assert {row.group_id: row.cases for row in figures.rows} == {"south": 1, "north": 1}


@pytest.mark.parametrize("role", sorted(role for role, scopes in ROLES.items() if LISTS not in scopes))
def test_other_roles_see_neither_lists_nor_figures(city: City, role: str) -> None:
    stub = city.as_role(role)

    assert refusal(lambda: stub.list_longest_open(pb.ListLongestOpenRequest())) == "SCOPE_MISSING"
    assert refusal(lambda: stub.get_scoreboard(pb.GetScoreboardRequest())) == "SCOPE_MISSING"


def test_nobody_without_a_token_sees_lists_or_figures(city: City) -> None:
    nobody = city.as_nobody()

    assert refusal(lambda: nobody.list_longest_open(pb.ListLongestOpenRequest())) == "TOKEN_MISSING"
    assert refusal(lambda: nobody.get_scoreboard(pb.GetScoreboardRequest())) == "TOKEN_MISSING"
    assert nobody.list_metrics(pb.ListMetricsRequest()).metrics


@pytest.mark.parametrize("role", ["", *sorted(ROLES)])
def test_everybody_sees_the_same_public_trail_of_a_number_they_know(city: City, role: str) -> None:
    """Wherever they may act, and without a token: knowing the number is enough."""
    stub = city.as_role(role, path="la/north") if role else city.as_nobody()

    trail = stub.get_public_case_trail(pb.GetPublicCaseTrailRequest(public_id=NUMBERS["south"]))

    assert [entry.type for entry in trail.entries] == ["linli.cases.v1.CaseOpened"]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_only_auditors_see_whole_trails_and_ratings_as_far_as_they_reach(city: City, role: str) -> None:
    south, north = city.as_role(role, path="la/south"), city.as_role(role, path="la/north")
    trail, ratings = pb.GetCaseTrailRequest(case_id="south"), pb.ListCaseRatingsRequest(case_id="south")

    if AUDITS in ROLES[role]:
        assert south.get_case_trail(trail).entries
        assert not south.list_case_ratings(ratings).ratings
        assert refusal(lambda: north.get_case_trail(trail)) == "OUT_OF_REACH"
        assert refusal(lambda: north.list_case_ratings(ratings)) == "OUT_OF_REACH"
    else:
        assert refusal(lambda: south.get_case_trail(trail)) == "SCOPE_MISSING"
        assert refusal(lambda: south.list_case_ratings(ratings)) == "SCOPE_MISSING"


def test_a_listed_case_shows_what_was_decided_and_nothing_else() -> None:
    """Whoever adds a field decides who may see it, and says so on the service's page."""
    decided = "case_id public_id state body_id body_name affair_id affair_name area_path area_name channel"

    assert {field.name for field in pb.OpenCase.DESCRIPTOR.fields} == {
        *decided.split(),
        *("opened_time", "due_time", "returns", "reopenings"),
    }
