"""Sixteen clients want the same thing at the same moment: it happens once, and all are told the truth."""

from collections import Counter
from functools import partial

from google.protobuf.message import Message
from linli.cases.v1 import cases_service_pb2 as cases
from linli.volunteers.v1 import volunteers_service_pb2 as volunteers

from e2e.city.platform import City
from e2e.journeys.feeds import heard_of_needs
from e2e.journeys.racing import Deed, at_once, send
from e2e.journeys.town import Town, on, report
from libs.testkit.eventually import eventually

CLIENTS = 16
CASES = 6


def test_the_same_request_sent_sixteen_times_at_once_happens_once(town: Town) -> None:
    """An opening, too: all retries land on the same case."""
    token = town.mint.person("OPERATOR", subject="impatient")
    clients = [town.anyone(token) for _ in range(CLIENTS)]

    opening = report()
    opened = at_once([partial(_send, client, opening) for client in clients])
    case = opened[0].answered.case
    noting = cases.AddNoteRequest(**on(case), text="once")
    noted = at_once([partial(_send, client, noting) for client in clients])

    assert len({deed.answer for deed in opened}) == 1
    assert len({deed.answer for deed in noted}) == 1
    asked = cases.GetCaseHistoryRequest(case_id=case.case_id)
    history = town.operator.cases.get_case_history(asked).entries
    assert [entry.event.split(".")[3] for entry in history] == ["CaseOpened", "CaseRouted", "NoteAdded"]


def test_of_sixteen_on_one_condition_one_wins(town: Town) -> None:
    reported = town.operator.cases.open_case(report())
    people = [town.person("OPERATOR", f"hurried-{number}") for number in range(CLIENTS)]

    deeds = at_once([
        partial(
            _send, person,
            cases.AddNoteRequest(**on(reported.case), if_revision=reported.revision, text="mine"),
        )
        for person in people
    ])  # fmt: skip

    assert _answers(deeds) == {"OK": 1, "ABORTED REVISION_MISMATCH": CLIENTS - 1}


def test_a_case_taken_back_and_rejected_at_once_ends_once_and_so_does_its_need(town: Town) -> None:
    """Eight times the reporter, eight dispatchers; the volunteers hear of one end each."""
    reporter = town.resident("undecided")
    ended = [town.report(reporter, assisted=True) for _ in range(CASES)]
    dispatchers = [town.person("DISPATCHER", f"strict-{number}") for number in range(CLIENTS // 2)]
    reporters = [town.resident("undecided") for _ in range(CLIENTS // 2)]

    for case in ended:
        calls = [partial(_send, one, cases.WithdrawCaseRequest(**on(case))) for one in reporters]
        calls += [
            partial(_send, one, cases.RejectCaseRequest(**on(case), reason="no", reason_code="unclear"))
            for one in dispatchers
        ]
        assert _answers(at_once(calls)) == {"OK": 1, "FAILED_PRECONDITION CASE_STATE_FORBIDS": CLIENTS - 1}

    wanted = {case.case_id for case in ended}
    gone = dict.fromkeys(wanted, volunteers.NEED_STATE_WITHDRAWN)
    eventually(lambda: _needs(town, wanted) == gone, "the needs have ended")
    assert heard_of_needs(town, wanted) == {"NeedRaised": CASES, "NeedWithdrawn": CASES}


def _send(who: City, request: Message) -> Deed:
    rpc = type(request).__name__.removesuffix("Request")
    return send(who.client, "", rpc, request.SerializeToString())


def _answers(deeds: list[Deed]) -> Counter[str]:
    return Counter(f"{deed.code} {deed.reason}".strip() for deed in deeds)


def _needs(town: Town, case_ids: set[str]) -> dict[str, int]:
    needs = town.operator.volunteers.list_needs(volunteers.ListNeedsRequest(page_size=1000)).needs
    return {need.case_id: need.state for need in needs if need.case_id in case_ids}
