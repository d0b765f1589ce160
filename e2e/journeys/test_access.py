"""Everybody may do what their roles and grants say, at every door of the platform, and nothing else."""

from functools import cache
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FieldDescriptor, ServiceDescriptor
from linli.acting.v1 import acting_service_pb2 as acting
from linli.cases.v1 import cases_service_pb2 as cases
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_service_pb2 as identity
from linli.operations.v1 import operations_service_pb2 as operations
from linli.options.v1 import access_pb2
from linli.privacy.v1 import privacy_service_pb2 as privacy
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.journeys.feeds import FEED, kind, published
from e2e.journeys.town import EAST, ELM, POTHOLE, ROADS, TOWN, WATER, WEST, Town, new_id, on, refusal, report
from libs.rpc.methods import Method
from libs.rpc.naming import snake_case
from libs.rpc.server import Server
from libs.testkit import patience
from libs.testkit.contracts import rules_of
from libs.testkit.eventually import eventually
from libs.testkit.rpc import Mint, answer_to, deviations, every_rpc, roles, serving
from services.command.registry import NAMES

SERVICES = tuple(
    service
    for module in (identity, catalog, cases, volunteers, supervision, feed, operations, privacy, acting)
    for service in module.DESCRIPTOR.services_by_name.values()
)
CASES = tuple(cases.DESCRIPTOR.services_by_name.values())
SUPERVISION = tuple(supervision.DESCRIPTOR.services_by_name.values())
OUT_OF_REACH = "OUT_OF_REACH"


def test_every_rpc_lets_in_just_those_whom_it_names(town: Town) -> None:
    """Every rpc as nobody, in each role, and as a client with each single scope."""
    methods = every_rpc(*SERVICES)

    assert [method.path for method in methods if not method.declared] == []
    assert deviations(town.platform.address, town.mint, methods) == []


def test_an_rpc_that_names_nobody_lets_nobody_in() -> None:
    mint = Mint()
    server = Server(authority=mint.verifier)
    server.add(_undeclared(), _Open())

    with serving(server) as address:
        assert deviations(address, mint, every_rpc(_undeclared())) == []


class _Open:
    """What would answer, if anybody were let in."""

    def list_cases(self, _request: object, _call: object) -> cases.ListCasesResponse:
        return cases.ListCasesResponse()


@cache
def _undeclared() -> ServiceDescriptor:
    """A service whose author forgot to say who may call."""
    file = descriptor_pb2.FileDescriptorProto(
        name="linli/undeclared.proto", package="linli.undeclared.v1", syntax="proto3"
    )
    file.dependency.append(cases.DESCRIPTOR.name)
    method = file.service.add(name="UndeclaredService").method.add(name="ListCases")
    method.input_type = f".{cases.ListCasesRequest.DESCRIPTOR.full_name}"
    method.output_type = f".{cases.ListCasesResponse.DESCRIPTOR.full_name}"
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    return pool.FindServiceByName("linli.undeclared.v1.UndeclaredService")


# -- how far a grant reaches -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def elm_case(town: Town) -> cases.Case:
    """A case of the waterworks in Elm, in the east."""
    return _known_everywhere(town, town.report(town.resident("lin"), area_id=ELM))


@pytest.fixture(scope="module")
def west_case(town: Town) -> cases.Case:
    """A case of the roads in the west."""
    return _known_everywhere(town, town.report(town.resident("wei"), area_id=WEST, affair_id=POTHOLE))


def _known_everywhere(town: Town, case: cases.Case) -> cases.Case:
    asked = supervision.GetCaseTrailRequest(case_id=case.case_id)
    eventually(lambda: not refusal(town.operator.supervision.get_case_trail, asked))
    everything = cases.ListCasesRequest(page_size=200)
    eventually(
        lambda: case.case_id in {each.case_id for each in town.operator.cases.list_cases(everything).cases}
    )
    return case


