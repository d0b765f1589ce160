"""After the replay of 10,000 real requests, what Linli says equals what the city's file says."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.cases.v1 import cases_types_pb2 as types
from linli.supervision.v1 import supervision_service_pb2 as supervision

from e2e.city import los_angeles as la
from e2e.city.recount import Cell, Places, recount, state
from e2e.city.rows import Request, Rule
from e2e.journeys.cities import Told

AGREED_BY_THE_CITY = 9_817
"""Requests whose council, found by coordinates, is the one that the city's file names."""

Keys = Callable[[Request], Iterable[str]]


@pytest.fixture(scope="module")
def shown(los_angeles: Told) -> dict[str, cases.Case]:
    """Every case as the platform lists it, by the city's own number."""
    found: dict[str, cases.Case] = {}
    token = ""
    while True:
        request = cases.ListCasesRequest(
            page_size=200, page_token=token, at_least=los_angeles.replayed.revision
        )
        page = los_angeles.city.cases.list_cases(request)
        found |= {case.external_reference.number: case for case in page.cases}
        token = page.next_page_token
        if not token:
            return found


def test_nothing_vanishes(los_angeles: Told, shown: dict[str, cases.Case]) -> None:
    assert los_angeles.replayed.refused == []
    assert shown.keys() == {request.number for request in los_angeles.requests}


def test_places_agree_with_the_councils_of_the_city(los_angeles: Told, shown: dict[str, cases.Case]) -> None:
    placed = [request for request in los_angeles.requests if request.place is not None]
    agreed = sum(shown[request.number].area_id == la.council_id(request.council) for request in placed)

    assert len(placed) == 9_989
    assert agreed == AGREED_BY_THE_CITY


def test_places_agree_with_rays_cast_by_other_code(los_angeles: Told, shown: dict[str, cases.Case]) -> None:
    places = Places()

    different = [
        request.number
        for request in los_angeles.requests
        if shown[request.number].area_id != places.paths(request)[-1]
    ]

    assert different == []


def test_cases_end_as_the_file_says(los_angeles: Told, shown: dict[str, cases.Case]) -> None:
    ends = Counter(types.CaseState.Name(case.state).removeprefix("CASE_STATE_") for case in shown.values())

    assert ends == Counter(state(request) for request in los_angeles.requests)
    assert ends == {"CLOSED": 9_723, "WITHDRAWN": 244, "REJECTED": 2, "ROUTED": 16, "IN_PROGRESS": 15}


def test_closed_cases_took_as_long_as_the_file_says(los_angeles: Told, shown: dict[str, cases.Case]) -> None:
    timed = [
        request
        for request in los_angeles.requests
        if request.status == "Closed" and Rule.CLOSED_WITHOUT_TIME not in request.rules
    ]
    different = []
    for request in timed:
        case = shown[request.number]
        took = case.ended_time.ToDatetime() - case.opened_time.ToDatetime()
        assert request.ended is not None
        if took != request.ended - request.created:
            different.append(request.number)

    assert len(timed) == 9_705
    assert different == []


@pytest.mark.parametrize(
    ("grouping", "depth", "keys"),
    [
        (supervision.GROUPING_AREA, 1, lambda places, request: places.paths(request)[0]),
        (supervision.GROUPING_AREA, 2, lambda places, request: (*places.paths(request), "")[1]),
        (supervision.GROUPING_AREA, 3, lambda places, request: (*places.paths(request), "", "")[2]),
        (supervision.GROUPING_BODY, 0, lambda _places, request: request.owner.lower()),
        (
            supervision.GROUPING_AFFAIR,
            0,
            lambda _places, request: next(a.affair_id for a in la.AFFAIRS if a.name == request.affair),
        ),
    ],
    ids=["city", "region", "council", "body", "affair"],
)
def test_the_scoreboard_equals_a_recount_cell_by_cell(
    los_angeles: Told,
    grouping: supervision.Grouping.ValueType,
    depth: int,
    keys: Callable[[Places, Request], str],
) -> None:
    places = Places()
    counted = recount(los_angeles.requests, lambda request: [keys(places, request)])

    request = supervision.GetScoreboardRequest(
        group_by=grouping,
        area_depth=depth,
        cases_at_least=los_angeles.replayed.revision,
    )
    rows = los_angeles.city.supervision.get_scoreboard(request).rows

    assert {row.group_id: _cells(row) for row in rows} == {
        key: _counted(cell) for key, cell in counted.items()
    }


def _cells(row: supervision.ScoreboardRow) -> dict[str, object]:
    states = {types.CaseState.Name(s.state).removeprefix("CASE_STATE_"): s.cases for s in row.states}
    return {
        "cases": row.cases,
        "states": {name: number for name, number in states.items() if number},
        "on_time": row.on_time,
        "late": row.late,
        "median": row.median_close_seconds if row.HasField("median_close_seconds") else None,
        "p90": row.p90_close_seconds if row.HasField("p90_close_seconds") else None,
        "returned": row.returned,
        "reopened": row.reopened,
    }


def _counted(cell: Cell) -> dict[str, object]:
    return {
        "cases": cell.total,
        "states": dict(cell.states),
        "on_time": cell.on_time,
        "late": cell.late,
        "median": cell.percentile(0.5),
        "p90": cell.percentile(0.9),
        "returned": 0,
        "reopened": 0,
    }
