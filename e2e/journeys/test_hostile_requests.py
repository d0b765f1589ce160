"""Whatever is sent to whichever rpc: a clear answer, nothing broken, and the platform works on as before."""

import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from linli.cases.v1 import cases_service_pb2 as cases
from linli.supervision.v1 import supervision_service_pb2 as supervision
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.journeys.cities import platform_in
from e2e.journeys.ledgers import all_services, gaps, ledger_of, streams_of
from e2e.journeys.test_access import SERVICES
from e2e.journeys.town import ELM, PIPE, POTHOLE, ROADS, TOWN, WATER, WEST, Town, need, on, profile, town_on
from libs.rpc.client import Client, connect
from libs.rpc.credentials import Token
from libs.rpc.failures import failure_of
from libs.testkit import patience
from libs.testkit.eventually import eventually
from libs.testkit.hostile import assert_never_broken
from libs.testkit.requests import HOSTILE, Seeds
from libs.testkit.rpc import answer_to, every_rpc, roles
from services.command.registry import NAMES

MANY = 8
BROKEN = {"INTERNAL", "UNKNOWN"}
LOCKS_US_OUT = "RotateSigningKey"
"""Called well, it makes our own tokens worthless: it is tried last."""
ENDS_AREAS = {"EndArea", "SplitArea", "MergeAreas"}
"""Called well, nobody reports there any more: they are tried where nobody does."""


@pytest.fixture(scope="module")
def attacked(folder: Path) -> Iterator[Town]:
    """A town of our own, to be treated badly."""
    with platform_in(folder / "attacked") as platform:
        platform.start()
        with town_on(platform) as town:
            yield town


@pytest.fixture(scope="module")
def everything(attacked: Town) -> Iterator[Client]:
    """A client that is let in everywhere, and reaches everything."""
    with connect(attacked.platform.address, attacked.mint.person(*roles())) as client:
        yield client


@pytest.fixture(scope="module")
def seeds(attacked: Town) -> Seeds:
    """Things that exist, so that requests get further than the first check."""
    lin = attacked.resident("lin")
    opened = [attacked.report(lin, assisted=number == 1) for number in range(3)]
    lin.volunteers.enrol_volunteer(volunteers.EnrolVolunteerRequest(request_id="enrol", profile=profile(ELM)))
    raised = attacked.operator.volunteers.raise_need(need(ELM)).need.need_id
    return {
        "case_id": [case.case_id for case in opened],
        "public_id": [case.public_id for case in opened],
        "need_id": [raised],
        "volunteer_id": ["lin"],
        "area_id": [TOWN, ELM, WEST],
        "parent_id": [TOWN, ELM],
        "home_area_id": [ELM],
        "body_id": [WATER, ROADS],
        "affair_id": [PIPE, POTHOLE],
        "item_id": [f"{PIPE}:{TOWN}:1"],
        "calendar_id": ["always"],
        "zone": ["Asia/Shanghai"],
        "time_zone": ["Asia/Shanghai"],
        "source": list(NAMES),
        "service": list(NAMES),
        "order_by": ["opened_time", "due_time desc"],
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_no_request_breaks_an_rpc(everything: Client, seeds: Seeds, service: Any) -> None:
    methods = [method for method in every_rpc(service) if method.name not in {LOCKS_US_OUT, *ENDS_AREAS}]
    ending = [method for method in every_rpc(service) if method.name in ENDS_AREAS]

    assert_never_broken(everything, methods, seeds=seeds, many=MANY)
    assert_never_broken(everything, ending, seeds={**seeds, "area_id": [WEST]}, many=MANY)


@pytest.mark.parametrize("size", [4 * 1024 * 1024 + 1, 16 * 1024 * 1024])
def test_a_request_that_is_too_large_is_refused(everything: Client, size: int) -> None:
    [method] = [method for method in every_rpc(*SERVICES) if method.name == "OpenCase"]

    failed = answer_to(everything, method, b"\x2a" + _varint(size) + b"a" * size)

    assert failed is not None
    assert failed.code in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}


def _varint(number: int) -> bytes:
    raw = b""
    while number > 0x7F:
        raw += bytes([number & 0x7F | 0x80])
        number >>= 7
    return raw + bytes([number])


@pytest.mark.parametrize("header", ["authorization", "traceparent", "accept-language", "x-correlation-id"])
def test_hostile_headers_are_refused_or_ignored(attacked: Town, header: str) -> None:
    """Bad tokens are UNAUTHENTICATED; the other headers never matter to the answer."""
    values = [text for text in HOSTILE if text.isascii() and text.isprintable() and len(text) < 4_000]
    sender = _Sender(attacked)

    codes = {
        value: sender.metrics_of(header, value) for value in (*values, "Bearer ", "Bearer a.b.c", "Basic x")
    }

    expected = {"UNAUTHENTICATED", "OK"} if header == "authorization" else {"OK"}
    assert set(codes.values()) <= expected, codes