REACHING = {access_pb2.DATA_SCOPE_AREA, access_pb2.DATA_SCOPE_BODY, access_pb2.DATA_SCOPE_AREA_OR_BODY}
ON_CASES = [
    method
    for method in every_rpc(*CASES, *SUPERVISION)
    if "case_id" in method.request.DESCRIPTOR.fields_by_name
    and method.access is not None
    and method.access.data_scope in REACHING
]
"""Every rpc on one case whose caller's grant must cover it."""


@pytest.mark.parametrize("method", ON_CASES, ids=lambda method: snake_case(method.name))
def test_a_grant_for_another_area_or_body_is_no_grant_for_a_case(
    town: Town, elm_case: cases.Case, west_case: cases.Case, method: Method
) -> None:
    """In every role that has a scope of the rpc: elsewhere, for others, or both."""
    assert method.access is not None
    holders = [role for role, scopes in roles().items() if scopes & set(method.access.scopes)]
    request = filled(method, case_id=elm_case.case_id, body_id=ROADS, into_case_id=west_case.case_id)

    answers = {
        (role, area, body): _told(town, method, request, role, area, body)
        for role in holders
        for area, body in [(WEST, ""), ("", ROADS), (WEST, WATER), (ELM, ROADS)]
    }

    assert len(holders) > 0
    assert {who: reason for who, reason in answers.items() if reason != OUT_OF_REACH} == {}


@pytest.mark.parametrize(
    ("rpc", "role", "area", "body"),
    [
        ("AcceptCase", "CASE_OFFICER", "", WATER),
        ("StartWork", "CASE_OFFICER", EAST, WATER),
        ("GetCase", "CASE_OFFICER", "", WATER),
        ("GetCaseHistory", "SUPERVISOR", EAST, ""),
        ("AddNote", "DISPATCHER", ELM, ""),
        ("ReassignCase", "DISPATCHER", TOWN, ""),
        ("GetCaseTrail", "SUPERVISOR", ELM, ""),
    ],
)
def test_a_grant_that_covers_the_case_opens_the_way(
    town: Town, rpc: str, role: str, area: str, body: str
) -> None:
    case = _known_everywhere(town, town.report(town.resident("lin"), area_id=ELM))
    [method] = [method for method in ON_CASES if method.name == rpc]
    request = filled(method, case_id=case.case_id, body_id=ROADS, legal_basis="Decree 7")

    assert _told(town, method, request, role, area, body) == ""


def test_only_the_reporter_takes_a_report_back_or_objects(town: Town, elm_case: cases.Case) -> None:
    neighbour = town.resident("neighbour")

    withdrawn = refusal(neighbour.cases.withdraw_case, cases.WithdrawCaseRequest(**on(elm_case)))
    objected = refusal(
        neighbour.cases.object_to_resolution, cases.ObjectToResolutionRequest(**on(elm_case), reason="no")
    )
    in_the_name_of_lin = refusal(neighbour.cases.open_case, report(reporter_id="lin"))
    listed = neighbour.cases.list_my_cases(cases.ListMyCasesRequest()).cases

    assert (withdrawn, objected) == ("NOT_YOURS", "NOT_YOURS")
    assert in_the_name_of_lin == "REPORTER_IS_SOMEBODY_ELSE"
    assert list(listed) == []


def test_lists_show_what_the_grants_cover(town: Town, elm_case: cases.Case, west_case: cases.Case) -> None:
    everything = cases.ListCasesRequest(page_size=200)

    for role, area, body, seen, unseen in (
        ("DISPATCHER", WEST, "", west_case, elm_case),
        ("DISPATCHER", EAST, "", elm_case, west_case),
        ("CASE_OFFICER", "", ROADS, west_case, elm_case),
        ("CASE_OFFICER", "", WATER, elm_case, west_case),
    ):
        listed = town.person(role, area=area, body=body).cases.list_cases(everything).cases
        shown = {case.case_id for case in listed}
        assert seen.case_id in shown, (role, area, body)
        assert unseen.case_id not in shown, (role, area, body)
        assert all(case.body_id == body or area in case.area_path.split("/") for case in listed)


