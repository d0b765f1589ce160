"""Pauses beyond their limit over the real wire: who requests them, who decides, who is told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.ledger.recorded import utc_now
from libs.rpc.access import Grant
from libs.rpc.credentials import Token
from libs.rpc.moments import stamp
from libs.testkit.component import Component
from libs.testkit.rpc import Mint
from services.cases.tests.wire import new_id, on, outcome, refused, report, service_of


@pytest.fixture
def case(roads_officer: Any, lin: Any) -> pb.Case:
    """Lin's pothole in Mole Street; the roads department is at work."""
    opened: pb.Case = lin.open_case(report()).case
    roads_officer.start_work(pb.StartWorkRequest(**on(opened)))
    return opened


@pytest.fixture
def district(person: Any) -> Any:
    """Who supervises the district above Mole Street."""
    return person("SUPERVISOR", subject="ada", path="city/harbour")


def requesting(case: pb.Case, days: float = 60) -> pb.RequestPauseRequest:
    until = stamp(utc_now() + timedelta(days=days))
    return pb.RequestPauseRequest(**on(case, reason="frost", reason_code="weather", until_time=until))


def approving(case: pb.Case, pause_id: str = "pause-1") -> pb.ApprovePauseRequest:
    return pb.ApprovePauseRequest(**on(case, pause_id=pause_id, reason="the ground is frozen"))


def refusing(case: pb.Case, pause_id: str = "pause-1") -> pb.RefusePauseRequest:
    return pb.RefusePauseRequest(**on(case, pause_id=pause_id, reason="others dig"))


def both_officer_and_dispatcher(mint: Mint) -> Token:
    """Somebody who works for the roads department, and dispatches in the whole city."""
    return mint.holding("cal", Grant("CASE_OFFICER", body="roads"), Grant("DISPATCHER", path="city"))


def test_the_reporter_sees_who_requested_it_why_and_which_area_approved(
    case: pb.Case, roads_officer: Any, district: Any, lin: Any
) -> None:
    requested = roads_officer.request_pause(requesting(case))
    assert (requested.pause_id, requested.deciding_area_id) == ("pause-1", "harbour")

    approved = district.approve_pause(approving(case)).case

    assert approved.state == types.CASE_STATE_WAITING
    [shown] = lin.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case.pause_requests
    assert (shown.body_id, shown.reason_code, shown.reason) == ("roads", "weather", "frost")
    assert (shown.decision, shown.deciding_area_id) == (types.PAUSE_DECISION_APPROVED, "harbour")
    assert (shown.decision_reason, shown.decided_by) == ("the ground is frozen", "")
    [for_staff] = district.get_case(pb.GetCaseRequest(case_id=case.case_id)).pause_requests
    assert (for_staff.requested_by, for_staff.decided_by) == ("rob", "ada")
    history = lin.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case.history
    assert [entry.event.rpartition(".")[2] for entry in history][-3:] == [
        "PauseRequested",
        "PauseApproved",
        "CasePaused",
    ]


def test_an_approved_pause_is_explained_apart(case: pb.Case, roads_officer: Any, district: Any) -> None:
    roads_officer.request_pause(requesting(case))
    district.approve_pause(approving(case))
    roads_officer.resume_case(pb.ResumeCaseRequest(**on(case)))
    roads_officer.pause_case(pb.PauseCaseRequest(**on(case, reason="rain", reason_code="weather")))

    asked = pb.ExplainDeadlineRequest(case_id=case.case_id, clock=types.CLOCK_KIND_RESOLUTION)
    answer = district.explain_deadline(asked)

    assert (len(answer.approved_pauses), len(answer.pauses)) == (1, 1)
    assert not answer.pauses[0].HasField("until_time")


def test_neither_the_body_nor_whoever_works_below_the_next_area_decides(
    running: Component, person: Any, case: pb.Case, roads_officer: Any
) -> None:
    roads_officer.request_pause(requesting(case))

    assert refused(roads_officer.approve_pause, approving(case)) == "SCOPE_MISSING"
    of_the_street = person("DISPATCHER", subject="dan", path="city/harbour/mole-street")
    assert refused(of_the_street.approve_pause, approving(case)) == "OUT_OF_REACH"
    elsewhere = person("SUPERVISOR", subject="eve", path="city/hill")
    assert refused(elsewhere.refuse_pause, refusing(case)) == "OUT_OF_REACH"
    colleague = service_of(running, both_officer_and_dispatcher(running.mint))
    assert refused(colleague.approve_pause, approving(case)) == "PAUSE_DECIDED_BY_REQUESTER"


def test_who_holds_every_right_does_not_approve_what_they_requested(operator: Any, case: pb.Case) -> None:
    operator.request_pause(requesting(case))

    assert refused(operator.approve_pause, approving(case)) == "PAUSE_DECIDED_BY_REQUESTER"


def test_of_two_who_decide_at_once_one_is_told_that_it_is_decided(
    case: pb.Case, roads_officer: Any, district: Any, dispatcher: Any
) -> None:
    roads_officer.request_pause(requesting(case))

    with ThreadPoolExecutor(2) as both:
        answers = both.map(
            outcome, (district.approve_pause, dispatcher.refuse_pause), (approving(case), refusing(case))
        )

    assert sorted(answers) == ["", "PAUSE_NOT_REQUESTED"]


def test_a_repeated_request_is_the_same_one(case: pb.Case, roads_officer: Any) -> None:
    request = requesting(case)

    first, again = roads_officer.request_pause(request), roads_officer.request_pause(request)

    assert (first.pause_id, first.revision) == (again.pause_id, again.revision)
    request.request_id = new_id()
    assert refused(roads_officer.request_pause, request) == "PAUSE_REQUEST_PENDING"


def test_those_who_decide_find_what_waits_for_them(case: pb.Case, roads_officer: Any, district: Any) -> None:
    def waiting(at_least: str) -> bool:
        listed = pb.ListCasesRequest(filter="pause_requested = true", at_least=at_least, page_size=200)
        return case.case_id in {each.case_id for each in district.list_cases(listed).cases}

    assert waiting(roads_officer.request_pause(requesting(case)).revision)
    assert not waiting(district.refuse_pause(refusing(case)).revision)


def test_a_pause_within_its_limit_needs_no_approval(case: pb.Case, roads_officer: Any) -> None:
    assert refused(roads_officer.request_pause, requesting(case, days=0.01)) == "PAUSE_WITHIN_LIMIT"
    assert refused(roads_officer.request_pause, requesting(case, days=-1)) == "PAUSE_END_OUT_OF_RANGE"
