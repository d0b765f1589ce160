"""A case spelt differently is the same; a text that says nothing is refused; an area's client stays there."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from grpc import StatusCode
from linli.cases.v1 import cases_events_pb2 as published
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity

from libs.rpc.access import Grant
from libs.rpc.failures import RpcFailed
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from services.cases.tests import neighbours
from services.cases.tests.neighbours import IN_MOLE_STREET
from services.cases.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["CasesService"]
SCOPES = ("cases.open", "cases.read", "cases.work")
numbers = count(1)


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE) as service:
        neighbours.tell(service)
        partner = service.client(service.mint.client(*SCOPES)).service(DESCRIPTOR)
        eventually(lambda: _opens(partner), "the city is known")
        claim(partner, "sys311")
        yield service


@pytest.fixture
def partner(running: Component) -> Any:
    """A partner's client that reaches everything."""
    return running.client(running.mint.client(*SCOPES)).service(DESCRIPTOR)


@pytest.fixture
def officer(running: Component) -> Any:
    return running.client(running.mint.person("CASE_OFFICER", "DISPATCHER")).service(DESCRIPTOR)


def request_id() -> str:
    return f"text-{next(numbers)}"


def report(number: str = "", system: str = "sys311", **fields: Any) -> pb.OpenCaseRequest:
    told = {
        "request_id": request_id(),
        "affair_id": "potholes",
        "channel": types.CHANNEL_PARTNER_API,
        "location": IN_MOLE_STREET,
    }
    reference = (
        {"external_reference": types.ExternalReference(system=system, number=number)} if number else {}
    )
    return pb.OpenCaseRequest(**{**told, **reference, **fields})


def claim(rpcs: Any, system: str) -> None:
    request = pb.RegisterExternalSystemRequest(request_id=request_id(), system=system)
    rpcs.register_external_system(request)


def _opens(rpcs: Any) -> bool:
    try:
        return bool(rpcs.open_case(report()).case.body_id)
    except RpcFailed:
        return False


def refusal(call: Any, request: Any) -> RpcFailed:
    with pytest.raises(RpcFailed) as failed:
        call(request)
    return failed.value


@pytest.mark.parametrize(
    ("first", "again"),
    [
        *(("A-1", spelt) for spelt in ("A-1 ", "A\u200b-1", "Ａ－１", "A\u22121", "\u202aA-1\u202c")),
        ("Caf\u00e9-2", "Cafe\u0301-2"),
        ("B/3", "Ｂ／３"),
    ],
)
def test_a_number_of_another_system_spelt_differently_is_the_same_matter(
    partner: Any, first: str, again: str
) -> None:
    system = f"sys {next(numbers)}"
    claim(partner, system)
    opened = partner.open_case(report(first, system=system))
    case = opened.case

    for other in (system, f"{system.upper()} ", system.replace(" ", "\u3000")):
        failed = refusal(partner.open_case, report(again, system=other))

        assert (failed.reason, failed.metadata["public_id"]) == ("CASE_EXISTS", case.public_id)
    assert case.external_reference.number == first
    wanted = f'external_number = "{again}" AND external_system = "{system.upper()}"'
    listed = partner.list_cases(pb.ListCasesRequest(filter=wanted, at_least=opened.revision))
    assert [each.case_id for each in listed.cases] == [case.case_id]


def test_numbers_that_differ_in_case_are_two_matters(partner: Any) -> None:
    one, other = partner.open_case(report("x-9")).case, partner.open_case(report("X-9")).case

    assert one.case_id != other.case_id


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u200b", "\u2800", "\u3164\r\n"])
def test_a_reason_that_says_nothing_is_refused(partner: Any, officer: Any, blank: str) -> None:
    case = {"case_id": partner.open_case(report()).case.case_id, "request_id": request_id()}

    for call, request, field in (
        (officer.pause_case, pb.PauseCaseRequest(**case, reason=blank, reason_code="weather"), "reason"),
        (officer.return_case, pb.ReturnCaseRequest(**case, reason=blank), "reason"),
        (officer.reject_case, pb.RejectCaseRequest(**case, reason=blank, reason_code="unclear"), "reason"),
        (officer.reopen_case, pb.ReopenCaseRequest(**case, reason=blank), "reason"),
        (officer.add_note, pb.AddNoteRequest(**case, text=blank), "text"),
    ):
        failed = refusal(call, request)
        assert (failed.code, list(failed.violations)) == (StatusCode.INVALID_ARGUMENT, [field])
    failed = refusal(partner.open_case, report("1", system=blank))
    assert list(failed.violations) == ["external_reference.system"]