# -- the feed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "area", "body"), [("SUPERVISOR", WEST, ""), ("SUPERVISOR", EAST, ""), ("PARTNER", "", ROADS)]
)
def test_the_feed_shows_what_the_grants_cover(
    town: Town, elm_case: cases.Case, west_case: cases.Case, role: str, area: str, body: str
) -> None:
    reader = town.person(role, area=area, body=body)

    events = published(reader, "cases")
    followed = _followed(reader, "cases", events)

    seen = {event.subject for event in events}
    assert seen <= (_that_name(town, body) if body else _that_lie_in(town, area))
    assert f"case-{(elm_case if area == EAST else west_case).case_id}" in seen
    assert f"case-{(west_case if area == EAST else elm_case).case_id}" not in seen
    assert [event.id for event in followed] == [event.id for event in events]


def _that_lie_in(town: Town, area: str) -> set[str]:
    listed = town.operator.cases.list_cases(cases.ListCasesRequest(page_size=200)).cases
    return {f"case-{case.case_id}" for case in listed if area in case.area_path.split("/")}


def _that_name(town: Town, body: str) -> set[str]:
    """Cases that have, or had, to do with the body."""
    everything = published(town.operator, "cases")
    return {event.subject for event in everything if body.encode() in event.data.value}


@pytest.mark.parametrize("source", NAMES)
def test_a_client_without_grants_reads_public_events_only(town: Town, source: str) -> None:
    stranger = town.anyone(town.mint.client("feed.read", grants=[]))

    seen = {kind(event) for event in published(stranger, source)}

    assert seen <= {
        *("AreaDefined", "AreaBoundaryChanged", "BodyRegistered"),
        *("AffairDefined", "AffairChanged", "AffairRetired", "ResponsibilityAssigned", "ResponsibilityEnded"),
        *("CalendarDefined", "CommitmentPublished"),
        *("ServicePublished", "ServiceChanged", "ServiceSuspended", "ServiceResumed", "ServiceRetired"),
    }


def _followed(reader: Any, source: str, expected: list[feed.Event]) -> list[feed.Event]:
    """The first events that a follower is sent, as many as are expected."""
    stub = reader.client.service(FEED)
    events: list[feed.Event] = []
    for answer in stub.follow_events(
        feed.FollowEventsRequest(source=source), deadline=patience.seconds(20.0)
    ):
        events += answer.batch.events
        if len(events) >= len(expected):
            return events
    return events


# -- inside ----------------------------------------------------------------------------------------


def _told(town: Town, method: Method, request: bytes, role: str, area: str, body: str) -> str:
    """What somebody with this grant is told; "" if they are served."""
    who = town.person(role, area=area, body=body)
    failed = answer_to(who.client, method, request)
    who.client.close()
    return "" if failed is None else failed.reason


def filled(method: Method, **known: str) -> bytes:
    """A request of the rpc with something in every field that must be set."""
    request: Any = method.request()
    for field in request.DESCRIPTOR.fields:
        rules = rules_of(field)
        if field.name in known:
            setattr(request, field.name, known[field.name])
        elif field.name == "request_id":
            request.request_id = new_id()
        elif rules.required and field.enum_type is not None:
            setattr(request, field.name, field.enum_type.values[1].number)  # the first that says something
        elif rules.required and field.message_type is not None:
            getattr(request, field.name).SetInParent()
        elif rules.required:
            assert field.cpp_type == FieldDescriptor.CPPTYPE_STRING, f"{method.path} wants {field.name}"
            setattr(request, field.name, "x")
        elif rules.bounded:
            setattr(request, field.name, int(rules.minimum))
    return bytes(request.SerializeToString())
