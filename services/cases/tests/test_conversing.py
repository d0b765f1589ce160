"""Resident, community and department write to each other over the real wire, and nobody else does."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.catalog.v1 import catalog_types_pb2 as catalog
from linli.identity.v1 import identity_events_pb2 as identity

from libs.ledger.recorded import Context, utc_now
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import moment
from libs.testkit import patience
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from services.cases.domain.conversation import PassLimits
from services.cases.tests.neighbours import promised
from services.cases.tests.wire import new_id, on, refused, report, service_of
from services.cases.wiring import SERVICE

RESIDENT, COMMUNITY, DEPARTMENT = (
    types.CASE_PARTY_RESIDENT,
    types.CASE_PARTY_COMMUNITY,
    types.CASE_PARTY_DEPARTMENT,
)


HURRIED = catalog.MessageLimits(
    resident=catalog.Limit(amount=5, unit=catalog.LIMIT_UNIT_CALENDAR_HOURS),
    community=catalog.Limit(amount=6, unit=catalog.LIMIT_UNIT_WORKING_HOURS),
    department=catalog.Limit(amount=90, unit=catalog.LIMIT_UNIT_CALENDAR_HOURS),
)
"""How long each party may take to answer about graffiti."""


def graffiti(running: Component, version: int, limits: catalog.MessageLimits | None) -> None:
    """The catalog promises for graffiti, from now on."""
    promise = promised("graffiti", first_response=4, resolution=24)
    promise.version = version
    if limits is not None:
        promise.message_limits.CopyFrom(limits)
    running.hears("catalog", promise)


def explained(somebody: Any, case: pb.Case, message_id: str) -> pb.ExplainDeadlineResponse:
    asked = pb.ExplainDeadlineRequest(case_id=case.case_id, message_id=message_id)
    return somebody.explain_deadline(asked)  # type: ignore[no-any-return] # the stub's answer is Any


@pytest.fixture
def case(lin: Any) -> pb.Case:
    return lin.open_case(report()).case  # type: ignore[no-any-return] # the stub's answer is Any


def says(somebody: Any, case: pb.Case, to: Any, text: str, **about: Any) -> pb.SendMessageResponse:
    return somebody.send_message(pb.SendMessageRequest(**on(case), to=to, text=text, **about))  # type: ignore[no-any-return] # the stub's answer is Any


def conversation(somebody: Any, case: pb.Case) -> list[pb.CaseMessage]:
    return list(somebody.get_conversation(pb.GetConversationRequest(case_id=case.case_id)).messages)


@pytest.mark.capability("004.2")
@pytest.mark.capability("004.11")
def test_three_parties_talk_and_each_reads_everything(
    lin: Any, roads_officer: Any, dispatcher: Any, case: pb.Case
) -> None:
    asked = says(lin, case, DEPARTMENT, "I forgot: there is a cable in the hole")
    says(roads_officer, case, RESIDENT, "we bring an electrician", answers_message_id=asked.message_id)
    says(dispatcher, case, DEPARTMENT, "close the street, please")

    for somebody in (lin, roads_officer, dispatcher):
        told = conversation(somebody, case)
        assert [(each.sender, each.addressee, each.text) for each in told] == [
            (RESIDENT, DEPARTMENT, "I forgot: there is a cable in the hole"),
            (DEPARTMENT, RESIDENT, "we bring an electrician"),
            (COMMUNITY, DEPARTMENT, "close the street, please"),
        ]
        assert [each.HasField("answered_time") for each in told] == [True, False, False]
        assert [each.HasField("due_time") for each in told] == [True, False, True]
    assert [each.author_id for each in conversation(lin, case)] == [case.reporter_id, "", ""]
    assert moment(asked.due_time) > utc_now() + timedelta(days=2)


def test_a_follower_hears_what_is_written(lin: Any, roads_officer: Any, case: pb.Case) -> None:
    request = pb.FollowCaseRequest(case_id=case.case_id)
    stream: Iterator[pb.FollowCaseResponse] = lin.follow_case(request, deadline=patience.seconds(60))
    mine = lin.follow_my_cases(pb.FollowMyCasesRequest(), deadline=patience.seconds(60))
    next(stream), next(mine)

    says(roads_officer, case, RESIDENT, "is the street closed?")

    heard = next(each for each in stream if each.changes)
    assert [change.event for change in heard.changes] == ["linli.cases.v1.MessageSent"]
    assert [each.text for each in heard.messages] == ["is the street closed?"]
    assert heard.changes[0].actor == ""
    changed = next(each for each in mine if each.changes)
    assert [each.case_id for each in changed.cases] == [case.case_id]


@pytest.mark.capability("004.11")
def test_a_silent_department_is_escalated_once_by_the_clock(
    running: Component, lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    asked = says(lin, case, DEPARTMENT, "when do you come?")
    stream = running.opened.streams["conversation"]
    later = PassLimits(at=utc_now() + timedelta(days=4))

    for _ in range(2):
        stream.handle(case.case_id, later, Context(actor="clock"))

    (silent,) = conversation(lin, case)
    assert (silent.overdue, silent.escalated_area_id) == (True, "harbour")
    assert len(stream.history(case.case_id)) == 2
    says(roads_officer, case, RESIDENT, "tomorrow", answers_message_id=asked.message_id)
    assert [each.overdue for each in conversation(lin, case)] == [True, False]


@pytest.mark.capability("004.11")
@pytest.mark.capability("002.3")
def test_a_case_keeps_the_limits_for_answers_by_which_it_was_taken_in(
    running: Component, lin: Any, roads_officer: Any
) -> None:
    graffiti(running, 1, HURRIED)
    eventually(lambda: _limit(lin, roads_officer) == HURRIED.department, "the promise is known")
    case = lin.open_case(report("graffiti")).case
    graffiti(running, 2, None)
    eventually(lambda: _limit(lin, roads_officer).amount == 3, "the next promise is known")

    asked = says(lin, case, DEPARTMENT, "who painted this?")

    answer = explained(roads_officer, case, asked.message_id)
    sent_at = moment(conversation(lin, case)[0].sent_time)
    assert moment(asked.due_time) == sent_at + timedelta(hours=90)
    assert (answer.limit, answer.deadline.due_time) == (HURRIED.department, asked.due_time)
    assert [(moment(each.from_time), each.calendar_version) for each in answer.spans] == [(sent_at, 0)]
    assert answer.counted.ToTimedelta() == timedelta(hours=90)


def _limit(lin: Any, staff: Any) -> catalog.Limit:
    """How long the department may take to answer about a case that is opened now."""
    case = lin.open_case(report("graffiti")).case
    return explained(staff, case, says(lin, case, DEPARTMENT, "hello").message_id).limit


def test_working_hours_for_an_answer_are_explained_by_the_calendar(
    running: Component, lin: Any, dispatcher: Any, roads_officer: Any
) -> None:
    graffiti(running, 3, HURRIED)
    eventually(lambda: _limit(lin, roads_officer) == HURRIED.department, "the promise is known")
    case = lin.open_case(report("graffiti")).case
    asked = says(lin, case, COMMUNITY, "may I paint it over?")
    before = explained(roads_officer, case, asked.message_id)

    says(dispatcher, case, RESIDENT, "please do", answers_message_id=asked.message_id)

    assert (before.calendar_id, before.counted.ToTimedelta()) == ("office", timedelta(hours=6))
    assert {each.calendar_version for each in before.spans} == {1}
    assert not before.deadline.HasField("met_time")
    after = explained(roads_officer, case, asked.message_id).deadline
    assert (after.HasField("met_time"), after.breached, after.due_time) == (True, False, asked.due_time)


def test_only_a_message_that_asks_has_a_limit_to_explain(
    lin: Any, person: Any, roads_officer: Any, case: pb.Case
) -> None:
    asked = says(lin, case, DEPARTMENT, "when do you come?")
    answer = says(roads_officer, case, RESIDENT, "tomorrow", answers_message_id=asked.message_id)
    clock = types.CLOCK_KIND_RESOLUTION

    for about, reason in (
        ({"message_id": answer.message_id}, "ANSWER_NOT_OWED"),
        ({"message_id": "message-9"}, "MESSAGE_NOT_FOUND"),
        ({}, "INVALID_REQUEST"),
        ({"message_id": asked.message_id, "clock": clock}, "INVALID_REQUEST"),
    ):
        request = pb.ExplainDeadlineRequest(case_id=case.case_id, **about)
        assert refused(roads_officer.explain_deadline, request) == reason
    parks = person("CASE_OFFICER", subject="paul", body="parks")
    for request in (
        pb.ExplainDeadlineRequest(case_id=case.case_id, message_id=asked.message_id),
        pb.ExplainDeadlineRequest(case_id=case.case_id, clock=clock),
        pb.ExplainDeadlineRequest(case_id=case.case_id),
    ):
        assert refused(parks.explain_deadline, request) == "OUT_OF_REACH"


def test_staff_find_what_was_not_answered_in_time_until_it_is_answered(
    running: Component, person: Any, lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    asked = says(lin, case, DEPARTMENT, "when do you come?")
    later = PassLimits(at=utc_now() + timedelta(days=4))
    passed = running.opened.streams["conversation"].handle(case.case_id, later, Context(actor="clock"))

    def overdue(staff: Any, at_least: str) -> list[pb.OverdueMessage]:
        listed = pb.ListOverdueMessagesRequest(page_size=200, at_least=at_least)
        messages = staff.list_overdue_messages(listed).messages
        return [each for each in messages if each.case_id == case.case_id]

    district = person("DISPATCHER", subject="dee", path="city/harbour")
    for staff in (district, roads_officer):
        [silent] = overdue(staff, passed.revision)
        assert (silent.message_id, silent.sender, silent.addressee) == (
            asked.message_id,
            RESIDENT,
            DEPARTMENT,
        )
        assert (silent.body_id, silent.escalated_area_id, silent.due_time) == (
            "roads",
            "harbour",
            asked.due_time,
        )
    assert overdue(person("DISPATCHER", subject="eve", path="city/hill"), passed.revision) == []
    answer = says(roads_officer, case, RESIDENT, "tomorrow", answers_message_id=asked.message_id)
    assert overdue(district, answer.revision) == []


def test_the_schedule_knows_who_owes_an_answer(
    running: Component, lin: Any, roads_officer: Any, case: pb.Case
) -> None:
    clock = next(each for each in SERVICE.clocks if each.name == "answers")
    later = utc_now() + timedelta(days=4)

    def owed() -> bool:
        due = clock.due(running.opened.views, later, 10_000)
        return case.case_id in [each.id for each in due]

    asked = says(lin, case, DEPARTMENT, "when do you come?")
    eventually(owed, "the message waits")

    says(roads_officer, case, RESIDENT, "tomorrow", answers_message_id=asked.message_id)
    eventually(lambda: not owed(), "it waits no more")


def test_whoever_belongs_to_no_party_writes_nothing_and_reads_nothing(person: Any, case: pb.Case) -> None:
    stranger = person("RESIDENT", subject="nosy", path="city")
    parks = person("CASE_OFFICER", subject="paul", body="parks")
    supervisor = person("SUPERVISOR", subject="sun", path="city")
    message = pb.SendMessageRequest(**on(case), to=RESIDENT, text="I am from the department, call me")
    read = pb.GetConversationRequest(case_id=case.case_id)

    for somebody in (stranger, parks):
        assert refused(somebody.send_message, message) == "OUT_OF_REACH"
        assert refused(somebody.get_conversation, read) == "OUT_OF_REACH"
    assert refused(supervisor.send_message, message) == "SCOPE_MISSING"


def test_a_supervisor_reads_who_owes_an_answer_and_no_text(person: Any, lin: Any, case: pb.Case) -> None:
    says(lin, case, DEPARTMENT, "my number is 123")
    supervisor = person("SUPERVISOR", subject="sun", path="city")

    answer = supervisor.get_conversation(pb.GetConversationRequest(case_id=case.case_id))

    assert answer.personal_data_masked
    assert [(each.text, each.HasField("due_time")) for each in answer.messages] == [("", True)]


def test_nobody_writes_in_the_name_of_another_party(lin: Any, roads_officer: Any, case: pb.Case) -> None:
    for somebody, party in ((lin, DEPARTMENT), (roads_officer, RESIDENT), (roads_officer, COMMUNITY)):
        with pytest.raises(RpcFailed) as no:
            says(somebody, case, RESIDENT, "hello", as_party=party)
        assert (no.value.reason, list(no.value.violations)) == ("INVALID_REQUEST", ["as_party"])


def test_a_repeated_message_is_sent_once(lin: Any, case: pb.Case) -> None:
    message = pb.SendMessageRequest(
        request_id=new_id(), case_id=case.case_id, to=DEPARTMENT, text="when do you come?"
    )

    first, again = lin.send_message(message), lin.send_message(message)

    assert first == again
    assert len(conversation(lin, case)) == 1


def test_what_was_written_is_erased_with_the_resident(running: Component, lin: Any, case: pb.Case) -> None:
    says(lin, case, DEPARTMENT, "my number is 123")

    running.hears("identity", identity.SubjectErased(subject_id=case.reporter_id))

    (message,) = conversation(service_of(running, running.mint.person("OPERATOR", subject="olga")), case)
    assert (message.text, message.sender) == ("", RESIDENT)
