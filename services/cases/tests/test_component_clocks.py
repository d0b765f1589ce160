"""Clocks over the real wire: who is told, who knows, and why a deadline is when it is."""

from datetime import timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as catalog

from libs.rpc.moments import stamp
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from services.cases.tests import neighbours
from services.cases.tests.test_component_pauses import both_officer_and_dispatcher
from services.cases.tests.wire import imported, new_id, on, refused, report, service_of

LONG_SILENT = "2022-01-03 09:00"
"""When a case was opened that nobody has touched since."""


@pytest.fixture
def silent_case(operator: Any) -> Any:
    """All limits are used up, and all levels told."""
    opened = operator.open_case(imported(new_id(), LONG_SILENT))
    until = stamp(moment("2022-06-01 09:00"))
    operator.finish_import(
        pb.FinishImportRequest(system="old-system", as_of_time=until, at_least=opened.revision)
    )
    return operator.get_case(pb.GetCaseRequest(case_id=opened.case.case_id)).case


def acknowledging(case: pb.Case, level: int) -> pb.AcknowledgeEscalationRequest:
    return pb.AcknowledgeEscalationRequest(**on(case, clock=types.CLOCK_KIND_RESOLUTION, level=level))


def explaining(case: pb.Case, clock: Any) -> pb.ExplainDeadlineRequest:
    return pb.ExplainDeadlineRequest(case_id=case.case_id, clock=clock)


def resolution_of(case: pb.Case) -> types.Deadline:
    return next(each for each in case.deadlines if each.clock == types.CLOCK_KIND_RESOLUTION)


@pytest.mark.capability("002.3")
def test_a_case_shows_who_was_told_when_and_who_knows(silent_case: pb.Case) -> None:
    steps = resolution_of(silent_case).escalation

    assert [(step.level, step.area_id) for step in steps] == [(1, "harbour"), (2, "harbour"), (3, "city")]
    assert [step.recipient for step in steps] == [
        catalog.ESCALATION_RECIPIENT_DISPATCHER,
        catalog.ESCALATION_RECIPIENT_DISPATCHER,
        catalog.ESCALATION_RECIPIENT_SUPERVISOR,
    ]
    assert [step.told_time for step in steps] == [step.sooner_time for step in steps]
    assert not any(step.HasField("acknowledged_time") for step in steps)


def test_only_those_who_were_told_acknowledge(running: Component, silent_case: pb.Case) -> None:
    def somebody(role: str, path: str) -> Any:
        return service_of(running, running.mint.person(role, path=path)).acknowledge_escalation

    assert refused(somebody("CASE_OFFICER", "city"), acknowledging(silent_case, 1)) == "SCOPE_MISSING"
    assert refused(somebody("DISPATCHER", "city/hill"), acknowledging(silent_case, 1)) == "OUT_OF_REACH"
    below = somebody("DISPATCHER", "city/harbour/mole-street")
    assert refused(below, acknowledging(silent_case, 1)) == "OUT_OF_REACH"
    assert refused(somebody("SUPERVISOR", "city/harbour"), acknowledging(silent_case, 1)) == "OUT_OF_REACH"
    assert refused(somebody("DISPATCHER", "city"), acknowledging(silent_case, 3)) == "OUT_OF_REACH"

    for level, who in ((1, somebody("DISPATCHER", "city/harbour")), (3, somebody("SUPERVISOR", "city"))):
        case = who(acknowledging(silent_case, level)).case
        assert resolution_of(case).escalation[level - 1].HasField("acknowledged_time")


def test_nobody_acknowledges_for_the_body_that_is_late(running: Component, silent_case: pb.Case) -> None:
    colleague = service_of(running, both_officer_and_dispatcher(running.mint)).acknowledge_escalation

    assert refused(colleague, acknowledging(silent_case, 1)) == "WORKS_FOR_THE_BODY"


def test_a_level_that_was_not_told_has_nothing_to_acknowledge(operator: Any) -> None:
    case = operator.open_case(report()).case

    assert refused(operator.acknowledge_escalation, acknowledging(case, 1)) == "NOT_ESCALATED"


@pytest.mark.capability("002.3")
def test_a_deadline_is_explained_span_by_span(operator: Any, silent_case: pb.Case) -> None:
    answer = operator.explain_deadline(explaining(silent_case, types.CLOCK_KIND_RESOLUTION))

    assert answer.deadline == resolution_of(silent_case)
    assert answer.limit == catalog.Limit(amount=24, unit=catalog.LIMIT_UNIT_WORKING_HOURS)
    assert (answer.calendar_id, answer.time_zone) == ("office", "UTC")
    assert answer.counted.ToTimedelta() == timedelta(hours=24)
    assert [(span.from_time, span.until_time) for span in answer.spans] == [
        (stamp(moment(f"2022-01-{start}")), stamp(moment(f"2022-01-{end}")))
        for start, end in (
            ("03 09:00", "03 16:00"),
            ("04 08:00", "04 16:00"),
            ("05 08:00", "05 16:00"),
            ("06 08:00", "06 09:00"),
        )
    ]
    assert {span.calendar_version for span in answer.spans} == {1}


def test_a_pause_that_has_lapsed_is_explained_up_to_its_end(operator: Any) -> None:
    opened = operator.open_case(imported(new_id(), "2022-01-03 09:00"))
    began = stamp(moment("2022-01-03 10:00"))
    operator.start_work(pb.StartWorkRequest(**on(opened.case, occurred_time=began)))
    waiting = on(opened.case, occurred_time=began, reason="frost", reason_code="weather")
    paused = operator.pause_case(pb.PauseCaseRequest(**waiting))
    until = stamp(moment("2022-06-01 09:00"))
    operator.finish_import(
        pb.FinishImportRequest(system="old-system", as_of_time=until, at_least=paused.revision)
    )

    answer = operator.explain_deadline(explaining(opened.case, types.CLOCK_KIND_RESOLUTION))

    [pause] = answer.pauses
    assert (pause.from_time, pause.until_time) == (began, stamp(moment("2022-01-04 14:00")))
    assert pause.counted.ToTimedelta() == timedelta(hours=12)
    assert answer.counted.ToTimedelta() == timedelta(hours=24)


