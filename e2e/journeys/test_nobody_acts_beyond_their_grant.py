"""A grant for the west of town, or for one body, opens nothing elsewhere (cases: see test_access)."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as terms
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.options.v1 import access_pb2
from linli.types.v1.types_pb2 import LocalizedText
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import until_known
from e2e.journeys.town import (
    ELM,
    POTHOLE,
    ROADS,
    TOWN,
    WATER,
    WEST,
    Town,
    need,
    new_id,
    profile,
    refusal,
)
from libs.rpc.access import Grant
from libs.rpc.naming import snake_case

HERE = "OUT_OF_REACH"
SQUARE = '{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0],[0,0]]]}'
NAME = LocalizedText(en="some name")
CODE = kinds.NaturalKey(kind=kinds.KEY_KIND_LOCAL_CODE, value="a-new-body")


@pytest.fixture(scope="module")
def elm_person(town: Town) -> str:
    """Somebody who lives in Elm, dispatches there, and gives their time."""
    registered = town.operator.identity.register_resident(_resident("elm-1", ELM))
    party = str(registered.resident_id)
    town.operator.identity.grant_role(_grant(party, "DISPATCHER", area_id=ELM))
    login: dict[str, Any] = {"party_id": party, "login_name": "elm.dispatcher", "password": "a long password"}
    town.operator.identity.create_login(identity.CreateLoginRequest(request_id=new_id(), **login))
    enrolling = volunteers.EnrolVolunteerRequest(
        request_id=new_id(), volunteer_id=party, profile=profile(ELM)
    )
    until_known(town.operator.volunteers.enrol_volunteer, enrolling)
    return party


@pytest.fixture(scope="module")
def west_person(town: Town) -> str:
    return str(town.operator.identity.register_resident(_resident("west-1", WEST)).resident_id)


def _resident(number: str, area_id: str) -> identity.RegisterResidentRequest:
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_STAFF_NUMBER, value=number)
    return identity.RegisterResidentRequest(
        request_id=new_id(), natural_key=key, name="某人", area_id=area_id
    )


def _request(**fields: str) -> dict[str, Any]:
    return {"request_id": new_id(), **fields}


def _grant(party_id: str, role: str, **within: Any) -> identity.GrantRoleRequest:
    number = access_pb2.Role.Value(f"ROLE_{role}")
    return identity.GrantRoleRequest(request_id=new_id(), party_id=party_id, role=number, **within)


def test_who_runs_the_west_runs_nothing_else(town: Town, elm_person: str, west_person: str) -> None:
    west = town.person("OPERATOR", "wang", area=WEST).identity
    r, m = _request(), identity
    login: dict[str, Any] = {"login_name": "wang.new", "password": "a long password"}
    tries = [
        m.DefineAreaRequest(**r, area_id="new", parent_id=ELM, level=kinds.AREA_LEVEL_GRID_CELL, name=NAME),
        m.DefineAreaRequest(**r, area_id="new", level=kinds.AREA_LEVEL_CITY, name=NAME),
        m.ChangeBoundaryRequest(**r, area_id=ELM, boundary=SQUARE),
        _resident("elm-2", ELM),
        m.GetResidentRequest(resident_id=elm_person, purpose=m.PURPOSE_AUDIT),
        m.CorrectResidentRequest(**r, resident_id=elm_person, name="某人", reason="a mistake"),
        m.AddNaturalKeyRequest(**r, resident_id=elm_person, natural_key=CODE),
        m.ReleaseNaturalKeyRequest(**r, resident_id=elm_person, key_id="some-key", reason="a mistake"),
        m.RegisterBodyRequest(
            **r, natural_key=CODE, kind=kinds.BODY_KIND_RESIDENTS_GROUP, name=NAME, area_id=ELM
        ),
        _grant(elm_person, "RESIDENT", area_id=ELM),
        _grant(west_person, "DISPATCHER"),
        _grant(west_person, "DISPATCHER", area_id=TOWN),
        _grant(west_person, "CASE_OFFICER", body_id=WATER),
        m.CreateLoginRequest(**r, party_id=elm_person, **login),
        m.SetPasswordRequest(**r, login_name="elm.dispatcher", password=login["password"]),
        m.RevokeSessionsRequest(**r, party_id=elm_person),
        m.RegisterClientRequest(**r, name="x", scopes=["areas.read"]),
        m.RegisterClientRequest(**r, name="x", scopes=["areas.read"], body_id=WATER),
        m.RotateSigningKeyRequest(**r),
    ]

    assert _let_in(west, tries) == []
    granted = west.grant_role(_grant(west_person, "DISPATCHER", area_id=WEST))
    assert granted.grant.area_id == WEST
    listed = west.list_roles(m.ListRolesRequest(page_size=1000, at_least=granted.revision)).grants
    assert {grant.party_id for grant in listed} >= {west_person}
    assert all(WEST in grant.area_path for grant in listed)


def test_nobody_gives_scopes_that_they_lack(town: Town) -> None:
    operator = town.person("OPERATOR", "wang").identity
    asking = identity.RegisterClientRequest(request_id=new_id(), name="x", scopes=["parties.erase"])

    assert refusal(operator.register_client, asking) == "SCOPES_BEYOND_REACH"


def test_who_guards_the_data_of_the_west_erases_nobody_in_the_east(town: Town, elm_person: str) -> None:
    guard = town.person("DATA_PROTECTION_OFFICER", area=WEST).identity
    erasing = identity.EraseSubjectRequest(request_id=new_id(), subject_id=elm_person, reason="a mistake")

    assert refusal(guard.erase_subject, erasing) == HERE
    reading = identity.GetResidentHistoryRequest(resident_id=elm_person, purpose=identity.PURPOSE_AUDIT)
    assert refusal(guard.get_resident_history, reading) == HERE


def test_who_plans_the_west_plans_nothing_else(town: Town) -> None:
    west = town.person("PLANNER", area=WEST).catalog
    item = f"{POTHOLE}:{TOWN}:1"
    r, m = _request(), catalog
    about: dict[str, Any] = {"body_id": WATER, "legal_basis": "none"}
    limit = terms.Limit(amount=1, unit=terms.LIMIT_UNIT_CALENDAR_DAYS)
    outcome = terms.Choice(code="mended", label=NAME)
    tries = [
        m.DefineAffairRequest(**r, affair_id="new", name=NAME),
        m.RenameAffairRequest(**r, affair_id=POTHOLE, name=NAME),
        m.DecideAnonymityRequest(**r, affair_id=POTHOLE),
        m.DecideOutcomesRequest(**r, affair_id=POTHOLE, outcomes=[outcome]),
        m.RetireAffairRequest(**r, affair_id=POTHOLE),
        m.SeedStandardAffairsRequest(**r),
        m.AssignResponsibilityRequest(**r, affair_id=POTHOLE, area_id=ELM, **about),
        m.ReviseResponsibilityRequest(**r, item_id=item, **about),
        m.EndResponsibilityRequest(**r, item_id=item),
        m.DefineCalendarRequest(
            **r, calendar_id="new", name=NAME, working_time=terms.WorkingTime(time_zone="UTC")
        ),
        m.PublishCommitmentRequest(
            **r, affair_id=POTHOLE, area_id=ELM, calendar_id="always", resolution=limit
        ),
        m.PublishCommitmentRequest(**r, affair_id=POTHOLE, calendar_id="always", resolution=limit),
    ]

    assert _let_in(west, tries) == []
    noise = catalog.DefineAffairRequest(**_request(), affair_id="noise", name=NAME)
    town.operator.catalog.define_affair(noise)
    allowed = catalog.AssignResponsibilityRequest(**r, affair_id="noise", area_id=WEST, **about)
    assert west.assign_responsibility(allowed).responsibility.area_id == WEST


def test_a_provider_keeps_its_own_services_only(town: Town) -> None:
    about = terms.ServiceDetails(affair_id=POTHOLE, area_ids=[ELM], name=NAME)

    def offer(body_id: str) -> catalog.PublishServiceRequest:
        return catalog.PublishServiceRequest(request_id=new_id(), body_id=body_id, details=about)

    service_id = town.operator.catalog.publish_service(offer(WATER)).service.service_id
    token = town.mint.client("services.write", subject="roads-program", grants=[Grant("PARTNER", body=ROADS)])
    roads = town.anyone(token).catalog
    r = _request(service_id=service_id)
    tries = [
        offer(WATER),
        catalog.ChangeServiceRequest(**r, details=about),
        catalog.SuspendServiceRequest(**r),
        catalog.ResumeServiceRequest(**r),
        catalog.RetireServiceRequest(**r),
    ]

    assert _let_in(roads, tries) == []
    assert roads.publish_service(offer(ROADS)).service.body_id == ROADS


def test_who_coordinates_the_west_asks_nobody_in_the_east(town: Town, elm_person: str) -> None:
    west = town.person("COORDINATOR", area=WEST).volunteers
    needed = town.operator.volunteers.raise_need(need(ELM)).need.need_id
    r, m = _request(), volunteers
    tries = [
        need(ELM),
        need(TOWN),
        m.GetNeedRequest(need_id=needed),
        m.WithdrawNeedRequest(**r, need_id=needed, reason="no"),
        m.ProposeMatchesRequest(**r, area_id=ELM),
        m.ProposeMatchesRequest(**r, area_id=TOWN),
        m.EnrolVolunteerRequest(**r, volunteer_id="somebody", profile=profile(ELM)),
        *_for_another(elm_person),
    ]

    assert _let_in(west, tries) == []
    assert list(west.list_needs(m.ListNeedsRequest(page_size=1000)).needs) == []
    assert list(west.list_volunteers(m.ListVolunteersRequest(page_size=1000)).volunteers) == []


def test_a_volunteer_decides_for_themself_only(town: Town, elm_person: str) -> None:
    other = town.person("VOLUNTEER", "other").volunteers

    assert _let_in(other, _for_another(elm_person)) == []


def test_who_may_read_about_volunteers_may_not_speak_for_them(town: Town, elm_person: str) -> None:
    """A client with both scopes of a reader: what it reads by one, it must not change by the other."""
    reader = town.anyone(town.mint.client("volunteers.self", "volunteers.read")).volunteers
    tries = [request for request in _for_another(elm_person) if "Get" not in type(request).__name__]

    assert _let_in(reader, tries) == []
    assert reader.get_volunteer(volunteers.GetVolunteerRequest(volunteer_id=elm_person)).volunteer.active


def _for_another(volunteer_id: str) -> list[Message]:
    who = _request(volunteer_id=volunteer_id)
    return [
        volunteers.ReviseProfileRequest(**who, profile=profile(ELM)),
        volunteers.LeaveVolunteersRequest(**who),
        volunteers.AcceptOfferRequest(**who, need_id="some-need"),
        volunteers.DeclineOfferRequest(**who, need_id="some-need"),
        volunteers.GetVolunteerRequest(volunteer_id=volunteer_id),
    ]


def _let_in(stub: Any, requests: list[Any]) -> list[tuple[str, str]]:
    """Those that were not refused for reaching too far, and what came of them."""
    return [(rpc, reason) for rpc, reason in _answers(stub, requests) if reason != HERE]


def _answers(stub: Any, requests: list[Any]) -> Iterator[tuple[str, str]]:
    for request in requests:
        rpc = snake_case(type(request).__name__.removesuffix("Request"))
        yield rpc, refusal(getattr(stub, rpc), request)
