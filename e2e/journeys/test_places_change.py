"""An area is split, areas are merged, and one is redrawn, while work is going on there."""

import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import shapely
from linli.cases.v1 import cases_service_pb2 as cases
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.types.v1.types_pb2 import LocalizedText, Point
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import until_known
from e2e.journeys.town import (
    LONG_AGO,
    PIPE,
    ROADS,
    WATER,
    WEST,
    Town,
    new_id,
    profile,
    refusal,
    report,
    stamp,
)
from libs.rpc.failures import RpcFailed
from libs.testkit.eventually import eventually

pytestmark = pytest.mark.capability("003.1")


def box(west: float, south: float, east: float, north: float) -> str:
    ring = f"[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]"
    return f'{{"type":"Polygon","coordinates":[{ring}]}}'


def at(longitude: float, latitude: float) -> Point:
    return Point(longitude=longitude, latitude=latitude)


def define(town: Town, area_id: str, boundary: str, **where: Any) -> None:
    about = {"parent_id": WEST, "level": kinds.AREA_LEVEL_COMMUNITY, **where}
    town.operator.identity.define_area(
        identity.DefineAreaRequest(
            request_id=new_id(),
            area_id=area_id,
            name=LocalizedText(en=area_id),
            boundary=boundary,
            valid_from_time=stamp(LONG_AGO),
            **about,
        )
    )


def answered_by(town: Town, body_id: str, place: Point) -> None:
    """Wait until a burst pipe there would go to the body."""
    asked = cases.PreviewRoutingRequest(affair_id=PIPE, location=place)

    def answers() -> bool:
        try:
            found = town.operator.cases.preview_routing(asked).routing.body_id
        except RpcFailed:  # between two changes a place may lie in no area
            return False
        return bool(found == body_id)

    eventually(answers, seconds=30)


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


def counted(
    town: Town, among: Collection[str], areas_at: datetime | None = None, depth: int = 3
) -> dict[str, int]:
    """How many cases the scoreboard has in areas of the west, by the areas of a moment."""
    asked = supervision.GetScoreboardRequest(
        group_by=supervision.GROUPING_AREA,
        area_depth=depth,
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
    eventually(lambda: counted(town, among, LONG_AGO) == {"hill": 1, "dale": 1}, seconds=30)
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


OLD = {
    "vale": (140, 0, 142, 2),
    "glen": (142, 0, 144, 2),
    "heath": (144, 0, 145, 2),
    "wold": (145, 0, 146, 2),
}
NEW = {
    "vale": OLD["vale"],
    "glen-n": (142, 1, 144, 2),
    "glen-s": (142, 0, 144, 1),
    "down": (144, 0, 146, 2),
}
CELL, SMALLER = (140, 0, 141, 1), (140, 0, 140.5, 1)


def test_reports_by_the_old_and_by_the_new_boundaries_add_up(town: Town) -> None:
    """A split, a merger and a redrawn cell among open cases; each cut equals a recount by shapely."""
    helper = settled_before(town)
    chance = random.Random(20260301)
    places = [(chance.uniform(140, 146), chance.uniform(0, 2)) for _ in range(60)]
    told = [opened(town, at(x, y)) for x, y in places[:30]]
    named = town.report(town.operator, area_id="glen", anonymous=True)
    before = [read(town.operator.cases, case) for case in told]

    decreed(town)
    told += [opened(town, at(x, y)) for x, y in places[30:]]

    now, among = datetime.now(UTC), {*OLD, *NEW}
    by_old, by_new = recounted(OLD, places), recounted(NEW, places)
    by_old["glen"] += 1  # what says no place stays where it was named, also by the new boundaries
    by_new["glen"] = 1
    eventually(lambda: counted(town, among, LONG_AGO) == by_old, seconds=60)
    eventually(lambda: counted(town, among, now) == by_new, seconds=60)
    assert sum(by_old.values()) == sum(by_new.values()) == len([*told, named])
    for moment, corners in ((LONG_AGO, CELL), (now, SMALLER)):
        in_cell = recounted({"vale-cell": corners}, places)
        assert counted(town, ["vale-cell"], moment, depth=4) == in_cell
    assert [read(town.operator.cases, case) for case in told[:30]] == before
    assert read(dispatcher(town, "glen"), named).body_id == ROADS
    asked = volunteers.GetVolunteerRequest(volunteer_id="wei-glen")
    assert helper.get_volunteer(asked).volunteer.profile.home_area_id == "glen"
    of_cells = supervision.GetScoreboardRequest(
        group_by=supervision.GROUPING_AREA, area_depth=4, area_id="vale", areas_time=stamp(now)
    )
    board = town.resident("nosy").supervision.get_scoreboard(of_cells)
    assert ([row.group_id for row in board.rows], board.by_place) == ([""], False)


def settled_before(town: Town) -> Any:
    """The old areas, who answers in one, and a volunteer who lives there: as whom to ask volunteers."""
    for area_id, corners in OLD.items():
        define(town, area_id, box(*corners))
    define(town, "vale-cell", box(*CELL), parent_id="vale", level=kinds.AREA_LEVEL_GRID_CELL)
    assign(town, "glen", ROADS)
    answered_by(town, ROADS, at(143, 1))
    lies_in(town, "vale-cell", at(140.7, 0.5))
    helper = town.person("VOLUNTEER", "wei-glen", area=WEST).volunteers
    enrolling = volunteers.EnrolVolunteerRequest(request_id=new_id(), profile=profile("glen"))
    until_known(helper.enrol_volunteer, enrolling)
    return helper


def decreed(town: Town) -> None:
    """One area is split, two are merged, and a cell is redrawn."""
    parts = [part(each, box(*NEW[each])) for each in ("glen-n", "glen-s")]
    town.operator.identity.split_area(
        identity.SplitAreaRequest(request_id=new_id(), area_id="glen", parts=parts, reason="decree 10")
    )
    town.operator.identity.merge_areas(
        identity.MergeAreasRequest(
            request_id=new_id(), area_ids=["heath", "wold"], into=part("down"), reason="decree 11"
        )
    )
    town.operator.identity.change_boundary(
        identity.ChangeBoundaryRequest(request_id=new_id(), area_id="vale-cell", boundary=box(*SMALLER))
    )
    answered_by(town, WATER, at(143, 1.5))
    lies_in(town, "down", at(145.5, 1))
    lies_in(town, "vale", at(140.7, 0.5))


def recounted(areas: dict[str, Any], places: Sequence[tuple[float, float]]) -> dict[str, int]:
    """How many of the places lie in each rectangle, by shapely alone."""
    shapes = {area_id: shapely.box(*corners) for area_id, corners in areas.items()}
    inside = {
        area_id: sum(shapely.contains_xy(shape, x, y) for x, y in places) for area_id, shape in shapes.items()
    }
    return {area_id: int(many) for area_id, many in inside.items() if many}


def lies_in(town: Town, area_id: str, place: Point) -> None:
    """Wait until a report from there would be taken in in an area."""
    asked = cases.PreviewRoutingRequest(affair_id=PIPE, location=place)
    eventually(
        lambda: town.operator.cases.preview_routing(asked).routing.area_path.endswith(f"/{area_id}"),
        seconds=30,
    )


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