class _Sender:
    """Asks a public question, with a header of one's choice."""

    def __init__(self, town: Town) -> None:
        [service] = supervision.DESCRIPTOR.services_by_name.values()
        [self._method] = [method for method in every_rpc(service) if method.name == "ListMetrics"]
        self._client = town.anyone(Token()).client

    def metrics_of(self, header: str, value: str) -> str:
        """The code of the answer; waits for a turn, as callers without a token have to."""
        return eventually(lambda: self._code(header, value), "the caller's turn")

    def _code(self, header: str, value: str) -> str:
        call: Any = self._client.channel.unary_unary(self._method.path)
        try:
            call(b"", timeout=patience.seconds(10), metadata=((header, value),))
        except grpc.RpcError as error:
            code = failure_of(self._method.path, error).code
            return "" if code is grpc.StatusCode.RESOURCE_EXHAUSTED else code.name
        return "OK"


def test_an_rpc_that_does_not_exist_is_unimplemented(everything: Client) -> None:
    for path in ("/linli.cases.v1.CasesService/DropTables", "/", "/linli.cases.v1.CasesService/../x"):
        call: Any = everything.channel.unary_unary(path)
        with pytest.raises(grpc.RpcError) as failed:
            call(b"", timeout=patience.seconds(10))
        assert failure_of(path, failed.value).code is grpc.StatusCode.UNIMPLEMENTED


def test_afterwards_everything_works_as_before(attacked: Town) -> None:
    """A case runs its course; metrics count no broken answer, nothing is parked, the log is quiet."""
    lin, officer = attacked.resident("lin"), attacked.person("CASE_OFFICER", "officer", body=WATER)

    attacked.take_on("afterwards", WATER)
    case = attacked.report(lin, affair_id="afterwards")
    officer.cases.accept_case(cases.AcceptCaseRequest(**on(case)))
    officer.cases.resolve_case(cases.ResolveCaseRequest(**on(case), outcome_code="resolved"))
    lin.cases.confirm_resolution(cases.ConfirmResolutionRequest(**on(case)))
    closed = officer.cases.close_case(cases.CloseCaseRequest(**on(case)))
    asked = supervision.GetScoreboardRequest(
        group_by=supervision.GROUPING_ALL, cases_at_least=closed.revision
    )
    counted = attacked.operator.supervision.get_scoreboard(asked).rows
    listed = attacked.operator.cases.list_cases(
        cases.ListCasesRequest(page_size=200, at_least=closed.revision)
    ).cases

    assert sum(row.cases for row in counted) >= len(listed) > 0
    page = _get(attacked, "/metrics")
    assert _broken(page) == []
    assert _never_answered(page) == []
    assert re.findall(r"^linli_parked_events\{.*\} (?!0\.0).*$", page, re.MULTILINE) == []
    assert [line for line in _log(attacked) if "rpc failed" in line or "Traceback" in line] == []
    assert (_get(attacked, "/livez"), _get(attacked, "/readyz").count("ok") > 1) == ("ok", True)


def _broken(page: str) -> list[str]:
    """Rpcs that answered INTERNAL or UNKNOWN, as the metrics page counts them."""
    return [line for line in _counted(page) if _code(line) in BROKEN]


def _counted(page: str) -> list[str]:
    """The counts of rpcs by their answer, but for the answers that never were."""
    counts = [line for line in page.splitlines() if line.startswith("linli_rpc_total")]
    return [line for line in counts if not line.endswith(" 0.0")]


def _code(line: str) -> str:
    return line.partition('code="')[2].partition('"')[0]


def _never_answered(page: str) -> list[str]:
    """Rpcs that got no further than the door: then nothing was tried."""
    through = {
        line.partition('rpc="')[2].partition('"')[0]
        for line in _counted(page)
        if _code(line) not in {"UNAUTHENTICATED", "PERMISSION_DENIED"}
    }
    methods = [method for method in every_rpc(*SERVICES) if method.name != LOCKS_US_OUT]
    return [method.path for method in methods if method.path not in through]


def _log(town: Town) -> list[str]:
    assert town.platform.log is not None
    return town.platform.log.read_text("utf-8").splitlines()


def _get(town: Town, path: str) -> str:
    with urllib.request.urlopen(f"{town.platform.http}{path}", timeout=patience.seconds(10)) as answer:  # noqa: S310  # loopback
        return str(answer.read().decode())


def test_the_ledgers_are_whole(attacked: Town) -> None:
    for service in all_services():
        with ledger_of(attacked.platform.data, service) as ledger:
            assert gaps(streams_of(ledger)) == [], service.name


def test_at_last_no_request_breaks_the_rotation_of_keys(attacked: Town, everything: Client) -> None:
    methods = [method for method in every_rpc(*SERVICES) if method.name == LOCKS_US_OUT]

    assert_never_broken(everything, methods, many=MANY)

    assert _broken(_get(attacked, "/metrics")) == []
