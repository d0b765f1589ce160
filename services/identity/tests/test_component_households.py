"""Buildings, households and facts over the real wire: registered, moved, visited, read, counted, erased."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.types.v1 import types_pb2

from libs.geo.tests.drawing import square
from libs.ledger.decider import Kind, Refusal
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.recorded import Context, utc_now
from libs.ledger.streams.claims import Claims
from libs.ledger.streams.stream import Loaded, Stream
from libs.query.freshness import Fresh
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.adapters.views.erasure_receipts import ReceiptReads
from services.identity.application.facts import LOT, FactsInAreas
from services.identity.application.receipt import Receipts
from services.identity.application.resident import Residents
from services.identity.domain.area import AREA
from services.identity.domain.building import BuildingRegistered, DwellingsAdded
from services.identity.domain.fact_kinds import RULES, SubjectKind
from services.identity.domain.facts import FACTS, FactsTold
from services.identity.domain.facts import read as told_by
from services.identity.domain.household import HouseholdFormed, HouseholdMoved, MemberJoined, MemberLeft
from services.identity.domain.residency import RESIDENCY, ChangeHome, Residency, ResidencyEvent
from services.identity.entrypoints.receipt import FORGET
from services.identity.tests.test_component import (
    DESCRIPTOR,
    ENVIRON,
    KEY,
    as_role,
    define,
    dump,
    operator_of,
    refused,
    register,
    request_id,
)
from services.identity.wiring import SERVICE

ONE, TWO = "la/willow/cell-1", "la/willow/cell-2"
YEAR_2020 = datetime(2020, 1, 1, tzinfo=UTC)
SPRING = datetime(2024, 3, 1, 9, tzinfo=UTC)
SUMMER = datetime(2024, 7, 1, 9, tzinfo=UTC)
number = Ids("people in households")
name_of_building = Ids("buildings")
CHILD, PARTNER = types.RELATION_CHILD, types.RELATION_PARTNER


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY, square(0, 0, 10))
        define(stub, "willow", "la", types.AREA_LEVEL_COMMUNITY, square(0, 0, 10))
        define(stub, "cell-1", "willow", types.AREA_LEVEL_GRID_CELL, square(0, 0, 5))
        define(stub, "cell-2", "willow", types.AREA_LEVEL_GRID_CELL, square(5, 0, 5))
        yield service


@pytest.fixture
def worker(running: Component) -> Any:
    """The grid worker of the first cell."""
    return as_role(running, "GRID_WORKER", ONE, subject="worker-1")


@pytest.fixture
def neighbour(running: Component) -> Any:
    """The grid worker of the second."""
    return as_role(running, "GRID_WORKER", TWO, subject="worker-2")


@pytest.fixture
def clerk(running: Component) -> Any:
    """A dispatcher of the community."""
    return as_role(running, "DISPATCHER", "la/willow", subject="clerk")


def build(stub: Any, area_id: str = "cell-1", building_id: str = "", address: str = "", **more: Any) -> str:
    building_id = building_id or f"b-{name_of_building()[:20].lower()}"
    stub.register_building(
        pb.RegisterBuildingRequest(
            request_id=request_id(),
            building_id=building_id,
            area_id=area_id,
            address=address or f"{building_id} Willow Road",
            stands_from_time=stamp(YEAR_2020),
            **{"units": ["1-101", "1-102", "2-201"]} | more,
        )
    )
    return building_id


def person(running: Component, area_id: str = "cell-1", name: str = "Mei Lan") -> str:
    return str(register(operator_of(running), number(), name, area_id).resident_id)


def form(stub: Any, building_id: str, *residents: str, unit: str = "1-101", since: datetime = SPRING) -> str:
    members = [pb.NewMember(resident_id=each, relation=PARTNER) for each in residents]
    return str(
        stub.form_household(
            pb.FormHouseholdRequest(
                request_id=request_id(),
                building_id=building_id,
                unit=unit,
                members=members,
                since_time=stamp(since),
            )
        ).household_id
    )


def move(stub: Any, resident_id: str, household_id: str = "", since: datetime = SUMMER) -> Any:
    return stub.move_resident(
        pb.MoveResidentRequest(
            request_id=request_id(),
            resident_id=resident_id,
            household_id=household_id,
            relation=CHILD,
            since_time=stamp(since),
        )
    )


def fact(kind: str, value: str, resident_id: str = "", *, settles: bool = False) -> pb.ToldFact:
    number = types.FactKind.Value(f"FACT_KIND_{kind}")
    return pb.ToldFact(kind=number, value=value, resident_id=resident_id, settles=settles)


def visit(stub: Any, *facts: pb.ToldFact, source: str = "VISIT", at: datetime = SUMMER, **where: str) -> Any:
    return stub.record_visit(
        pb.RecordVisitRequest(
            request_id=where.pop("request_id", "") or request_id(),
            source=types.FactSource.Value(f"FACT_SOURCE_{source}"),
            observed_time=stamp(at),
            facts=facts,
            **where,
        )
    )


def read(stub: Any, household_id: str, at: datetime | None = None) -> Any:
    return stub.get_household(
        pb.GetHouseholdRequest(
            household_id=household_id,
            at_time=stamp(at) if at else None,
            purpose=pb.PURPOSE_ASSISTANCE if household_id else pb.PURPOSE_UNSPECIFIED,
        )
    )


def newest(shown: Any) -> dict[str, str]:
    """The newest values of a household that is shown, by kind."""
    return {name_of(each.kind): each.value for each in shown.facts if each.newest}


def readings(running: Component) -> list[Any]:
    """All that is recorded of who read what."""
    events = running.opened.ledger.read(limit=100_000)
    return [each for each in events if isinstance(each.event, PersonalDataDisclosed)]


def to_check(stub: Any, area_id: str, at: datetime, revision: str) -> list[pb.FactToCheck]:
    request = pb.ListFactsToCheckRequest(
        area_id=area_id,
        at_time=stamp(at),
        purpose=pb.PURPOSE_ASSISTANCE,
        at_least=revision,
        page_size=1000,
    )
    return list(stub.list_facts_to_check(request).facts)


def count(stub: Any, area_id: str, at: datetime, revision: str = "", *, facts: bool = False) -> Any:
    return stub.count_households(
        pb.CountHouseholdsRequest(area_id=area_id, at_time=stamp(at), at_least=revision, with_facts=facts)
    )


def move_all(stub: Any, household_id: str, building_id: str, since: datetime, unit: str = "1-102") -> Any:
    return stub.move_household(
        pb.MoveHouseholdRequest(
            request_id=request_id(),
            household_id=household_id,
            building_id=building_id,
            unit=unit,
            since_time=stamp(since),
        )
    )


def erase(running: Component, subject_id: str) -> Any:
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    return officer.erase_subject(
        pb.EraseSubjectRequest(request_id=f"erase-{subject_id}", subject_id=subject_id, reason="asked for it")
    )


def name_of(kind: types.FactKind.ValueType) -> str:
    return types.FactKind.Name(kind).removeprefix("FACT_KIND_")


class Places(NamedTuple):
    """Where things happen, and to whom."""

    buildings: list[str]
    people: list[str]


# buildings and dwellings


@pytest.mark.capability("004.9")
def test_a_dwelling_is_one_however_its_unit_is_written(worker: Any) -> None:
    building_id = build(worker, units=["3-201", "３－２０１", "三单元201室", "3单元2层201", "1-101"])
    again = worker.register_building(
        pb.RegisterBuildingRequest(
            request_id=request_id(),
            building_id=building_id,
            area_id="cell-1",
            address=f"{building_id} Willow Road",
            stands_from_time=stamp(YEAR_2020),
            units=["Unit 1 room 101", "1-102"],
        )
    )

    listed = worker.list_dwellings(
        pb.ListDwellingsRequest(filter=f'building_id = "{building_id}"', at_least=again.revision)
    )
    assert [each.unit for each in listed.dwellings] == ["1-101", "1-102", "3-201"]
    assert again.dwellings == 3


@pytest.mark.capability("004.9")
def test_an_address_has_one_building_also_for_sixteen_clerks_at_once(running: Component, clerk: Any) -> None:
    def tried(building_id: str) -> str:
        try:
            build(clerk, "cell-2", building_id, address="１ Poplar Road")
        except RpcFailed as failed:
            return failed.metadata.get("building_id", failed.reason)
        return building_id

    with ThreadPoolExecutor(16) as clerks:
        found = set(clerks.map(tried, (f"poplar-{each}" for each in range(16))))

    assert len(found) == 1
    with refused("BUILDING_ADDRESS_TAKEN"):
        build(clerk, "cell-1", "poplar-again", address="1 poplar road")


def test_a_building_lies_where_its_point_does_unless_an_area_is_named(clerk: Any) -> None:
    located = clerk.register_building(
        pb.RegisterBuildingRequest(
            request_id=request_id(),
            building_id="by-point",
            address="By the pond",
            location=types_pb2.Point(longitude=7, latitude=2),
        )
    )

    assert located.building.area_path == TWO
    with refused("BUILDING_REGISTERED_DIFFERENTLY"):
        build(clerk, "cell-1", "by-point")
    with refused("AREA_UNKNOWN"):
        build(clerk, "", "nowhere")
    with refused("PLACE_OUTSIDE_AREAS"):
        build(clerk, "", "outside", location=types_pb2.Point(longitude=70, latitude=70))
    with refused("UNIT_BLANK"):
        build(clerk, units=["--"])


def test_a_worker_registers_and_lists_buildings_of_their_own_cell_only(worker: Any, neighbour: Any) -> None:
    building_id = build(worker)

    with refused("OUT_OF_REACH"):
        build(worker, "cell-2")
    theirs = neighbour.list_buildings(pb.ListBuildingsRequest(page_size=1000)).buildings
    assert building_id not in {each.building_id for each in theirs}
    assert {each.area_path for each in theirs} <= {TWO}


@pytest.mark.capability("004.9")
def test_a_worker_of_a_cell_for_a_body_does_all_in_it_and_nothing_beside_it(running: Component) -> None:
    worker = as_role(running, "GRID_WORKER", ONE, subject="worker-of-a-body", body="committee")
    mei = str(register(worker, number(), "Mei Lan", "cell-1").resident_id)
    building_id = build(worker)
    household_id = form(worker, building_id, mei)
    told = visit(worker, fact("HOUSEHOLD_SIZE", "1"), household_id=household_id).revision

    asked = pb.GetResidentRequest(resident_id=mei, purpose=pb.PURPOSE_ASSISTANCE)
    assert worker.get_resident(asked).resident.name == "Mei Lan"
    assert newest(read(worker, household_id)) == {"HOUSEHOLD_SIZE": "1"}
    listed = worker.list_households(pb.ListHouseholdsRequest(at_least=told, page_size=1000)).households
    assert household_id in {each.household_id for each in listed}
    assert {each.area_path for each in listed} == {ONE}
    assert count(worker, "cell-1", SUMMER, told, facts=True).households > 0
    for task in (lambda: build(worker, "cell-2"), lambda: register(worker, number(), "Bo", "cell-2")):
        with refused("OUT_OF_REACH"):
            task()


@pytest.mark.capability("004.9", "002.5")
def test_who_works_for_a_body_and_registers_nobody_reads_nobody(running: Component, worker: Any) -> None:
    household_id = form(worker, build(worker), person(running))
    officer = as_role(running, "CASE_OFFICER", "la", subject="officer", body="culture")
    of_a_body = as_role(running, "GRID_WORKER", subject="worker-of-no-area", body="committee")

    for who in (officer, of_a_body):
        with refused("OUT_OF_REACH"):
            read(who, household_id)
        assert not who.list_households(pb.ListHouseholdsRequest()).households


# households


@pytest.mark.capability("004.9")
def test_a_household_is_formed_moves_and_is_read_as_it_was(running: Component, clerk: Any) -> None:
    here, there = build(clerk), build(clerk, "cell-2")
    mei, bo = person(running), person(running)
    household_id = form(clerk, here, mei, bo)
    move(clerk, bo)

    move_all(clerk, household_id, there, SUMMER + timedelta(days=1), "二单元201")

    before, now = read(clerk, household_id, SPRING), read(clerk, household_id)
    assert (before.area_path, {each.resident_id for each in before.members}) == (ONE, {mei, bo})
    assert (now.area_path, [each.resident_id for each in now.members]) == (TWO, [mei])
    assert {each.relation for each in before.members} == {PARTNER}


@pytest.mark.capability("004.9")
def test_moving_over_leaves_the_other_household_in_the_same_moment(running: Component, clerk: Any) -> None:
    building_id, mei, bo = build(clerk), person(running), person(running)
    one, other = form(clerk, building_id, mei, bo), form(clerk, building_id, person(running), unit="2-201")

    moved = move(clerk, mei, other)

    living = clerk.list_households(
        pb.ListHouseholdsRequest(filter=f'building_id = "{building_id}"', at_least=moved.revision)
    ).households
    assert {each.household_id: each.members for each in living} == {one: 1, other: 2}
    assert mei not in {each.resident_id for each in read(clerk, one).members}
    assert mei in {each.resident_id for each in read(clerk, one, SPRING).members}


def test_of_sixteen_households_that_want_somebody_at_once_they_live_in_one(
    running: Component, clerk: Any
) -> None:
    building_id, mei = build(clerk), person(running)
    homes = [form(clerk, building_id, person(running)) for _ in range(16)]

    def tried(numbered: tuple[int, str]) -> str:
        try:
            move(clerk, mei, numbered[1], SUMMER + timedelta(seconds=numbered[0]))
        except RpcFailed as failed:
            return failed.reason
        return ""

    with ThreadPoolExecutor(16) as movers:
        answers = list(movers.map(tried, enumerate(homes)))

    living = [home for home in homes if mei in {each.resident_id for each in read(clerk, home).members}]
    assert len(living) == 1
    assert set(answers) <= {"", "MOVE_TOO_EARLY", "CONCURRENT_CHANGE"}
    assert "" in answers


def test_a_retried_move_moves_nobody_again_though_they_moved_on(running: Component, clerk: Any) -> None:
    building_id, mei = build(clerk), person(running)
    one, other = form(clerk, building_id, person(running)), form(clerk, building_id, person(running))
    request = pb.MoveResidentRequest(
        request_id=request_id(), resident_id=mei, household_id=one, since_time=stamp(SPRING)
    )
    first = clerk.move_resident(request)
    move(clerk, mei, other)

    assert clerk.move_resident(request) == first
    assert mei in {each.resident_id for each in read(clerk, other).members}


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        (datetime(2019, 12, 31, tzinfo=UTC), "BUILDING_NOT_STANDING"),
        (datetime(2190, 1, 1, tzinfo=UTC), "NOT_YET"),
    ],
)
def test_nobody_lives_in_a_building_that_does_not_stand_or_from_tomorrow_on(
    running: Component, worker: Any, since: datetime, reason: str
) -> None:
    building_id = build(worker)

    with refused(reason):
        form(worker, building_id, person(running), since=since)


def test_a_household_without_people_twice_with_one_or_in_no_dwelling_is_refused(
    running: Component, worker: Any
) -> None:
    building_id, mei = build(worker), person(running)

    with refused("INVALID_REQUEST"):
        form(worker, building_id)
    with refused("MEMBERS_MISSING"):
        form(worker, building_id, mei, mei)
    with refused("DWELLING_UNKNOWN"):
        form(worker, building_id, mei, unit="9-999")
    with refused("PARTY_UNKNOWN"):
        form(worker, building_id, "somebody-made-up")


@pytest.mark.capability("004.9", "002.5")
def test_a_worker_takes_nobody_of_another_cell_into_a_household_to_read_about_them(
    running: Component, worker: Any, neighbour: Any, clerk: Any
) -> None:
    theirs = person(running, "cell-2")
    household_id = form(neighbour, build(neighbour, "cell-2"), theirs)
    unhoused = person(running, "cell-2")
    building_id = build(worker)
    mine = form(worker, building_id, person(running))

    for stranger in (theirs, unhoused):
        with refused("OUT_OF_REACH"):
            form(worker, building_id, stranger, since=SUMMER)
        with refused("OUT_OF_REACH"):
            move(worker, stranger, mine)
    with refused("OUT_OF_REACH"):
        read(worker, household_id)
    with refused("OUT_OF_REACH"):
        visit(worker, fact("HOUSEHOLD_SIZE", "2"), household_id=household_id)
    with refused("OUT_OF_REACH"):
        move(worker, theirs)
    move(clerk, theirs, mine)


# visits and facts


@pytest.mark.capability("004.9")
def test_one_form_tells_all_of_a_household_and_is_taken_once(running: Component, worker: Any) -> None:
    mei, bo = person(running), person(running)
    household_id = form(worker, build(worker), mei, bo)
    facts = [
        *(fact("YEAR_BUILT", "1998"), fact("ROOMS", "3"), fact("HOUSEHOLD_SIZE", "3")),
        *(fact("TENURE", "owned"), fact("BEDRIDDEN", "yes", mei), fact("LANGUAGES", "zh", bo)),
    ]
    same = request_id()

    first = visit(worker, *facts, household_id=household_id, request_id=same)
    again = visit(worker, *facts, household_id=household_id, request_id=same)
    visit(worker, *facts, household_id=household_id)

    shown = read(worker, household_id)
    assert again == first
    assert len(shown.facts) == len(facts)
    assert newest(shown) == {
        "YEAR_BUILT": "1998",
        "ROOMS": "3",
        "HOUSEHOLD_SIZE": "3",
        "TENURE": "owned",
        "BEDRIDDEN": "yes",
        "LANGUAGES": "zh",
    }
    assert {each.told_by for each in shown.facts} == {"worker-1"}


@pytest.mark.capability("004.9")
def test_forms_of_two_workers_who_were_offline_both_count_in_the_order_of_their_visits(
    running: Component, worker: Any, clerk: Any
) -> None:
    household_id = form(worker, build(worker), person(running))
    days = [SUMMER + timedelta(days=each) for each in range(8)]

    def uploaded(numbered: tuple[int, datetime]) -> None:
        by = worker if numbered[0] % 2 else clerk
        size = fact("HOUSEHOLD_SIZE", str(numbered[0]))
        visit(by, size, household_id=household_id, at=numbered[1])

    with ThreadPoolExecutor(8) as uploads:
        list(uploads.map(uploaded, reversed(list(enumerate(days)))))

    for number, day in enumerate(days):
        assert newest(read(worker, household_id, day)) == {"HOUSEHOLD_SIZE": str(number)}
    assert len(read(worker, household_id).facts) == len(days)


def test_a_visit_is_all_or_nothing(running: Component, worker: Any) -> None:
    household_id = form(worker, build(worker), person(running))

    with refused("FACT_VALUE_UNFIT"):
        visit(worker, fact("ROOMS", "3"), fact("HOUSEHOLD_SIZE", "many"), household_id=household_id)
    with refused("NOT_A_MEMBER"):
        visit(worker, fact("ROOMS", "3"), fact("INFANT", "yes", "stranger"), household_id=household_id)
    with refused("FACT_SUBJECT_UNFIT"):
        visit(worker, fact("ROOMS", "3"), fact("INFANT", "yes"), household_id=household_id)

    assert not read(worker, household_id).facts


def test_no_visit_is_dated_before_its_household_or_after_now(running: Component, worker: Any) -> None:
    building_id = build(worker)
    household_id = form(worker, building_id, person(running))
    size, rooms = fact("HOUSEHOLD_SIZE", "3"), fact("ROOMS", "3")

    with refused("NOT_YET"):
        visit(worker, size, household_id=household_id, at=datetime(2190, 1, 1, tzinfo=UTC))
    with refused("MOVE_TOO_EARLY"):
        visit(worker, size, household_id=household_id, at=SPRING - timedelta(days=1))
    with refused("BUILDING_NOT_STANDING"):
        visit(worker, rooms, building_id=building_id, unit="1-101", at=YEAR_2020 - timedelta(days=1))
    with refused("SUBJECT_MISSING"):
        visit(worker, size)
    with refused("FACT_SUBJECT_UNFIT"):
        visit(worker, size, building_id=building_id, unit="1-101")
    with refused("SOURCE_UNFIT"):
        visit(worker, size, source="OTHER_BODY", household_id=household_id)


@pytest.mark.capability("004.9")
def test_contradictions_and_stale_facts_are_listed_for_the_worker_of_the_cell_until_they_are_settled(
    running: Component, worker: Any, neighbour: Any
) -> None:
    mei = person(running)
    household_id = form(worker, build(worker), mei)
    visit(worker, fact("HOUSEHOLD_SIZE", "4"), source="REGISTER", household_id=household_id)
    visited = SUMMER + timedelta(days=30)
    seen = visit(
        worker,
        fact("HOUSEHOLD_SIZE", "1"),
        fact("BEDRIDDEN", "yes", mei),
        household_id=household_id,
        at=visited,
    )

    def listed(at: datetime, revision: str) -> list[tuple[str, str, bool, int]]:
        return [
            (each.subject_id, types.FactKind.Name(each.kind), each.stale, len(each.contradicting_sources))
            for each in to_check(worker, "cell-1", at, revision)
            if each.subject_id in {household_id, mei}
        ]

    assert listed(visited, seen.revision) == [(household_id, "FACT_KIND_HOUSEHOLD_SIZE", False, 1)]
    settled = visit(
        worker,
        fact("HOUSEHOLD_SIZE", "1", settles=True),
        household_id=household_id,
        at=visited + timedelta(hours=1),
    )
    assert listed(visited + timedelta(hours=1), settled.revision) == []
    later = visited + timedelta(days=200)
    assert listed(later, settled.revision) == [(mei, "FACT_KIND_BEDRIDDEN", True, 0)]
    with refused("OUT_OF_REACH"):
        to_check(neighbour, "cell-1", later, settled.revision)


def test_pages_of_facts_to_check_go_on_after_each_other(running: Component, worker: Any) -> None:
    for _ in range(3):
        household_id = form(worker, build(worker), person(running))
        seen = visit(worker, fact("HOUSEHOLD_SIZE", "3"), fact("VACANT", "no"), household_id=household_id)
    at = SUMMER + timedelta(days=4_000)
    whole = to_check(worker, "cell-1", at, seen.revision)

    found: list[pb.FactToCheck] = []
    token = ""
    while True:
        page = worker.list_facts_to_check(
            pb.ListFactsToCheckRequest(
                area_id="cell-1",
                at_time=stamp(at),
                purpose=pb.PURPOSE_ASSISTANCE,
                page_size=2,
                page_token=token,
            )
        )
        found += page.facts
        token = page.next_page_token
        if not token:
            break

    assert found == whole
    assert len(whole) >= 6


@pytest.mark.capability("002.5")
def test_who_read_a_household_is_recorded_for_it_and_each_member(running: Component, worker: Any) -> None:
    mei = person(running)
    household_id = form(worker, build(worker), mei)

    read(worker, household_id)

    [noted] = [each for each in readings(running) if household_id in each.event.subject_ids]
    assert set(noted.event.subject_ids) == {household_id, mei}
    assert (noted.metadata.actor, noted.event.classes) == ("worker-1", ("HOUSEHOLD",))
    with refused("INVALID_REQUEST"):
        worker.get_household(pb.GetHouseholdRequest(household_id=household_id))


@pytest.mark.capability("002.5")
def test_who_lists_facts_to_check_is_recorded_for_people_and_not_for_buildings(running: Component) -> None:
    mei = person(running)
    worker = as_role(running, "GRID_WORKER", ONE, subject="worker-who-checks")
    household_id = form(worker, build(worker), mei)
    for source, many in (("REGISTER", "4"), ("VISIT", "1")):
        told = visit(worker, fact("HOUSEHOLD_SIZE", many), source=source, household_id=household_id)
        told = visit(worker, fact("YEAR_BUILT", f"199{many}"), source=source, household_id=household_id)

    listed = {each.subject_id for each in to_check(worker, "cell-1", SUMMER, told.revision)}

    noted = [each for each in readings(running) if each.metadata.actor == "worker-who-checks"]
    people = {subject_id for each in noted for subject_id in each.event.subject_ids}
    assert {household_id, mei} <= people
    assert not {each for each in listed & people if each.startswith("b-")}


@pytest.mark.capability("002.5")
def test_a_page_of_facts_about_a_building_alone_is_shown_and_recorded_for_nobody(running: Component) -> None:
    worker = as_role(running, "GRID_WORKER", "la/willow/cell-3", subject="worker-of-buildings")
    define(operator_of(running), "cell-3", "willow", types.AREA_LEVEL_GRID_CELL)
    building_id = build(worker, "cell-3")
    for source, year in (("REGISTER", "1994"), ("VISIT", "1996")):
        told = visit(worker, fact("YEAR_BUILT", year), source=source, building_id=building_id)

    [found] = to_check(worker, "cell-3", SUMMER, told.revision)

    assert found.subject_id == building_id
    assert not [each for each in readings(running) if each.metadata.actor == "worker-of-buildings"]


# residents


@pytest.mark.capability("004.9")
def test_a_resident_reads_and_corrects_their_own_household_and_sees_no_facts_of_the_others(
    running: Component, worker: Any
) -> None:
    mei, bo = person(running), person(running)
    household_id = form(worker, build(worker), mei, bo)
    visit(
        worker,
        *(fact("HOUSEHOLD_SIZE", "3"), fact("BEDRIDDEN", "yes", bo), fact("LANGUAGES", "zh", mei)),
        household_id=household_id,
    )
    herself = as_role(running, "RESIDENT", "la/willow", subject=mei)

    visit(
        herself,
        *(fact("HOUSEHOLD_SIZE", "2"), fact("LANGUAGES", "zh,en")),
        source="SELF_DECLARED",
        at=SUMMER + timedelta(days=1),
    )

    shown = read(herself, "")
    assert newest(shown) == {"HOUSEHOLD_SIZE": "2", "LANGUAGES": "en,zh"}
    assert {each.resident_id for each in shown.members} == {mei, bo}
    assert newest(read(worker, household_id))["BEDRIDDEN"] == "yes"


@pytest.mark.capability("004.9", "002.5")
def test_a_resident_sees_nothing_of_before_their_time_and_that_they_read_of_others_is_recorded(
    running: Component, worker: Any
) -> None:
    mei, bo = person(running), person(running)
    household_id = form(worker, build(worker), bo)
    before = SPRING + timedelta(days=1)
    visit(worker, fact("INCOME_SUPPORT", "yes"), household_id=household_id, at=before)
    move(worker, mei, household_id)
    visit(worker, fact("TENURE", "rented"), fact("NOTE", "he drinks"), household_id=household_id)
    herself = as_role(running, "RESIDENT", "la/willow", subject=mei)

    assert newest(read(herself, "")) == {"TENURE": "rented"}

    [noted] = [each for each in readings(running) if each.metadata.actor == mei]
    assert set(noted.event.subject_ids) == {household_id, bo}
    assert noted.event.purpose == "RESIDENT_REQUEST"
    assert newest(read(worker, household_id))["NOTE"] == "he drinks"


@pytest.mark.capability("004.9", "002.5")
def test_who_lives_alone_reads_their_own_and_nothing_is_recorded(running: Component, worker: Any) -> None:
    mei = person(running)
    visit(worker, fact("TENURE", "owned"), household_id=form(worker, build(worker), mei))

    assert newest(read(as_role(running, "RESIDENT", "la/willow", subject=mei), "")) == {"TENURE": "owned"}

    assert not [each for each in readings(running) if each.metadata.actor == mei]


@pytest.mark.capability("004.9", "002.5")
def test_a_resident_gets_into_no_other_household(running: Component, worker: Any) -> None:
    building_id = build(worker)
    mei, bo = person(running), person(running)
    hers, his = form(worker, building_id, mei), form(worker, building_id, bo, unit="2-201")
    herself = as_role(running, "RESIDENT", "la/willow", subject=mei)

    with refused("OUT_OF_REACH"):
        read(herself, his)
    with refused("SCOPE_MISSING"):
        move(herself, mei, his)
    with refused("HOUSEHOLD_UNKNOWN"):
        visit(herself, fact("HOUSEHOLD_SIZE", "9"), household_id=his, source="SELF_DECLARED")
    with refused("NOT_A_MEMBER"):
        visit(herself, fact("BEDRIDDEN", "no", bo), household_id=hers, source="SELF_DECLARED")
    with refused("FACT_SUBJECT_UNFIT"):
        visit(herself, fact("YEAR_BUILT", "1900"), source="SELF_DECLARED")
    with refused("SOURCE_UNFIT"):
        visit(herself, fact("HOUSEHOLD_SIZE", "9"))
    with refused("SOURCE_UNFIT"):
        visit(herself, fact("HOUSEHOLD_SIZE", "9", settles=True), source="SELF_DECLARED")
    with refused("SOURCE_UNFIT"):
        visit(herself, fact("ROOMS", "9"), building_id=building_id, unit="2-201", source="SELF_DECLARED")
    with refused("MOVE_TOO_EARLY"):
        visit(herself, fact("HOUSEHOLD_SIZE", "9"), source="SELF_DECLARED", at=SPRING - timedelta(0, 1))


def test_who_moved_out_reads_no_more(running: Component, worker: Any) -> None:
    mei = person(running)
    form(worker, build(worker), mei, person(running))
    move(worker, mei)

    with refused("NO_HOUSEHOLD"):
        read(as_role(running, "RESIDENT", "la/willow", subject=mei), "")
    with refused("NO_HOUSEHOLD"):
        client = Mint(KEY).client("parties.read")
        read(running.client(client).service(DESCRIPTOR), "")


# erasure


@pytest.mark.capability("004.9", "002.5")
def test_an_erased_member_takes_what_was_told_of_them_and_nothing_of_the_others(
    running: Component, worker: Any
) -> None:
    mei, bo = person(running), person(running)
    household_id = form(worker, build(worker), mei, bo)
    visit(
        worker,
        *(
            fact("NOTE", "unmistakable-words"),
            fact("LANGUAGES", "x-hers", mei),
            fact("LANGUAGES", "x-his", bo),
        ),
        household_id=household_id,
    )
    first = erase(running, mei)

    shown = read(worker, household_id)
    assert [each.resident_id for each in shown.members] == [bo]
    assert {each.value for each in shown.facts} == {"unmistakable-words", "x-his"}
    assert erase(running, mei) == first
    with refused("PARTY_UNKNOWN"):
        move(worker, mei, household_id)

    erase(running, bo)

    with refused("HOUSEHOLD_UNKNOWN"):
        read(worker, household_id)
    for subject in (f"member.{mei}", f"member.{bo}", f"household.{household_id}"):
        [told] = running.opened.streams["facts"].history(subject)
        assert told.event.of_people.value is None
    dumped = dump(running)
    for trace in ("unmistakable-words", "x-hers", "x-his"):
        assert trace not in dumped


class TakenInMeanwhile(Stream[ChangeHome, Residency, ResidencyEvent]):
    """Where people live; right after somebody has looked up whoever lives nowhere, they are taken in."""

    def __init__(self, running: Component, take_in: Callable[[], object]) -> None:
        super().__init__(running.opened.ledger, RESIDENCY)
        self._take_in = take_in

    def load(self, subject_id: str) -> Loaded[Residency]:
        found = super().load(subject_id)
        if not found.state.household_id:
            with suppress(RpcFailed):  # once they are erased
                self._take_in()
        return found


@pytest.mark.capability("004.9", "002.5")
@pytest.mark.parametrize("lived_before", [False, True])
def test_who_is_taken_into_a_household_while_they_are_erased_is_no_member_afterwards(
    running: Component, worker: Any, *, lived_before: bool
) -> None:
    mei, building_id, formed = person(running), build(worker), []
    if lived_before:
        form(worker, building_id, mei)
        move(worker, mei)
    streams = running.opened.streams
    names = {"stream": "resident", "access": "access", "operators": "operators", "households": "household"}
    names |= {"keys": "natural_keys", "mergers": "merger", "careers": "career", "posts": "post"}
    later = SUMMER + timedelta(days=1)
    receipts = Receipts(
        stream=streams["receipt"],
        forgetting=streams["forgetting"],
        digests=running.opened.ledger.keys,
        reads=ReceiptReads(running.opened.views),
        services=FORGET,
    )
    residents = Residents(
        **{name: streams[category] for name, category in names.items()},
        receipts=receipts,
        areas=streams["area"],
        claims=Claims(running.opened.ledger, "resident"),
        residencies=TakenInMeanwhile(
            running, lambda: formed.append(form(worker, building_id, mei, unit="2-201", since=later))
        ),
    )

    residents.erase(mei, utc_now(), Context(actor="guard", request_id=request_id()), lambda _: None)

    [household_id] = formed
    with refused("HOUSEHOLD_UNKNOWN"):
        read(worker, household_id)


# counts


@dataclass
class Crowd:
    """As many households as somebody says, of whom nothing was ever told."""

    many: int

    def count(self, *_: Any) -> tuple[int, int]:
        return self.many, 0

    def within(self, *_: Any) -> tuple[list[str], list[str]]:
        return [f"crowd-{each:04}" for each in range(self.many)], []


@dataclass
class Gone:
    """A caller who leaves after so many looks."""

    after: int
    asked: int = 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked > self.after:
            raise Refusal(Kind.UNAVAILABLE, "CALLER_GONE", "nobody waits")


def test_facts_are_opened_in_lots_and_for_nobody_who_has_gone(
    running: Component, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams, asked = running.opened.streams, list[int]()
    empty: Any = Crowd(0)
    crowd: Any = Crowd(4 * LOT + 1)
    facts = FactsInAreas(stream=streams.of(FACTS), areas=streams.of(AREA), buildings=empty, households=crowd)
    reading, here = running.opened.ledger.read_streams, threading.get_ident()

    def read_streams(after: Any, limit: int | None = None) -> Any:
        if threading.get_ident() == here:  # the service reads at its own pace beside us
            asked.append(len(after))
        return reading(after, limit)

    monkeypatch.setattr(running.opened.ledger, "read_streams", read_streams)

    def counted(awaited: Gone) -> None:
        facts.count("cell-1", SUMMER, True, Fresh(), lambda _: None, lambda _: True, awaited)

    counted(Gone(after=5))
    assert asked == [LOT] * 4 + [1]
    asked.clear()
    with pytest.raises(Refusal, match="CALLER_GONE"):
        counted(Gone(after=2))
    request = pb.ListFactsToCheckRequest(page_size=50)
    with pytest.raises(Refusal, match="CALLER_GONE"):
        facts.to_check(request, "cell-1", SUMMER, Fresh(), lambda _: None, Gone(after=1))
    assert asked == [LOT] * 3


@dataclass(slots=True)
class Recount:
    """All that the ledger says, folded by brute force: it knows neither views nor use cases."""

    running: Component
    buildings: dict[str, BuildingRegistered] = field(default_factory=dict)
    dwellings: dict[str, str] = field(default_factory=dict)
    homes: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    stays: dict[tuple[str, str, datetime], datetime | None] = field(default_factory=dict)
    told: set[tuple[SubjectKind, str]] = field(default_factory=set)

    def fold(self, event: object) -> None:
        match event:
            case BuildingRegistered(building_id=building_id):
                self.buildings[building_id] = event
            case DwellingsAdded(building_id=building_id, dwellings=added):
                self.dwellings |= {each.dwelling_id: building_id for each in added}
            case HouseholdFormed(household_id=each, home=home) | HouseholdMoved(household_id=each, home=home):
                self.homes.setdefault(each, []).append((event.since, home.building_id))
            case MemberJoined(household_id=household_id, resident_id=resident_id, since=since):
                self.stays[household_id, resident_id, since] = None
            case MemberLeft(household_id=household_id, resident_id=resident_id, since=since, until=until):
                self.stays[household_id, resident_id, since] = until
            case FactsTold(subject_kind=kind, subject_id=subject_id):
                self.told.add((kind, subject_id))
            case _:
                pass

    def here(self, area_path: str, at: datetime) -> dict[SubjectKind, set[str]]:
        """The ids of all there was in an area at a moment."""
        stood = {
            building_id
            for building_id, each in self.buildings.items()
            if f"{each.area_path}/".startswith(f"{area_path}/") and (each.stands_from or at) <= at
        }
        living = {
            (household_id, resident_id)
            for (household_id, resident_id, since), until in self.stays.items()
            if since <= at
            and (until is None or at < until)
            and max(home for home in self.homes[household_id] if home[0] <= at)[1] in stood
        }
        return {
            SubjectKind.BUILDING: stood,
            SubjectKind.DWELLING: {each for each, building in self.dwellings.items() if building in stood},
            SubjectKind.HOUSEHOLD: {each for each, _ in living},
            SubjectKind.MEMBER: {each for _, each in living},
        }

    def values(self, area_path: str, at: datetime) -> dict[tuple[str, str], int]:
        """How many have a value as their newest one of a kind: of people, in tens."""
        here = self.here(area_path, at)
        counted: Counter[tuple[SubjectKind, str, str]] = Counter()
        for kind, subject_id in self.told:
            if subject_id not in here[kind]:
                continue
            opened = self.running.opened.streams["facts"].history(f"{kind.value}.{subject_id}")
            seen = [
                (event.observed_at, place, told.kind, told.value)
                for place, event in enumerate(each.event for each in opened)
                for told in told_by(event)
                if event.observed_at <= at and RULES[told.kind].counted
            ]
            newest = {of.name: value for _, _, of, value in sorted(seen)}
            counted.update((kind, *each) for each in newest.items())
        told = {each: many - many % 10 if each[0].is_of_people else many for each, many in counted.items()}
        return {(name, value): many for (_, name, value), many in told.items() if many}


def somebody_acts(clerk: Any, chance: Random, day: datetime, home: str, places: Places) -> str:
    """What happens in the cells on a day; the reason why it was refused."""
    try:
        match chance.choice(["visit", "visit", "resident", "household"]):
            case "resident":
                move(clerk, chance.choice(places.people), chance.choice([home, ""]), day)
            case "household":
                move_all(clerk, home, chance.choice(places.buildings), day)
            case _:
                there = [each.resident_id for each in read(clerk, home, day).members]
                facts = [fact("HOUSEHOLD_SIZE", str(chance.randint(1, 3))), fact("ROOMS", "2")]
                facts += [fact("BEDRIDDEN", chance.choice(["yes", "no"]), each) for each in there]
                source = chance.choice(["VISIT", "REGISTER"])
                visit(clerk, *facts, source=source, household_id=home, at=day)
    except RpcFailed as failed:
        return failed.reason
    return ""


@pytest.mark.capability("004.9")
def test_counts_of_any_moment_equal_a_recount_of_the_ledger(running: Component, clerk: Any) -> None:
    chance = Random("a year in two cells")
    places = Places(
        [build(clerk, chance.choice(["cell-1", "cell-2"])) for _ in range(4)],
        [person(running, chance.choice(["cell-1", "cell-2"])) for _ in range(24)],
    )
    days = [SPRING + timedelta(days=each) for each in range(60)]
    homes = [
        form(clerk, chance.choice(places.buildings), *places.people[each : each + 3], since=days[0])
        for each in range(0, 18, 3)
    ]
    reasons = {somebody_acts(clerk, chance, day, chance.choice(homes), places) for day in days[1:]}
    assert reasons <= {"", "HOUSEHOLD_EMPTY", "MOVE_TOO_EARLY"}
    erase(running, places.people[0])
    ledger = running.opened.ledger
    recount = Recount(running)
    for each in ledger.read(limit=100_000):
        recount.fold(each.event)

    for area_id, path in (("cell-1", ONE), ("cell-2", TWO), ("willow", "la/willow"), ("la", "la")):
        stub = operator_of(running) if area_id == "la" else clerk
        for at in (YEAR_2020 - timedelta(days=1), *chance.sample(days, 4), datetime.now(UTC)):
            answer = count(stub, area_id, at, ledger.revision(ledger.head()), facts=True)
            here = recount.here(path, at)
            numbers = {f"{kind.value}s": len(ids) for kind, ids in here.items()}
            assert {name: getattr(answer, name) for name in numbers} == numbers, (area_id, at)
            told = {(name_of(each.kind), each.value): each.count for each in answer.facts}
            assert told == recount.values(path, at.replace(hour=0, minute=0, second=0, microsecond=0)), at


@pytest.mark.capability("004.9", "002.5")
def test_no_two_counts_tell_the_facts_of_a_household(running: Component, worker: Any) -> None:
    building_id, day = build(worker), SUMMER + timedelta(days=100)
    people = [person(running) for _ in range(19)]
    for group, tag in ((people[:9], "x-nine"), (people[9:], "x-ten")):
        household_id = form(worker, building_id, *group)
        told = [fact("LANGUAGES", tag, each) for each in group]
        seen = visit(worker, *told, fact("HOUSEHOLD_LANGUAGES", tag), household_id=household_id, at=day)

    def tags(at: datetime) -> dict[tuple[str, str], int]:
        facts = count(worker, "cell-1", at, seen.revision, facts=True).facts
        return {(name_of(each.kind), each.value): each.count for each in facts if "x-" in each.value}

    assert tags(day - timedelta(seconds=1)) == tags(day + timedelta(seconds=1)) == {}
    assert tags(day + timedelta(days=1)) == {("LANGUAGES", "x-ten"): 10}

    move(worker, people[-1], since=day + timedelta(days=1))
    erase(running, people[0])

    assert tags(day + timedelta(days=2)) == {}


@pytest.mark.capability("004.9", "002.5")
def test_small_numbers_are_for_those_who_look_after_the_cell(running: Component, worker: Any) -> None:
    resident = as_role(running, "RESIDENT", "la/willow", subject="somebody")

    assert count(worker, "cell-1", SUMMER, facts=True).buildings > 0
    assert count(resident, "willow", SUMMER).households >= count(worker, "cell-1", SUMMER).households
    for who, area_id in ((resident, "cell-1"), (worker, "cell-2")):
        with refused("AREA_TOO_SMALL"):
            count(who, area_id, SUMMER)
    for who in (resident, worker):
        with refused("OUT_OF_REACH"):
            count(who, "willow", SUMMER, facts=True)


def test_what_is_folded_live_is_what_a_rebuild_folds(running: Component) -> None:
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)
