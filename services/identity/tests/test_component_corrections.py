"""A person's data put right over the real wire, and what was known before, for the officer alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as pb

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.tests.test_component_natural_keys import (
    ENVIRON,
    as_role,
    define_areas,
    papers,
    refused,
)
from services.identity.wiring import SERVICE

request_id = Ids("corrections component")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        define_areas(service)
        yield service


@pytest.fixture
def east(running: Component) -> Any:
    return as_role(running, "GRID_WORKER", "pine/east", subject="wu")


@pytest.fixture
def mei(east: Any) -> str:
    asked = pb.RegisterResidentRequest(
        request_id=request_id(),
        natural_key=papers(),
        name="Mei Lan",
        phone="+8613800138000",
        address="1 Pine Street",
        area_id="east",
        birth_date="1949-12-31",
    )
    return str(east.register_resident(asked).resident_id)


def correct(stub: Any, resident_id: str, *, reason: str = "", same: str = "", **told: Any) -> Any:
    asked = pb.CorrectResidentRequest(
        request_id=same or request_id(), resident_id=resident_id, reason=reason, **told
    )
    return stub.correct_resident(asked)


def shown(stub: Any, resident_id: str) -> Any:
    asked = pb.GetResidentRequest(resident_id=resident_id, purpose=pb.PURPOSE_ASSISTANCE)
    return stub.get_resident(asked).resident


def history(stub: Any, resident_id: str) -> Any:
    asked = pb.GetResidentHistoryRequest(
        resident_id=resident_id, purpose=pb.PURPOSE_AUDIT, reference="audit-7"
    )
    return stub.get_resident_history(asked).versions


@pytest.mark.capability("000.1")
def test_staff_correct_with_a_reason_and_the_officer_reads_what_was_known_before(
    running: Component, east: Any, mei: str
) -> None:
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "pine", subject="officer")

    correct(east, mei, name="梅兰", cleared=[pb.RESIDENT_FIELD_PHONE], reason="the passport says so")
    correct(as_role(running, "RESIDENT", subject=mei), mei, address="2 Pine Street")

    now, versions = shown(east, mei), history(officer, mei)
    assert (now.name, now.phone, now.address, now.birth_date) == ("梅兰", "", "2 Pine Street", "1949-12-31")
    assert [(each.name, each.phone, each.address, each.actor_id, each.reason) for each in versions] == [
        ("梅兰", "", "2 Pine Street", mei, ""),
        ("梅兰", "", "1 Pine Street", "wu", "the passport says so"),
        ("Mei Lan", "+8613800138000", "1 Pine Street", "wu", ""),
    ]
    assert [each.by_themself for each in versions] == [True, False, False]
    noted = [each for each in running.opened.ledger.read(limit=100_000) if each.metadata.actor == "officer"]
    assert [type(each.event) for each in noted] == [PersonalDataDisclosed]
    assert set(noted[0].event.subject_ids) == {mei, "wu"}
    assert noted[0].event.reference == "audit-7"


def test_nobody_else_reads_what_was_known_before(running: Component, east: Any, mei: str) -> None:
    with refused("SCOPE_MISSING"):
        history(east, mei)
    with refused("SCOPE_MISSING"):
        history(as_role(running, "OPERATOR"), mei)
    with refused("OUT_OF_REACH"):
        history(as_role(running, "DATA_PROTECTION_OFFICER", "pine/west"), mei)


def test_nobody_corrects_people_beyond_their_reach(running: Component, east: Any, mei: str) -> None:
    with refused("OUT_OF_REACH"):
        correct(as_role(running, "GRID_WORKER", "pine/west"), mei, name="Mallory", reason="why not")
    with refused("OUT_OF_REACH"):
        correct(as_role(running, "RESIDENT", "pine/east", subject="neighbour"), mei, name="Mallory")
    with refused("CORRECTION_REASON_MISSING"):
        correct(east, mei, name="梅兰")
    assert shown(east, mei).name == "Mei Lan"


def test_a_retry_corrects_once_and_the_same_again_is_no_version(
    running: Component, east: Any, mei: str
) -> None:
    same = request_id()
    first = correct(east, mei, name="梅兰", reason="a typing mistake", same=same)

    assert correct(east, mei, name="梅兰", reason="a typing mistake", same=same) == first
    correct(east, mei, name="梅兰", reason="a typing mistake")

    officer = as_role(running, "DATA_PROTECTION_OFFICER", "pine")
    assert len(history(officer, mei)) == 2
    with refused("BIRTH_DATE_UNFIT"):
        correct(east, mei, birth_date="1999-02-30", reason="a typing mistake")


def test_every_version_ends_with_the_person(running: Component, east: Any, mei: str) -> None:
    correct(east, mei, name="Unmistakable Name", reason="a typing mistake")
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "pine")

    erasing = pb.EraseSubjectRequest(request_id=request_id(), subject_id=mei, reason="asked for it")
    officer.erase_subject(erasing)

    with refused("PARTY_UNKNOWN"):
        history(officer, mei)
    with refused("PARTY_UNKNOWN"):
        correct(east, mei, name="somebody", reason="a typing mistake")
