"""Services over the real wire: providers keep their own, residents find them in Chinese and English."""

import random
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types
from linli.types.v1.types_pb2 import LocalizedText

from libs.query.words import indexed, wanted
from libs.testkit.component import Component, component
from libs.testkit.postgres import TestServer
from libs.testkit.views import assert_rebuilt_equals_live
from services.catalog.tests.town import (
    define,
    details,
    provider,
    publish,
    refused,
    request_id,
    search,
    settle,
    stub,
)
from services.catalog.wiring import SERVICE


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE) as service:
        settle(service)
        planner = stub(service, "PLANNER")
        define(planner, "assistance", "", "welfare", zh="社会救助", en="Assistance")
        define(planner, "meals", "assistance", "canteen", "食堂", zh="助餐", en="Meals")
        define(planner, "repairs", "", zh="维修", en="Repairs")
        define(planner, "arbitrary", zh="任意", en="Arbitrary")
        kitchen, cleaners = provider(service, "kitchen"), provider(service, "cleaners")
        lunch = details(
            "meals",
            "north",
            zh="老年午餐",
            en="Lunch for the elderly",
            description=LocalizedText(zh="送餐上门", en="Delivered to your home"),
            languages=["zh-Yue"],
            accessibility=["wheelchair", "home-visit"],
            cost=types.Cost(free=True),
        )
        publish(kitchen, "kitchen", lunch, "lunch")
        publish(kitchen, "kitchen", details("meals", "south", en="Breakfast", languages=["en"]), "breakfast")
        revision = publish(cleaners, "cleaners", details("repairs", en="Home repairs"), "repairs").revision
        search(stub(service, "RESIDENT"), at_least=revision)
        yield service


@pytest.fixture
def reader(running: Component) -> Any:
    return stub(running, "RESIDENT")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("午餐", ["lunch"]),
        ("老年人送餐", ["lunch"]),
        ("餐", ["lunch", "breakfast"]),
        ("ELDERLY lunches", ["lunch"]),
        ("home", ["repairs", "lunch"]),
        ("食堂", ["breakfast", "lunch"]),
        ("welfare", ["breakfast", "lunch"]),
        ("repair", ["repairs"]),
        ("dentist", []),
        ("dentist lunch", ["lunch"]),
        ("dentist surgery lunch", []),
        *((nothing, []) for nothing in ("!?", "🎉", "\u200b", " ", "x" * 41)),
        ("homes", ["repairs", "lunch"]),
        ("", ["breakfast", "lunch", "repairs"]),
    ],
)
def test_services_are_found_by_words(reader: Any, query: str, found: list[str]) -> None:
    assert search(reader, query) == found


@pytest.mark.parametrize(
    ("demands", "found"),
    [
        ({"area_id": "elm"}, ["lunch", "repairs"]),
        ({"area_id": "south"}, ["breakfast", "repairs"]),
        ({"language": "ZH"}, ["lunch"]),
        ({"language": "zh-yue"}, ["lunch"]),
        ({"language": "z"}, None),
        ({"accessibility": ["home-visit", "wheelchair"]}, ["lunch"]),
        ({"accessibility": ["home-visit", "hearing-loop"]}, []),
        ({"filter": 'affair_path = "assistance" AND free = true'}, ["lunch"]),
        ({"filter": 'body_id = "cleaners"'}, ["repairs"]),
        ({"statuses": [types.SERVICE_STATUS_RETIRED]}, []),
    ],
)
def test_services_are_found_by_what_must_be_so(
    reader: Any, demands: dict[str, Any], found: list[str] | None
) -> None:
    if found is None:
        with refused("INVALID_REQUEST"):
            search(reader, **demands)
    else:
        assert search(reader, **demands) == found


def test_a_provider_keeps_its_own_entries_and_no_others(running: Component) -> None:
    kitchen, cleaners = provider(running, "kitchen"), provider(running, "cleaners")

    with refused("OUT_OF_REACH"):
        publish(kitchen, "cleaners", details("meals", en="Not theirs"))
    suspend = pb.SuspendServiceRequest(request_id=request_id(), service_id="lunch")
    with refused("OUT_OF_REACH"):
        cleaners.suspend_service(suspend)
    with refused("SERVICE_UNKNOWN"):
        cleaners.retire_service(pb.RetireServiceRequest(request_id=request_id(), service_id="nothing"))


def test_a_planner_keeps_the_entries_of_their_areas(running: Component) -> None:
    north = stub(running, "PLANNER", area="north")

    made = publish(north, "cleaners", details("repairs", "elm", en="Elm repairs"))
    moved = pb.ChangeServiceRequest(
        request_id=request_id(),
        service_id=made.service.service_id,
        details=details("repairs", "south", en="South repairs"),
    )
    with refused("OUT_OF_REACH"):
        north.change_service(moved)
    with refused("OUT_OF_REACH"):
        publish(north, "cleaners", details("repairs", en="Repairs for everybody"))
    north.retire_service(pb.RetireServiceRequest(request_id=request_id(), service_id=made.service.service_id))


