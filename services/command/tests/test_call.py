"""What `linli call` says of a refusal: the rpc that was called, the reason, each field once."""

import grpc
from google.rpc import error_details_pb2
from linli.cases.v1 import cases_types_pb2 as types

from libs.ledger.decider import Kind, Refusal
from libs.rpc.errors import of_refusal, status_of
from libs.rpc.failures import RpcFailed
from services.command.call import sentences

INFO = error_details_pb2.ErrorInfo(reason="INVALID_REQUEST", domain="linli")


def failed(message: str, *violations: tuple[str, str]) -> RpcFailed:
    bad = error_details_pb2.BadRequest()
    for field, wanted in violations:
        bad.field_violations.add(field=field, description=wanted)
    rpc = "/linli.cases.v1.CasesService/ListCases"
    return RpcFailed(rpc, grpc.StatusCode.INVALID_ARGUMENT, message, [INFO, bad])


def test_a_field_at_fault_is_told_once() -> None:
    message = "the request breaks the rules of its fields: page_size: must be from 0 to 1000"

    assert sentences(failed(message, ("page_size", "must be from 0 to 1000"))) == [
        "cases.ListCases: INVALID_ARGUMENT INVALID_REQUEST: the request breaks the rules of its fields",
        "  page_size: must be from 0 to 1000",
    ]


def test_a_refusal_about_one_field_is_told_once_too() -> None:
    assert sentences(failed("say a known area", ("area_id", "say a known area"))) == [
        "cases.ListCases: INVALID_ARGUMENT INVALID_REQUEST",
        "  area_id: say a known area",
    ]


def test_a_list_of_names_that_is_cut_short_for_the_field_is_told_once_and_whole() -> None:
    names = [name for name, number in types.CaseState.items() if number]
    message = f"state is compared with one of {', '.join(names)}"
    refusal = of_refusal(Refusal(Kind.INVALID, "FILTER_INVALID", message, field="filter"))
    bad = error_details_pb2.BadRequest()
    status_of(refusal).details[1].Unpack(bad)
    [cut] = bad.field_violations
    assert cut.description != message

    assert sentences(failed(message, (cut.field, cut.description))) == [
        "cases.ListCases: INVALID_ARGUMENT INVALID_REQUEST",
        f"  filter: {message}",
    ]


def test_a_refusal_without_fields_is_one_line() -> None:
    assert sentences(failed("close it first")) == [
        "cases.ListCases: INVALID_ARGUMENT INVALID_REQUEST: close it first"
    ]


def test_the_facts_of_a_refusal_are_told_and_when_to_come_again() -> None:
    facts = {"public_id": "LL-1", "area_id": "lin", "retry_after_seconds": "30"}
    info = error_details_pb2.ErrorInfo(reason="CASE_EXISTS", domain="linli", metadata=facts)
    pause = error_details_pb2.RetryInfo(retry_delay={"seconds": 30})
    quota = error_details_pb2.QuotaFailure(violations=[{"subject": "client:c1", "description": "5 a second"}])
    path = "/linli.cases.v1.CasesService/OpenCase"
    refusal = RpcFailed(
        path, grpc.StatusCode.ALREADY_EXISTS, "lin has such a case: use that one", [info, quota, pause]
    )

    assert sentences(refusal) == [
        "cases.OpenCase: ALREADY_EXISTS CASE_EXISTS: lin has such a case: use that one",
        "  public_id: LL-1",
        "  client:c1: 5 a second",
        "  try again after: 30 s",
    ]