def test_the_limit_of_an_adjudication_is_explained_from_its_beginning(operator: Any) -> None:
    case = operator.open_case(imported(new_id(), "2022-01-03 09:00")).case
    for hour in (10, 12):
        told = {"reason": "not ours", "occurred_time": stamp(moment(f"2022-01-03 {hour}:00"))}
        operator.return_case(pb.ReturnCaseRequest(**on(case, **told)))
        if hour == 10:
            told = {"reason": "theirs", "occurred_time": stamp(moment("2022-01-03 11:00"))}
            operator.reassign_case(
                pb.ReassignCaseRequest(**on(case, **told, body_id="parks", legal_basis="Decree 7"))
            )

    answer = operator.explain_deadline(explaining(case, types.CLOCK_KIND_ADJUDICATION))

    assert answer.spans[0].from_time == stamp(moment("2022-01-03 12:00"))
    assert answer.counted.ToTimedelta() == timedelta(hours=16)  # two working days


def test_a_clock_that_does_not_run_is_not_explained(operator: Any, silent_case: pb.Case) -> None:
    asked = explaining(silent_case, types.CLOCK_KIND_ANSWER)

    assert refused(operator.explain_deadline, asked) == "NOTHING_PROMISED"


def test_who_may_not_read_a_case_learns_nothing_of_its_deadlines(
    running: Component, silent_case: pb.Case
) -> None:
    elsewhere = service_of(running, running.mint.person("DISPATCHER", path="city/hill"))
    asked = explaining(silent_case, types.CLOCK_KIND_RESOLUTION)

    assert refused(elsewhere.explain_deadline, asked) == "OUT_OF_REACH"


def test_no_promise_is_lost_because_its_calendar_has_not_arrived(
    running: Component, operator: Any, lin: Any
) -> None:
    """Its event may be parked: then the limit counts day and night, and the explanation says so."""
    lost = neighbours.promised("ufos", first_response=4, resolution=24)
    lost.calendar_id = "lost"
    running.hears("catalog", lost)
    preview = pb.PreviewRoutingRequest(affair_id="ufos", area_id="mole-street")
    eventually(lambda: operator.preview_routing(preview).deadlines, "it is promised")

    case = lin.open_case(report("ufos")).case

    explained = operator.explain_deadline(explaining(case, types.CLOCK_KIND_RESOLUTION))
    assert explained.deadline.due_time.seconds - case.opened_time.seconds == 24 * 3600
    assert [span.calendar_version for span in explained.spans] == [0] * len(explained.spans)


# -- reporters read why ------------------------------------------------------------------------------


@pytest.mark.capability("004.2")
def test_a_reporter_reads_why_their_case_is_due_when_it_is(lin: Any, operator: Any, person: Any) -> None:
    case = lin.open_case(report()).case
    asked = explaining(case, types.CLOCK_KIND_RESOLUTION)

    explained = lin.explain_deadline(asked)

    assert explained == operator.explain_deadline(asked)
    assert (explained.calendar_id, explained.counted.seconds) == ("office", 24 * 3600)
    assert explained.deadline.due_time == explained.spans[-1].until_time
    neighbour = person("RESIDENT", subject="nosy", path="city")
    assert refused(neighbour.explain_deadline, asked) == "OUT_OF_REACH"
    sent = lin.send_message(
        pb.SendMessageRequest(**on(case), to=types.CASE_PARTY_DEPARTMENT, text="when do you come?")
    )
    owed = pb.ExplainDeadlineRequest(case_id=case.case_id, message_id=sent.message_id)
    assert lin.explain_deadline(owed).deadline.due_time == sent.due_time
    assert refused(neighbour.explain_deadline, owed) == "OUT_OF_REACH"


def test_a_reporter_does_not_read_when_another_reported_the_same(
    running: Component, lin: Any, operator: Any, dispatcher: Any, person: Any
) -> None:
    stricter = neighbours.promised("streets", first_response=1, resolution=1)
    stricter.commitment_id, stricter.area_id = "streets-of-the-hill", "hill"
    running.hears("catalog", stricter)
    on_the_hill: dict[str, Any] = {"affair_id": "potholes", "location": {"latitude": 6, "longitude": 6}}
    preview = pb.PreviewRoutingRequest(**on_the_hill)
    eventually(
        lambda: operator.preview_routing(preview).deadlines[-1].commitment_id == "streets-of-the-hill",
        "it is promised",
    )
    mei = person("RESIDENT", subject="mei-of-the-hill", path="city")
    ours, theirs = lin.open_case(report()).case, mei.open_case(report(**on_the_hill)).case
    dispatcher.merge_cases(pb.MergeCasesRequest(**on(theirs), into_case_id=ours.case_id, reason="the same"))
    asked = explaining(ours, types.CLOCK_KIND_RESOLUTION)

    hers, whole = lin.explain_deadline(asked), operator.explain_deadline(asked)

    assert (hers.of_another_report, whole.of_another_report) == (True, False)
    assert hers.deadline == whole.deadline
    assert (hers.limit.amount, list(hers.spans), hers.HasField("counted")) == (1, [], False)
    assert whole.spans
    assert mei.explain_deadline(asked) == whole