@pytest.mark.parametrize(
    ("role", "limit", "areas", "allowed"),
    [
        ("PLANNER", {"area": "north"}, (), False),
        ("PLANNER", {"area": "town"}, (), False),
        ("PLANNER", {"area": "north"}, ("south",), False),
        ("PLANNER", {"area": "north"}, ("north",), True),
        ("PLANNER", {"area": "town"}, ("elm", "south"), True),
        ("PLANNER", {}, (), True),
        ("PARTNER", {"body": "cleaners"}, (), True),
        ("PARTNER", {"body": "kitchen"}, (), False),
    ],
)
def test_a_change_serves_no_more_than_the_caller_could_publish(
    running: Component, role: str, limit: dict[str, str], areas: tuple[str, ...], allowed: bool
) -> None:
    planner = stub(running, "PLANNER")
    define(planner, "fences")
    made = publish(planner, "cleaners", details("fences", "elm", en="Elm fences"))
    caller = provider(running, limit["body"]) if role == "PARTNER" else stub(running, role, **limit)
    change = pb.ChangeServiceRequest(
        request_id=request_id(),
        service_id=made.service.service_id,
        details=details("fences", *areas, en="Fences"),
    )

    with nullcontext() if allowed else refused("OUT_OF_REACH"):
        caller.change_service(change)
    with nullcontext() if allowed else refused("OUT_OF_REACH"):
        publish(caller, "cleaners", change.details)


def test_a_service_goes_through_its_life(running: Component, reader: Any) -> None:
    cleaners = provider(running, "cleaners")
    made = publish(cleaners, "cleaners", details("repairs", en="Window cleaning"))
    service_id = made.service.service_id
    here = {"request_id": request_id(), "service_id": service_id}

    suspended = cleaners.suspend_service(pb.SuspendServiceRequest(**here, reason="storm"))
    assert search(reader, "window", at_least=suspended.revision) == [service_id]
    here["request_id"] = request_id()
    resumed = cleaners.resume_service(pb.ResumeServiceRequest(**here))
    here["request_id"] = request_id()
    changed = cleaners.change_service(
        pb.ChangeServiceRequest(**here, details=details("repairs", en="Gutter cleaning"))
    )
    assert search(reader, "window", at_least=changed.revision) == []
    here["request_id"] = request_id()
    retired = cleaners.retire_service(pb.RetireServiceRequest(**here))

    assert [answer.service.status for answer in (suspended, resumed, retired)] == [
        types.SERVICE_STATUS_SUSPENDED,
        types.SERVICE_STATUS_ACTIVE,
        types.SERVICE_STATUS_RETIRED,
    ]
    assert search(reader, "gutter", at_least=retired.revision) == []
    assert search(reader, "gutter", statuses=[types.SERVICE_STATUS_RETIRED]) == [service_id]
    assert reader.get_service(pb.GetServiceRequest(service_id=service_id)).service == retired.service
    history = running.opened.streams["service"].history(service_id)
    assert [each.metadata.why for each in history] == [None, "storm", None, None, None]


def test_ranking_equals_a_brute_force_recount_page_by_page(running: Component, reader: Any) -> None:
    arbitrary = random.Random(23)
    vocabulary = ["garden", "music", "chess", "太极拳", "书法", "合唱团", "swimming", "广场舞"]
    kitchen = provider(running, "kitchen")
    texts: dict[str, tuple[str, str]] = {}
    for number in range(40):
        name = " ".join(arbitrary.sample(vocabulary, k=2))
        description = " ".join(arbitrary.sample(vocabulary, k=3))
        said = details("arbitrary", "north", en=name, description=LocalizedText(zh=description))
        revision = publish(kitchen, "kitchen", said, f"arbitrary-{number:02}").revision
        texts[f"arbitrary-{number:02}"] = (name, description)

    def recount(query: str) -> list[str]:
        sought = wanted(query)
        scores = {}
        for service_id, (name, description) in texts.items():
            in_name, in_description = set(indexed(name)), set(indexed(description))
            weights = [3 if word in in_name else 1 for word in sought if word in in_name | in_description]
            if 2 * len(weights) >= len(sought):
                scores[service_id] = len(weights) * 1000 + sum(weights)
        return sorted(scores, key=lambda found: (-scores[found], found))

    for query in ("garden", "太极拳", "chess 书法 swimming", "广场舞合唱团 music"):
        request = pb.SearchServicesRequest(
            query=query, filter='affair_id = "arbitrary"', page_size=7, at_least=revision
        )
        found: list[str] = []
        while True:
            answer = reader.search_services(request)
            found += [each.service.service_id for each in answer.results]
            if not answer.next_page_token:
                break
            request.page_token = answer.next_page_token
        assert found == recount(query)


def test_a_renamed_affair_is_found_by_its_new_name(running: Component, reader: Any) -> None:
    planner = stub(running, "PLANNER")
    renamed = planner.rename_affair(
        pb.RenameAffairRequest(
            request_id=request_id(), affair_id="repairs", name=LocalizedText(en="Handiwork", zh="修理")
        )
    )

    assert search(reader, "handiwork", at_least=renamed.revision) == ["repairs"]
    assert search(reader, "维修") == []


def test_rebuilt_views_equal_live_ones(running: Component) -> None:
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)