def test_what_comes_from_forms_and_mails_is_taken_with_our_line_ends(partner: Any, officer: Any) -> None:
    opened = partner.open_case(report(description="\ufeffone\r\ntwo\rthree\u2028four\r\n"))

    shown = officer.get_case(pb.GetCaseRequest(case_id=opened.case.case_id, at_least=opened.revision))

    assert shown.report.description == "one\ntwo\nthree\nfour"


def test_a_client_that_is_kept_to_an_area_opens_cases_there_and_nowhere_else(running: Component) -> None:
    def kept_to(area: str, path: str, body: str = "") -> Any:
        grants = [Grant("PARTNER", area=area, path=path, body=body)]
        return running.client(running.mint.client(*SCOPES, grants=grants)).service(DESCRIPTOR)

    inside, outside = kept_to("harbour", "city/harbour"), kept_to("hill", "city/hill")

    assert inside.open_case(report()).case.area_path == "city/harbour/mole-street"
    assert kept_to("", "", body="roads").open_case(report()).case.body_id == "roads"
    failed = refusal(outside.open_case, report())
    assert (failed.code, failed.reason) == (StatusCode.PERMISSION_DENIED, "OUT_OF_REACH")


def test_not_lists_exactly_the_cases_that_the_filter_does_not(partner: Any) -> None:
    claim(partner, "filtered")
    opened = partner.open_case(report("f-1", system="filtered"))
    everything = _listed(partner, "", opened.revision)

    for wanted in (
        'ended_time < "2030-01-01T00:00:00Z"',
        'external_system = "filtered"',
        'body_id = "roads"',
        "state = CASE_STATE_ROUTED",
        'area_path = "city/hill"',
    ):
        found = _listed(partner, wanted, opened.revision)
        assert _listed(partner, f"NOT {wanted}", opened.revision) == everything - found, wanted
    assert opened.case.case_id in _listed(partner, "NOT ended_time > 2019-01-01T00:00:00Z", opened.revision)


def _listed(partner: Any, wanted: str, at_least: str) -> set[str]:
    request = pb.ListCasesRequest(filter=wanted, page_size=200, at_least=at_least)
    return {case.case_id for case in partner.list_cases(request).cases}


def test_history_and_refusals_use_the_contracts_names(partner: Any, officer: Any) -> None:
    case = partner.open_case(report()).case

    failed = refusal(officer.resume_case, pb.ResumeCaseRequest(case_id=case.case_id, request_id=request_id()))
    history = partner.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries

    assert failed.metadata["state"] == types.CaseState.Name(case.state)
    assert failed.metadata["command"] == "ResumeCase"
    contract = {f"linli.cases.v1.{name}" for name in published.DESCRIPTOR.message_types_by_name}
    assert {entry.event for entry in history} <= contract


def test_a_case_names_nobody_whom_identity_does_not_know(running: Component, officer: Any) -> None:
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-mei"))

    channel: dict[str, Any] = {"channel": types.CHANNEL_DESK}
    for person in ({"on_behalf_of": "13800138000"}, {"reporter_id": "zhang.wei"}):
        failed = refusal(officer.open_case, report(**channel, **person))
        assert (failed.reason, list(failed.violations)) == ("REPORTER_UNKNOWN", ["reporter_id"])
    both = report(**channel, reporter_id="resident-mei", on_behalf_of="13800138000")
    assert list(refusal(officer.open_case, both).violations) == ["on_behalf_of"]
