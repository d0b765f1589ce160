"""Words for tests of cases over the real wire: requests with arbitrary but speaking values."""

from itertools import count
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from services.cases.tests.neighbours import IN_MOLE_STREET

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["CasesService"]
numbers = count(1)


def service_of(running: Component, token: Token) -> Any:
    return running.client(token).service(DESCRIPTOR)


def known_to(operator: Any, **asked: Any) -> bool:
    try:
        return routed_to(operator, "roads", **asked)
    except RpcFailed:
        return False


def routed_to(operator: Any, body_id: str, **asked: Any) -> bool:
    preview = operator.preview_routing(pb.PreviewRoutingRequest(**asked))
    return bool(preview.routing.body_id == body_id and preview.deadlines)


def outcome(call: Any, request: Any) -> str:
    """Why a request is refused; "" if it is not."""
    try:
        call(request)
    except RpcFailed as failed:
        return str(failed.reason)
    return ""


def new_id() -> str:
    return f"request-{next(numbers)}"


def report(affair_id: str = "potholes", **fields: Any) -> pb.OpenCaseRequest:
    told = {
        "request_id": new_id(),
        "affair_id": affair_id,
        "channel": types.CHANNEL_WEB,
        "description": "a hole as deep as a bucket",
        "location": IN_MOLE_STREET,
    }
    return pb.OpenCaseRequest(**{**told, **fields})


def imported(number: str, at: str, **fields: Any) -> pb.OpenCaseRequest:
    reference = types.ExternalReference(system="old-system", number=number)
    return report(occurred_time=stamp(moment(at)), external_reference=reference, **fields)


def claim(somebody: Any, system: str) -> Any:
    """Register a system outside the platform as theirs."""
    request = pb.RegisterExternalSystemRequest(request_id=new_id(), system=system)
    return somebody.register_external_system(request)


def on(case: pb.Case, **fields: Any) -> dict[str, Any]:
    """The fields that every command on a case has."""
    return {"request_id": new_id(), "case_id": case.case_id, **fields}


def refused(call: Any, request: Any) -> str:
    with pytest.raises(RpcFailed) as failed:
        call(request)
    return str(failed.value.reason)
