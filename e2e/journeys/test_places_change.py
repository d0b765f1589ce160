"""An area is split, areas are merged, and one is redrawn, while work is going on there."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import LocalizedText, Point

from e2e.city.platform import until_known
from e2e.journeys.town import LONG_AGO, PIPE, ROADS, WATER, WEST, Town, new_id, refusal, report, stamp
from libs.testkit.eventually import eventually

pytestmark = pytest.mark.capability("003.1")


def box(west: float, south: float, east: float, north: float) -> str:
    ring = f"[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]"
    return f'{{"type":"Polygon","coordinates":[{ring}]}}'


def at(longitude: float, latitude: float) -> Point:
    return Point(longitude=longitude, latitude=latitude)


def define(town: Town, area_id: str, boundary: str) -> None:
    town.operator.identity.define_area(
        identity.DefineAreaRequest(
            request_id=new_id(),
            area_id=area_id,
            parent_id=WEST,
            level=kinds.AREA_LEVEL_COMMUNITY,
            name=LocalizedText(en=area_id),
            boundary=boundary,
            valid_from_time=stamp(LONG_AGO),
        )
    )


def answered_by(town: Town, body_id: str, place: Point) -> None:
    """Wait until a burst pipe there would go to the body."""
    asked = cases.PreviewRoutingRequest(affair_id=PIPE, location=place)
    eventually(
        lambda: (
            refusal(town.operator.cases.preview_routing, asked) == ""
            and town.operator.cases.preview_routing(asked).routing.body_id == body_id
        ),
        seconds=30,
    )


def assign(town: Town, area_id: str, body_id: str) -> None:
    """The body answers for burst pipes in an area, from now on."""
    assigning = catalog.AssignResponsibilityRequest(
        request_id=new_id(), affair_id=PIPE, area_id=area_id, body_id=body_id, legal_basis="decree 6"
    )
    until_known(town.operator.catalog.assign_responsibility, assigning)


def opened(town: Town, place: Point) -> cases.Case:
    return town.report(town.operator, location=place, area_id="", anonymous=True)


def dispatcher(town: Town, area_id: str) -> Any:
    """Somebody whose only right is to dispatch in an area of the west."""
    token = town.mint.person("DISPATCHER", area=area_id, path=f"songlin/{WEST}/{area_id}")
    return town.anyone(token).cases


def read(reader: Any, case: cases.Case) -> cases.Case:
    return reader.get_case(cases.GetCaseRequest(case_id=case.case_id)).case  # type: ignore[no-any-return]


def part(area_id: str, boundary: str = "") -> identity.AreaPart:
    return identity.AreaPart(area_id=area_id, name=LocalizedText(en=area_id), boundary=boundary)


def counted(town: Town, among: Sequence[str], areas_at: datetime | None = None) -> dict[str, int]:
    """How many cases the scoreboard has in areas of the west, by the areas of a moment."""
    asked = supervision.GetScoreboardRequest(
        group_by=supervision.GROUPING_AREA,
        area_depth=3,
        area_id=WEST,
        areas_time=stamp(areas_at) if areas_at else None,
    )
    rows = town.operator.supervision.get_scoreboard(asked).rows
    return {row.group_id: row.cases for row in rows if row.group_id in among}


def test_a_split_moves_no_case_and_hands_on_no_right_and_no_duty(town: Town) -> None:
    define(town, "lake", box(100, 0, 102, 2))
    assign(town, "lake", ROADS)
    answered_by(town, ROADS, at(101, 0.5))
    before = opened(town, at(101, 0.5))
    of_lake = dispatcher(town, "lake")
    promised = read(of_lake, before).deadlines

    town.operator.identity.split_area(
        identity.SplitAreaRequest(
            request_id=new_id(),
            area_id="lake",
            parts=[part("lake-n", box(100, 1, 102, 2)), part("lake-s", box(100, 0, 102, 1))],
            reason="decree 7",
        )
    )
    answered_by(town, WATER, at(101, 0.5))
    after = opened(town, at(101, 0.5))

    assert (before.area_id, before.body_id) == ("lake", ROADS)
    assert (after.area_id, after.body_id) == ("lake-s", WATER)
    kept = read(of_lake, before)
    assert (kept.area_path, kept.body_id) == (before.area_path, ROADS)
    assert list(kept.deadlines) == list(promised)
    assert refusal(of_lake.get_case, cases.GetCaseRequest(case_id=after.case_id)) == "OUT_OF_REACH"
    assert refusal(town.operator.cases.open_case, report(area_id="lake")) == "AREA_ENDS"
    eventually(lambda: counted(town, ("lake", "lake-n", "lake-s")) == {"lake": 1, "lake-s": 1}, seconds=30)


def test_a_merger_widens_no_grant_and_its_duties_are_given_anew(town: Town) -> None:
    define(town, "hill", box(110, 0, 111, 1))
    define(town, "dale", box(111, 0, 112, 1))
    assign(town, "hill", ROADS)
    answered_by(town, ROADS, at(110.5, 0.5))
    before = opened(town, at(110.5, 0.5))

    town.operator.identity.merge_areas(
        identity.MergeAreasRequest(
            request_id=new_id(), area_ids=["hill", "dale"], into=part("hill-dale"), reason="decree 8"
        )
    )
    answered_by(town, WATER, at(110.5, 0.5))
    assign(town, "hill-dale", ROADS)
    answered_by(town, ROADS, at(111.5, 0.5))
    after = opened(town, at(111.5, 0.5))

    assert (before.area_id, after.area_id) == ("hill", "hill-dale")
    assert read(dispatcher(town, "hill"), before).case_id == before.case_id
    among, now = ("hill", "dale", "hill-dale"), datetime.now(UTC)
    eventually(lambda: counted(town, among) == {"hill": 1, "hill-dale": 1}, seconds=30)
    eventually(lambda: counted(town, among, now) == {"hill-dale": 2}, seconds=30)
    assert counted(town, among, LONG_AGO) == {"hill": 1, "hill-dale": 1}
    of_hill = dispatcher(town, "hill")
    assert refusal(of_hill.get_case, cases.GetCaseRequest(case_id=after.case_id)) == "OUT_OF_REACH"


def test_a_redrawn_area_gives_up_ground_but_no_case(town: Town) -> None:
    define(town, "moor", box(120, 0, 122, 1))
    define(town, "fen", box(122, 0, 123, 1))
    assign(town, "fen", ROADS)
    answered_by(town, WATER, at(121.5, 0.5))
    answered_by(town, ROADS, at(122.5, 0.5))
    before = opened(town, at(121.5, 0.5))

    for area_id, boundary in (("moor", box(120, 0, 121, 1)), ("fen", box(121, 0, 123, 1))):
        town.operator.identity.change_boundary(
            identity.ChangeBoundaryRequest(request_id=new_id(), area_id=area_id, boundary=boundary)
        )
    answered_by(town, ROADS, at(121.5, 0.5))
    after = opened(town, at(121.5, 0.5))

    assert (before.area_id, after.area_id) == ("moor", "fen")
    assert read(town.operator.cases, before).area_path == before.area_path


def test_a_renamed_area_is_shown_under_its_name_in_every_report(town: Town) -> None:
    define(town, "mill", box(130, 0, 131, 1))
    answered_by(town, WATER, at(130.5, 0.5))
    opened(town, at(130.5, 0.5))

    town.operator.identity.rename_area(
        identity.RenameAreaRequest(
            request_id=new_id(), area_id="mill", name=LocalizedText(zh="磨坊社区"), reason="decree 9"
        )
    )

    asked = supervision.GetScoreboardRequest(group_by=supervision.GROUPING_AREA, area_depth=3, area_id="mill")
    eventually(
        lambda: [row.name.zh for row in town.operator.supervision.get_scoreboard(asked).rows] == ["磨坊社区"],
        seconds=30,
    )
