"""Lists of cases over the real wire: as they are, and as they were."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity

from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from libs.testkit.views import folded
from services.cases.adapters.views.all_cases import VIEW
from services.cases.domain.values import CaseState
from services.cases.entrypoints.wire.words import STATES
from services.cases.tests.neighbours import IN_HARBOUR
from services.cases.tests.wire import imported, new_id, on, refused, report


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


def test_a_body_that_gets_a_case_lists_it_at_no_moment_before(
    running: Component, operator: Any, person: Any
) -> None:
    case = operator.open_case(report()).case
    routed = recorded_until(running, case)
    to_parks = {"body_id": "parks", "legal_basis": "Decree 7", "reason": "it is a park"}
    moved = operator.reassign_case(pb.ReassignCaseRequest(**on(case, **to_parks)))
    parks = person("CASE_OFFICER", subject="pia", body="parks")

    assert case.case_id in states(parks, at_least=moved.revision)
    assert case.case_id not in states(parks, routed)


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

    for then in sorted({event.recorded_at for event in history})[-10:]:
        until = [event for event in history if event.recorded_at <= then]
        wanted = {
            row["case_id"]: STATES.to_wire(CaseState(row["state"]))
            for row in folded(VIEW, until).all("cases")
        }
        assert states(operator, then) == wanted


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


NEW_YEAR = datetime(2020, 1, 1, tzinfo=UTC)
FILTERS: dict[str, Callable[[pb.Case], bool]] = {
    "state = ACCEPTED": lambda case: case.state == types.CASE_STATE_ACCEPTED,
    "NOT state = ROUTED": lambda case: case.state != types.CASE_STATE_ROUTED,
    'affair_id = "graffiti"': lambda case: case.affair_id == "graffiti",
    'area_id = "mole-street"': lambda case: case.area_id == "mole-street",
    'area_path = "city"': lambda case: True,
    'area_path = "city/harbour"': lambda case: case.area_path.startswith("city/harbour"),
    'area_path = "city/harbour/mole-street"': lambda case: case.area_id == "mole-street",
    'area_path != "city/harbour/mole-street"': lambda case: case.area_id != "mole-street",
    'body_id = "roads"': lambda case: case.body_id == "roads",
    "channel = EMAIL": lambda case: case.channel == types.CHANNEL_EMAIL,
    'reporter_id = "resident-ann"': lambda case: case.reporter_id == "resident-ann",
    "anonymous = true": lambda case: case.anonymous,
    "assisted = false": lambda case: not case.assisted,
    "overdue = false": lambda case: not any(each.breached for each in case.deadlines),
    "ended = false": lambda case: not case.HasField("ended_time"),
    "ended != false": lambda case: case.HasField("ended_time"),
    'external_system = "old-system"': lambda case: case.external_reference.system == "old-system",
    'external_number = "n-1"': lambda case: case.external_reference.number == "n-1",
    'opened_time < "2020-01-01T00:00:00Z"': lambda case: case.opened_time.ToDatetime(UTC) < NEW_YEAR,
    'due_time >= "2020-01-01T00:00:00Z"': lambda case: _due(case) >= NEW_YEAR,
    'ended_time >= "2020-01-01T00:00:00Z"': lambda case: (
        case.HasField("ended_time") and case.ended_time.ToDatetime(UTC) >= NEW_YEAR
    ),
}
"""Each filter, and what it finds."""


def _due(case: pb.Case) -> datetime:
    due = [each.due_time for each in case.deadlines if each.clock == types.CLOCK_KIND_RESOLUTION]
    return due[0].ToDatetime(UTC) if due else datetime.min.replace(tzinfo=UTC)


def all_sorts(running: Component, operator: Any, roads_officer: Any) -> str:
    """Cases that differ in everything that lists are filtered by; the revision of the last."""
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-ann"))
    operator.open_case(report(reporter_id="resident-ann", channel=types.CHANNEL_EMAIL, assisted=True))
    operator.open_case(report("graffiti", anonymous=True, location=IN_HARBOUR, channel=types.CHANNEL_EMAIL))
    operator.open_case(report("ufos", location=IN_HARBOUR, assisted=True))
    operator.open_case(imported("n-1", "2019-05-06 10:00"))
    operator.open_case(imported("n-2", "2020-05-06 10:00", affair_id="graffiti"))
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(operator.open_case(report()).case)))
    unclear = operator.open_case(report(reporter_id="resident-ann")).case
    rejection = pb.RejectCaseRequest(**on(unclear), reason_code="unclear", reason="which street?")
    return str(operator.reject_case(rejection).revision)


def test_each_filter_finds_what_it_says_alone_and_with_each_other(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    last = all_sorts(running, operator, roads_officer)
    cases = operator.list_cases(pb.ListCasesRequest(page_size=200, at_least=last)).cases

    for one, other in combinations_with_replacement(FILTERS, 2):
        both = one if one == other else f"{one} AND {other}"
        found = operator.list_cases(pb.ListCasesRequest(page_size=200, filter=both)).cases
        wanted = [case for case in cases if FILTERS[one](case) and FILTERS[other](case)]
        assert [*found] == wanted, both
    assert all(sum(map(meets, cases)) > 0 for meets in FILTERS.values())


@pytest.mark.parametrize("order", ["", "opened_time", "opened_time desc", "due_time", "due_time desc"])
def test_pages_in_any_order_have_each_case_once_while_cases_move(operator: Any, order: str) -> None:
    *_, last = begun = [working_on(operator, day) for day in ("06", "07", "08", "09", "13", "14")]
    in_progress = {case.case_id: since for case, since, _ in begun}
    asked = pb.ListCasesRequest(page_size=2, filter="channel = DESK AND state = IN_PROGRESS", order_by=order)
    asked.at_least = last[2]
    unmoved = dict(in_progress)
    found: list[str] = []

    while True:
        page = operator.list_cases(asked)
        found += [case.case_id for case in page.cases]
        if not page.next_page_token:
            break
        asked.page_token = page.next_page_token
        for case_id in (found[-1], next(each for each in in_progress if each not in found)):
            if since := unmoved.pop(case_id, None):
                asked.at_least = pause(operator, case_id, since)  # it is in progress again

    assert sorted(found) == sorted(in_progress)
    for case_id in in_progress:
        later = stamp(moment("2019-06-20 10:00"))
        operator.withdraw_case(pb.WithdrawCaseRequest(**on(pb.Case(case_id=case_id), occurred_time=later)))


def working_on(operator: Any, day: str) -> tuple[pb.Case, datetime, str]:
    """A case that a body has begun to work on, since when, and its revision."""
    began = moment(f"2019-05-{day} 10:00")
    case = operator.open_case(imported(new_id(), f"{began:%Y-%m-%d %H:%M}", channel=types.CHANNEL_DESK)).case
    started = operator.start_work(pb.StartWorkRequest(**on(case), occurred_time=stamp(began)))
    return case, began, started.revision


def pause(operator: Any, case_id: str, since: datetime) -> str:
    """A pause of some days, so that the case is due later; the revision after it."""
    case = pb.Case(case_id=case_id)
    begins, ends = stamp(since + timedelta(minutes=1)), stamp(since + timedelta(days=20))
    operator.pause_case(
        pb.PauseCaseRequest(**on(case), reason_code="weather", reason="ice", occurred_time=begins)
    )
    return str(operator.resume_case(pb.ResumeCaseRequest(**on(case), occurred_time=ends)).revision)


def test_a_page_token_of_another_moment_or_order_is_refused(operator: Any) -> None:
    for _ in range(2):
        operator.open_case(report())
    token = operator.list_cases(pb.ListCasesRequest(page_size=1, order_by="due_time")).next_page_token
    usual = operator.list_cases(pb.ListCasesRequest(page_size=1)).next_page_token

    for order, given in (
        ("due_time", token.partition(".")[0]),
        ("due_time", f"{token}0000000000"),
        ("due_time", f"{token}x"),
        ("due_time desc", token),
        ("due_time", usual),
        ("", token),
    ):
        request = pb.ListCasesRequest(page_size=1, order_by=order, page_token=given)
        assert refused(operator.list_cases, request) == "PAGE_TOKEN_INVALID"


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
