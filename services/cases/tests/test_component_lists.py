"""Lists of cases over the real wire: as they are, and as they were."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types

from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.component import Component
from libs.testkit.views import folded
from services.cases.adapters.views.all_cases import VIEW
from services.cases.domain.values import CaseState
from services.cases.entrypoints.wire.words import STATES
from services.cases.tests.wire import on, report


def states(operator: Any, as_of: datetime | None = None, **asked: Any) -> dict[str, int]:
    """The states of all cases, by id."""
    request = pb.ListCasesRequest(page_size=200, **asked)
    if as_of is not None:
        request.as_of_time.CopyFrom(stamp(as_of))
    return {case.case_id: case.state for case in operator.list_cases(request).cases}


def recorded_until(running: Component, case: pb.Case) -> datetime:
    """The recorded time of the newest event of a case."""
    return running.opened.ledger.read_stream(f"case-{case.case_id}")[-1].recorded_at


def test_a_list_shows_the_cases_as_they_were(running: Component, operator: Any, roads_officer: Any) -> None:
    case = operator.open_case(report()).case
    routed = recorded_until(running, case)
    accepted = roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))

    now = states(operator, at_least=accepted.revision)
    then = states(operator, routed)
    before = states(operator, routed - timedelta(seconds=1))

    assert now[case.case_id] == types.CASE_STATE_ACCEPTED
    assert then[case.case_id] == types.CASE_STATE_ROUTED
    assert case.case_id not in before


def test_an_earlier_list_is_filtered_by_what_was(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    case = operator.open_case(report()).case
    routed = recorded_until(running, case)
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))

    assert case.case_id in states(operator, routed, filter="state = ROUTED")
    assert case.case_id not in states(operator, routed, filter="state = ACCEPTED")


def test_an_earlier_list_is_the_fold_of_the_events_until_then(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    for _ in range(5):
        case = operator.open_case(report()).case
        roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
        roads_officer.start_work(pb.StartWorkRequest(**on(case)))
    history = running.opened.ledger.read(after=0, limit=1000)

    for moment in sorted({event.recorded_at for event in history})[-10:]:
        until = [event for event in history if event.recorded_at <= moment]
        wanted = {
            row["case_id"]: STATES.to_wire(CaseState(row["state"]))
            for row in folded(VIEW, until).all("cases")
        }
        assert states(operator, moment) == wanted


def test_pages_of_an_earlier_list_fit_together_while_cases_change(operator: Any, roads_officer: Any) -> None:
    opened = [operator.open_case(report(channel=types.CHANNEL_DESK)).case for _ in range(4)]
    asked = pb.ListCasesRequest(page_size=1, filter="channel = DESK AND state = ROUTED")
    asked.as_of_time.CopyFrom(stamp(datetime.now(UTC)))
    found: list[str] = []

    while True:
        page = operator.list_cases(asked)
        found += [case.case_id for case in page.cases]
        if not page.next_page_token:
            break
        asked.page_token = page.next_page_token
        roads_officer.accept_case(pb.AcceptCaseRequest(**on(opened[len(found)])))  # the next one changes

    assert found == [case.case_id for case in reversed(opened)]


def test_a_moment_that_has_not_come_is_refused(operator: Any) -> None:
    tomorrow = stamp(datetime.now(UTC) + timedelta(days=1))

    with pytest.raises(RpcFailed, match="AS_OF_TIME_AHEAD: this moment has not come yet"):
        operator.list_cases(pb.ListCasesRequest(as_of_time=tomorrow))


def test_a_public_number_in_place_of_an_id_is_told(operator: Any) -> None:
    for call, request in (
        (operator.get_case, pb.GetCaseRequest(case_id="LL-00000-00000")),
        (operator.accept_case, pb.AcceptCaseRequest(**on(pb.Case(case_id="LL-00000-00000")))),
    ):
        with pytest.raises(RpcFailed, match=r"CASE_NOT_FOUND: this is a public number.*GetPublicCase"):
            call(request)
