"""Who may draw where, and where areas overlap, over the real wire: three cities of planners."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText, Point

from libs.geo.tests.drawing import METRE, square
from libs.rpc.failures import RpcFailed
from libs.rpc.keys import SigningKey
from libs.rpc.moments import stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from services.identity.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["IdentityService"]
KEY = SigningKey.generate()
ENVIRON = {"LINLI_IDENTITY_SIGNING_KEY": KEY.pem().decode()}
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
LEVELS = (
    types.AREA_LEVEL_CITY,
    types.AREA_LEVEL_DISTRICT,
    types.AREA_LEVEL_COMMUNITY,
    types.AREA_LEVEL_GRID_CELL,
)
request_id = Ids("ground component")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        anywhere = planner(service)
        define(anywhere, "pine")
        define(anywhere, "pine/east-ward", square(0, 0, 2))
        define(anywhere, "pine/west-ward", square(-2, 0, 2))
        define(anywhere, "pine/hills")  # nobody has drawn it
        define(anywhere, "fir", square(10, 0, 10))
        define(anywhere, "fir/old-town", square(11, 1, 2))
        define(anywhere, "fir/shore")
        define(anywhere, "oak")
        yield service


def planner(running: Component, path: str = "") -> Any:
    """The rpcs as somebody who plans an area and all below it."""
    token = Mint(KEY).person("PLANNER", area=path.rpartition("/")[2], path=path)
    return running.client(token).service(DESCRIPTOR)


def defining(path: str, boundary: str = "") -> pb.DefineAreaRequest:
    *above, area_id = path.split("/")
    return pb.DefineAreaRequest(
        request_id=request_id(),
        area_id=area_id,
        parent_id=above[-1] if above else "",
        level=LEVELS[len(above)],
        name=LocalizedText(en=area_id),
        boundary=boundary,
        valid_from_time=stamp(LONG_AGO) if boundary else None,
    )


def define(stub: Any, path: str, boundary: str = "") -> Any:
    return stub.define_area(defining(path, boundary))


def redraw(stub: Any, area_id: str, boundary: str) -> Any:
    return stub.change_boundary(
        pb.ChangeBoundaryRequest(
            request_id=request_id(), area_id=area_id, boundary=boundary, valid_from_time=stamp(LONG_AGO)
        )
    )


def refusal(call: Any, *request: Any) -> RpcFailed:
    with pytest.raises(RpcFailed) as failed:
        call(*request)
    return failed.value


def located(stub: Any, longitude: float, latitude: float, at_least: str = "") -> Any:
    point = Point(longitude=longitude, latitude=latitude)
    return stub.locate(pb.LocateRequest(point=point, at_least=at_least))


def ids(located: Any) -> list[str]:
    return [area.area_id for area in located.chain]


# who may draw where


def test_a_planner_of_one_city_takes_no_ground_of_another(running: Component) -> None:
    of_oak = planner(running, "oak")
    define(of_oak, "oak/grove")

    refused = refusal(define, of_oak, "oak/grove/cell", square(0.5, 0.5, 1))

    assert (refused.reason, refused.code) == ("GROUND_OUT_OF_REACH", grpc.StatusCode.PERMISSION_DENIED)
    assert refused.metadata["area_id"] == "east-ward"
    assert 0.5 < float(refused.metadata["longitude"]) < 1.5
    assert 0.5 < float(refused.metadata["latitude"]) < 1.5
    assert float(refused.metadata["square_metres"]) == pytest.approx(1 / METRE**2, rel=0.001)
    assert ids(located(of_oak, 1, 1)) == ["pine", "east-ward"]


def test_free_ground_is_for_whoever_plans_the_parent(running: Component) -> None:
    drawn = define(planner(running, "oak"), "oak/meadow", square(40, 0, 1))

    assert ids(located(planner(running), 40.5, 0.5, drawn.revision)) == ["oak", "meadow"]


def test_a_boundary_lies_within_its_parents(running: Component) -> None:
    refused = refusal(define, planner(running, "fir"), "fir/harbour", square(19, 0, 2))

    assert (refused.reason, refused.code) == (
        "BOUNDARY_BEYOND_PARENT",
        grpc.StatusCode.FAILED_PRECONDITION,
    )
    assert refused.metadata["area_id"] == "fir"
    assert 20 < float(refused.metadata["longitude"]) < 21
    assert list(refused.violations) == ["boundary"]


def test_two_metres_beyond_it_are_tolerated(running: Component) -> None:
    define(planner(running, "fir"), "fir/quay", square(18 + 1.9 * METRE, 5, 2))

    assert refusal(define, planner(running, "fir"), "fir/pier", square(18 + 2.1 * METRE, 8, 2)).reason == (
        "BOUNDARY_BEYOND_PARENT"
    )


def test_a_parent_without_a_boundary_is_bounded_by_its_own(running: Component) -> None:
    of_shore = planner(running, "fir/shore")

    assert refusal(define, of_shore, "fir/shore/dune", square(30, 0, 1)).metadata["area_id"] == "fir"
    drawn = define(of_shore, "fir/shore/dune", square(15, 0, 1))

    assert ids(located(of_shore, 15.5, 0.5, drawn.revision)) == ["fir", "shore", "dune"]


def test_under_a_parent_without_a_boundary_one_must_be_allowed_to_plan_it(running: Component) -> None:
    define(planner(running, "fir/shore"), "fir/shore/reef", square(17, 0, 1))

    refused = refusal(redraw, planner(running, "fir/shore/reef"), "reef", square(17, 0, 0.5))

    assert (refused.reason, refused.metadata["area_path"]) == ("OUT_OF_REACH", "fir/shore")


def test_who_plans_an_area_alone_may_give_up_ground_but_gain_none(running: Component) -> None:
    define(planner(running, "fir"), "fir/garden", square(11, 5, 2))
    gardener = planner(running, "fir/garden")

    refused = refusal(redraw, gardener, "garden", square(11, 5, 2.5))
    redraw(gardener, "garden", square(11, 5, 1))

    assert (refused.reason, refused.metadata["area_id"]) == ("GROUND_OUT_OF_REACH", "garden")
    assert refusal(redraw, gardener, "garden", square(11, 5, 2)).reason == "GROUND_OUT_OF_REACH"


def test_no_area_below_is_left_out(running: Component) -> None:
    define(planner(running, "fir"), "fir/old-town/market", square(12, 2, 1))

    refused = refusal(redraw, planner(running, "fir"), "old-town", square(11, 1, 1.5))

    assert (refused.reason, refused.metadata["area_id"]) == ("BOUNDARY_LEAVES_OUT_AREA", "market")


def test_a_retry_gets_the_first_answer_whatever_was_drawn_since(running: Component) -> None:
    of_oak, request = planner(running, "oak"), defining("oak/lawn", square(50, 0, 1))
    first = of_oak.define_area(request)
    redraw(of_oak, "lawn", square(51, 0, 1))
    define(planner(running), "pine/lake", square(50, 0, 1))

    assert of_oak.define_area(request) == first
    assert refusal(redraw, of_oak, "lawn", square(50, 0, 1)).metadata["area_id"] == "lake"


# disputed strips


def test_overlaps_of_areas_that_one_planner_plans_are_listed(running: Component) -> None:
    of_pine = planner(running, "pine")

    drawn = define(of_pine, "pine/hills/ridge", square(1.9, 0, 3))

    listed = of_pine.list_disputed_strips(
        pb.ListDisputedStripsRequest(area_id="pine", at_least=drawn.revision)
    )
    [strip] = listed.strips
    assert (strip.area_path, strip.other_area_path) == ("pine/east-ward", "pine/hills/ridge")
    assert strip.owner_area_id == "east-ward"
    assert strip.square_metres == pytest.approx(0.1 * 2 / METRE**2, rel=0.001)
    assert strip.since_time == stamp(LONG_AGO)
    assert 1.9 < strip.point.longitude < 2
    there = located(of_pine, strip.point.longitude, strip.point.latitude)
    assert (ids(there), there.overlap_area_ids) == (["pine", "east-ward"], ["ridge"])
    assert ids(located(of_pine, 3, 1)) == ["pine", "hills", "ridge"]


def test_strips_are_listed_page_by_page_as_of_a_moment(running: Component) -> None:
    anywhere = planner(running)
    for name, west in (("elm-1", 60), ("elm-2", 60.5), ("elm-3", 61.2)):
        last = define(anywhere, f"oak/{name}", square(west, 0, 1))
    ask = pb.ListDisputedStripsRequest(area_id="oak", page_size=1, at_least=last.revision)

    first = anywhere.list_disputed_strips(ask)
    ask.page_token = first.next_page_token
    second = anywhere.list_disputed_strips(ask)
    before = pb.ListDisputedStripsRequest(area_id="oak", at_time=stamp(datetime(2018, 1, 1, tzinfo=UTC)))

    pairs = [(each.area_id, each.other_area_id) for each in (*first.strips, *second.strips)]
    assert pairs == [("elm-1", "elm-2"), ("elm-2", "elm-3")]
    assert second.next_page_token == ""
    assert list(anywhere.list_disputed_strips(before).strips) == []
    assert refusal(anywhere.list_disputed_strips, pb.ListDisputedStripsRequest(area_id="birch")).reason == (
        "AREA_UNKNOWN"
    )


# geometry


def test_an_area_cut_at_the_antimeridian_is_found_on_it(running: Component) -> None:
    anywhere = planner(running)
    halves = [json.loads(square(west, -20, 2))["coordinates"] for west in (178, -180)]

    drawn = define(anywhere, "fiji", json.dumps({"type": "MultiPolygon", "coordinates": halves}))

    for longitude in (179, 180, -180, -179):
        assert ids(located(anywhere, longitude, -19, drawn.revision)) == ["fiji"]
    assert refusal(located, anywhere, 180, -10).reason == "PLACE_OUTSIDE_AREAS"


@pytest.mark.parametrize(
    ("boundary", "complaint"),
    [
        (
            '{"type":"Polygon","coordinates":[[[true,false],[1,0],[1,1],[true,false]]]}',
            "[longitude, latitude]",
        ),
        ('{"type":"Polygon","coordinates":[[[0,0],[0,0],[0,0],[0,0]]]}', "encloses no ground"),
        ('{"type":"Polygon","coordinates":[]}', "no ring"),
        ('{"type":"Polygon","coordinates":[[' + "[0,0]," * 110_000 + "[0,0]]]}", "simplify"),
        ("nothing", "not JSON"),
    ],
    ids=["truth", "degenerate", "empty", "huge", "no-json"],
)
def test_what_is_no_boundary_is_refused_in_a_sentence(
    running: Component, boundary: str, complaint: str
) -> None:
    refused = refusal(define, planner(running), "oak/mistake", boundary)

    assert (refused.reason, refused.code) == ("BOUNDARY_UNUSABLE", grpc.StatusCode.INVALID_ARGUMENT)
    assert list(refused.violations) == ["boundary"]
    assert complaint in refused.message


def test_a_boundary_that_crosses_itself_is_repaired_when_its_area_is_defined(running: Component) -> None:
    bow_tie = '{"type":"Polygon","coordinates":[[[70,0],[72,2],[72,0],[70,2],[70,0]]]}'

    assert "Self-intersection" in define(planner(running), "oak/bow", bow_tie).note
