"""Areas that are renamed, end, are split and merged, over the real wire: a city of wards side by side."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText, Point

from libs.geo.tests.drawing import square
from libs.rpc.failures import RpcFailed
from libs.rpc.keys import SigningKey
from libs.rpc.moments import moment, stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from services.identity.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["IdentityService"]
KEY = SigningKey.generate()
ENVIRON = {"LINLI_IDENTITY_SIGNING_KEY": KEY.pem().decode()}
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
LEVELS = (types.AREA_LEVEL_CITY, types.AREA_LEVEL_COMMUNITY, types.AREA_LEVEL_GRID_CELL)
request_id = Ids("succession component")
pytestmark = pytest.mark.capability("003.1")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        anywhere = planner(service)
        define(anywhere, "pine", square(0, 0, 40))
        define(anywhere, "oak", square(50, 0, 10))
        define(anywhere, "oak/grove", square(50, 0, 2))
        yield service


@pytest.fixture
def west() -> float:
    """The western edge of ground in pine that no other test draws on, four degrees wide."""
    return float(next(_PLOTS))


_PLOTS = iter(range(0, 40, 4))


def planner(running: Component, path: str = "") -> Any:
    """The rpcs as somebody who plans an area and all below it."""
    token = Mint(KEY).person("PLANNER", area=path.rpartition("/")[2], path=path)
    return running.client(token).service(DESCRIPTOR)


def define(stub: Any, path: str, boundary: str = "", since: datetime = LONG_AGO) -> Any:
    *above, area_id = path.split("/")
    return stub.define_area(
        pb.DefineAreaRequest(
            request_id=request_id(),
            area_id=area_id,
            parent_id=above[-1] if above else "",
            level=LEVELS[len(above)],
            name=LocalizedText(en=area_id.title()),
            boundary=boundary,
            valid_from_time=stamp(since) if boundary else None,
        )
    )


def part(area_id: str, boundary: str) -> pb.AreaPart:
    return pb.AreaPart(area_id=area_id, name=LocalizedText(en=area_id.title()), boundary=boundary)


def splitting(
    area_id: str, *parts: pb.AreaPart, since: datetime | None = None, validate_only: bool = False
) -> pb.SplitAreaRequest:
    return pb.SplitAreaRequest(
        request_id=request_id(),
        area_id=area_id,
        parts=parts,
        valid_from_time=stamp(since) if since else None,
        reason="decree 7",
        validate_only=validate_only,
    )


def end(stub: Any, area_id: str, *successors: str, until: datetime | None = None) -> Any:
    return stub.end_area(
        pb.EndAreaRequest(
            request_id=request_id(),
            area_id=area_id,
            successor_area_ids=successors,
            valid_until_time=stamp(until) if until else None,
            reason="decree 8",
        )
    )


def rename(stub: Any, area_id: str, name: str) -> Any:
    return stub.rename_area(
        pb.RenameAreaRequest(
            request_id=request_id(), area_id=area_id, name=LocalizedText(en=name), reason="decree 9"
        )
    )


def refusal(call: Any, *args: Any, **named: Any) -> RpcFailed:
    with pytest.raises(RpcFailed) as caught:
        call(*args, **named)
    return caught.value


def chain(stub: Any, x: float, y: float, at: datetime | None = None, at_least: str = "") -> list[str]:
    found = stub.locate(
        pb.LocateRequest(
            point=Point(longitude=x, latitude=y),
            at_time=stamp(at) if at else None,
            at_least=at_least,
        )
    )
    return [area.area_id for area in found.chain]


def get(stub: Any, area_id: str, at: datetime | None = None, at_least: str = "") -> Any:
    request = pb.GetAreaRequest(area_id=area_id, at_time=stamp(at) if at else None, at_least=at_least)
    return stub.get_area(request).area


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(days=30)


# split


def test_a_split_area_lies_in_its_history_and_its_parts_hold_its_ground(
    running: Component, west: float
) -> None:
    of_pine, since = planner(running, "pine"), soon()
    define(of_pine, "pine/hill", square(west, 0, 2))
    parts = part("hill-north", square(west, 1, 2)), part("hill-south", square(west, 0, 1))
    parts[0].boundary = box(west, 1, west + 2, 2)
    parts[1].boundary = box(west, 0, west + 2, 1)

    done = of_pine.split_area(splitting("hill", *parts, since=since))

    assert [area.area_path for area in done.parts] == ["pine/hill-north", "pine/hill-south"]
    assert list(done.area.successor_area_ids) == ["hill-north", "hill-south"]
    before = since - timedelta(seconds=1)
    assert chain(of_pine, west + 1, 1.5, before, done.revision) == ["pine", "hill"]
    assert chain(of_pine, west + 1, 1.5, since) == ["pine", "hill-north"]
    assert chain(of_pine, west + 1, 0.5, since) == ["pine", "hill-south"]
    assert list(get(of_pine, "hill-north").predecessor_area_ids) == ["hill"]
    assert moment(get(of_pine, "hill").valid_until_time) == since
    assert "hill" not in listed(of_pine, since)
    assert "hill" in listed(of_pine, before)


def test_a_split_that_is_only_validated_says_what_waits_and_changes_nothing(
    running: Component, west: float
) -> None:
    anywhere = planner(running)
    define(anywhere, "pine/lake", square(west, 0, 2))
    running.client(Mint(KEY).person("OPERATOR")).service(DESCRIPTOR).register_body(
        body("lake-office", "lake")
    )
    parts = part("lake-1", box(west, 1, west + 2, 2)), part("lake-2", box(west, 0, west + 2, 1))

    asked = anywhere.split_area(splitting("lake", *parts, validate_only=True))

    assert (asked.consequences.bodies, asked.revision) == (1, "")
    assert [area.area_id for area in asked.parts] == ["lake-1", "lake-2"]
    assert refusal(get, anywhere, "lake-1").reason == "AREA_UNKNOWN"
    assert not get(anywhere, "lake").HasField("valid_until_time")


def test_the_parts_hold_all_of_the_ground_and_nothing_else_and_each_house_once(
    running: Component, west: float
) -> None:
    of_pine = planner(running, "pine")
    define(of_pine, "pine/moor", square(west, 0, 2))
    define(of_pine, "pine/moor-side", square(west + 2, 0, 1))
    south = part("moor-south", box(west, 0, west + 2, 1))

    gap = splitting("moor", south, part("moor-north", box(west, 1.5, west + 2, 2)))
    overlap = splitting("moor", south, part("moor-north", box(west, 0.5, west + 2, 2)))
    greedy = splitting("moor", south, part("moor-north", box(west, 1, west + 3, 2)))

    lost = refusal(of_pine.split_area, gap)
    assert (lost.reason, lost.code) == ("GROUND_WITHOUT_SUCCESSOR", grpc.StatusCode.FAILED_PRECONDITION)
    assert 1 < float(lost.metadata["latitude"]) < 1.5
    assert refusal(of_pine.split_area, overlap).reason == "PARTS_OVERLAP"
    assert refusal(of_pine.split_area, greedy).metadata["area_id"] == "moor-north"
    assert refusal(of_pine.split_area, splitting("moor", south)).reason == "AREAS_TOO_FEW"
    assert refusal(get, of_pine, "moor-south").reason == "AREA_UNKNOWN"


def test_nobody_splits_ends_or_renames_what_they_plan_alone(running: Component, west: float) -> None:
    define(planner(running, "pine"), "pine/glen", square(west, 0, 2))
    gardener = planner(running, "pine/glen")
    parts = part("glen-1", box(west, 1, west + 2, 2)), part("glen-2", box(west, 0, west + 2, 1))

    assert refusal(gardener.split_area, splitting("glen", *parts)).reason == "OUT_OF_REACH"
    assert refusal(end, gardener, "glen").reason == "OUT_OF_REACH"
    assert refusal(rename, gardener, "glen", "City Hall").reason == "OUT_OF_REACH"


def test_a_retried_split_gets_the_first_answer(running: Component, west: float) -> None:
    of_pine = planner(running, "pine")
    define(of_pine, "pine/fen", square(west, 0, 2))
    request = splitting(
        "fen", part("fen-1", box(west, 1, west + 2, 2)), part("fen-2", box(west, 0, west + 2, 1))
    )

    assert of_pine.split_area(request) == of_pine.split_area(request)


# merge


def test_merged_areas_become_one_with_the_ground_of_all(running: Component, west: float) -> None:
    of_pine, since = planner(running, "pine"), soon()
    define(of_pine, "pine/bank-left", square(west, 0, 1))
    define(of_pine, "pine/bank-right", square(west + 1, 0, 1))

    done = of_pine.merge_areas(
        pb.MergeAreasRequest(
            request_id=request_id(),
            area_ids=["bank-left", "bank-right"],
            into=part("banks", ""),
            valid_from_time=stamp(since),
            reason="decree 10",
        )
    )

    assert {area.area_id for area in done.merged} == {"bank-left", "bank-right"}
    assert chain(of_pine, west + 0.5, 0.5, since, done.revision) == ["pine", "banks"]
    assert chain(of_pine, west + 1.5, 0.5, since) == ["pine", "banks"]
    assert chain(of_pine, west + 1.5, 0.5) == ["pine", "bank-right"]
    assert list(get(of_pine, "banks").predecessor_area_ids) == ["bank-left", "bank-right"]


def test_a_merger_swallows_no_area_of_another_city(running: Component, west: float) -> None:
    define(planner(running), "pine/shore", square(west, 0, 1))
    request = pb.MergeAreasRequest(
        request_id=request_id(), area_ids=["shore", "grove"], into=part("both", ""), reason="decree 11"
    )

    assert refusal(planner(running, "pine").merge_areas, request).reason == "OUT_OF_REACH"
    assert refusal(planner(running).merge_areas, request).code == grpc.StatusCode.FAILED_PRECONDITION


# end


def test_no_area_ends_over_the_heads_of_those_below(running: Component, west: float) -> None:
    of_pine, until = planner(running, "pine"), soon()
    define(of_pine, "pine/heath", square(west, 0, 2))
    define(of_pine, "pine/heath/cell", square(west, 0, 1))

    refused = refusal(end, of_pine, "heath", until=until)
    end(of_pine, "cell", until=until)
    done = end(of_pine, "heath", until=until)

    assert (refused.reason, refused.metadata["area_id"]) == ("AREA_HAS_AREAS_BELOW", "cell")
    assert refusal(define, of_pine, "pine/heath/other").reason == "AREA_ENDS"
    assert chain(of_pine, west + 0.5, 0.5, until, done.revision) == ["pine"]


def test_ends_form_no_circle_and_lead_to_no_area_that_is_gone(running: Component, west: float) -> None:
    of_pine, first, later = planner(running, "pine"), soon(), soon() + timedelta(days=1)
    define(of_pine, "pine/dune", square(west, 0, 1))
    define(of_pine, "pine/reef", square(west, 0, 1))

    end(of_pine, "dune", "reef", until=first)

    assert refusal(end, of_pine, "reef", "dune", until=later).reason == "SUCCESSOR_UNFIT"
    assert refusal(end, of_pine, "reef", until=first).reason == "AREA_AWAITED"
    assert refusal(end, of_pine, "reef", "reef", until=later).reason == "SUCCESSOR_UNFIT"
    assert refusal(end, planner(running), "reef", "grove", until=later).reason == "SUCCESSOR_UNFIT"
    end(of_pine, "reef", until=later)


def test_no_area_is_split_or_merged_into_itself_or_into_one_that_is_there(running: Component) -> None:
    stub, three = planner(running), ("north", "middle", "south")
    for path in ("elm", *(f"elm/{each}" for each in three)):
        define(stub, path)
    itself = pb.MergeAreasRequest(
        request_id=request_id(), area_ids=["north", "middle"], into=part("north", ""), reason="decree 12"
    )
    neighbour = pb.MergeAreasRequest(
        request_id=request_id(), area_ids=["north", "middle"], into=part("south", ""), reason="decree 12"
    )

    refused = [
        refusal(stub.split_area, splitting("north", part("north", ""), part("rest", ""))).reason,
        refusal(stub.merge_areas, itself).reason,
        refusal(stub.merge_areas, neighbour).reason,
    ]

    assert refused == ["SUCCESSOR_UNFIT"] * 3
    assert [get(stub, each).HasField("valid_until_time") for each in three] == [False] * 3


def test_no_area_outlives_the_one_above(running: Component) -> None:
    stub, day = planner(running), soon() + timedelta(days=1)
    for path in ("ash", "ash/vale", "ash/vale/dell"):
        define(stub, path)
    end(stub, "dell", until=day)
    end(stub, "vale", until=day)

    failed = refusal(end, stub, "dell", until=day + timedelta(days=1))

    assert (failed.reason, failed.metadata["area_id"]) == ("AREA_ENDS", "vale")


def test_who_lives_in_an_area_that_ends_into_another_still_lives_in_one(
    running: Component, west: float
) -> None:
    of_pine = planner(running, "pine")
    define(of_pine, "pine/rock", square(west, 0, 2))
    define(of_pine, "pine/rock-side", square(west + 2, 0, 1))

    assert refusal(end, of_pine, "rock", "rock-side").reason == "GROUND_WITHOUT_SUCCESSOR"


# many points


def test_many_points_are_located_as_one_by_one(running: Component) -> None:
    anywhere = planner(running)
    places = [(50.5, 0.5), (59.5, 0.5), (-30.0, 0.0), (50.5, 0.5)]

    answer = anywhere.locate_many(
        pb.LocateManyRequest(points=[Point(longitude=x, latitude=y) for x, y in places])
    )

    assert [each.area_id for each in answer.points] == ["grove", "oak", "", "grove"]
    assert [area.area_id for area in answer.areas] == ["grove", "oak"]
    assert [each.boundary_version for each in answer.points] == [1, 1, 0, 1]


# names


def test_the_name_of_any_moment_is_known(running: Component) -> None:
    of_pine = planner(running, "pine")
    define(of_pine, "pine/mill")
    before = datetime.now(UTC)

    done = rename(of_pine, "mill", "Old Mill")

    assert done.area.name.en == "Old Mill"
    assert get(of_pine, "mill", at_least=done.revision).name.en == "Old Mill"
    assert get(of_pine, "mill", before).name.en == "Mill"


def test_no_area_takes_the_name_of_its_neighbour(running: Component) -> None:
    of_pine = planner(running, "pine")
    define(of_pine, "pine/north-gate")
    define(of_pine, "pine/south-gate")

    refused = refusal(rename, of_pine, "south-gate", "NORTH-GATE")

    assert (refused.reason, refused.metadata["area_id"]) == ("AREA_NAME_TAKEN", "north-gate")


def box(west: float, south: float, east: float, north: float) -> str:
    ring = f"[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]"
    return f'{{"type":"Polygon","coordinates":[{ring}]}}'


def listed(stub: Any, at: datetime) -> set[str]:
    request = pb.ListAreasRequest(filter='parent_id = "pine"', at_time=stamp(at), page_size=100)
    return {area.area_id for area in stub.list_areas(request).areas}


def body(code: str, area_id: str) -> pb.RegisterBodyRequest:
    return pb.RegisterBodyRequest(
        request_id=request_id(),
        natural_key=types.NaturalKey(kind=types.KEY_KIND_LOCAL_CODE, value=code),
        kind=types.BODY_KIND_COMMUNITY_COMMITTEE,
        name=LocalizedText(en=code),
        area_id=area_id,
    )
