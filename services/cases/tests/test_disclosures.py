"""Who read whose personal data of cases is stored before they have read it, over the real wire."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.privacy.v1 import privacy_service_pb2 as privacy
from linli.privacy.v1 import privacy_types_pb2 as kinds
from psycopg.conninfo import conninfo_to_dict

from libs.ledger.disclosed import DISCLOSURE, DisclosePersonalData, PersonalDataDisclosed
from libs.ledger.recorded import Context, Recorded
from libs.rpc.failures import RpcFailed
from libs.testkit import patience
from libs.testkit.component import ROLE, Component, component
from libs.testkit.eventually import eventually
from libs.testkit.postgres import TestServer
from services.cases.tests import neighbours
from services.cases.tests.neighbours import IN_MOLE_STREET
from services.cases.tests.wire import known_to, new_id, on, report, service_of
from services.cases.wiring import SERVICE

PRIVACY = privacy.DESCRIPTOR.services_by_name["DisclosureService"]


@pytest.fixture
def case(lin: Any) -> pb.Case:
    return lin.open_case(report(contact="+86 138 0013 8000")).case  # type: ignore[no-any-return] # the stub's answer is Any


def read(somebody: Any, case: pb.Case) -> pb.GetCaseResponse:
    return somebody.get_case(pb.GetCaseRequest(case_id=case.case_id))  # type: ignore[no-any-return] # the stub's answer is Any


def recorded(running: Component, case: pb.Case) -> list[Recorded[PersonalDataDisclosed]]:
    """What is stored of who read the data of a case's reporter."""
    subject = case.reporter_id or case.case_id
    events = running.opened.ledger.read(limit=100_000)
    found = [each for each in events if isinstance(each.event, PersonalDataDisclosed)]
    return [each for each in found if subject in each.event.subject_ids]


def readings(running: Component, case: pb.Case) -> list[tuple[str, str]]:
    """Who read them, by which rpc."""
    found = recorded(running, case)
    return [(each.metadata.actor, each.event.rpc.rpartition("/")[2]) for each in found]


@pytest.mark.capability("002.5")
def test_what_staff_read_of_a_reporter_is_recorded_with_classes_and_purpose(
    running: Component, roads_officer: Any, case: pb.Case
) -> None:
    shown = read(roads_officer, case)

    (reading,) = recorded(running, case)
    assert shown.report.contact == "+86 138 0013 8000"
    assert reading.metadata.actor == "rob"
    assert reading.metadata.roles == ("CASE_OFFICER",)
    assert reading.event == PersonalDataDisclosed(
        subject_ids=(case.reporter_id,),
        classes=("CONTACT", "ADDRESS", "REPORT"),
        purpose="CASE_WORK",
        reference=case.case_id,
        rpc="/linli.cases.v1.CasesService/GetCase",
        body_ids=("roads",),
    )


def test_the_record_holds_nothing_of_what_was_read(
    running: Component, roads_officer: Any, case: pb.Case
) -> None:
    read(roads_officer, case)

    told = str(recorded(running, case))
    assert "bucket" not in told
    assert "13800138000" not in told.replace(" ", "")


def test_whoever_reads_their_own_report_is_not_recorded(running: Component, lin: Any, case: pb.Case) -> None:
    lin.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id))
    lin.get_conversation(pb.GetConversationRequest(case_id=case.case_id))
    next(lin.follow_case(pb.FollowCaseRequest(case_id=case.case_id), deadline=patience.seconds(60)))

    assert readings(running, case) == []


def test_whoever_is_shown_no_personal_data_is_not_recorded(
    running: Component, person: Any, case: pb.Case
) -> None:
    supervisor = person("SUPERVISOR", subject="sun", path="city")

    assert read(supervisor, case).personal_data_masked

    assert readings(running, case) == []


def test_whoever_reads_the_same_again_at_once_is_recorded_once(
    running: Component, roads_officer: Any, dispatcher: Any, case: pb.Case
) -> None:
    for _ in range(20):
        read(roads_officer, case)
    read(dispatcher, case)

    assert readings(running, case) == [("rob", "GetCase"), ("dora", "GetCase")]


def test_what_is_read_by_another_rpc_is_recorded_with_it(
    running: Component, roads_officer: Any, dispatcher: Any, case: pb.Case
) -> None:
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="call first", to_reporter=True))
    said = pb.SendMessageRequest(**on(case), to=types.CASE_PARTY_RESIDENT, text="when are you at home?")
    roads_officer.send_message(said)
    assigned = pb.ReassignCaseRequest(**on(case), body_id="parks", legal_basis="by law", reason="not a road")
    dispatcher.reassign_case(assigned)

    dispatcher.get_conversation(pb.GetConversationRequest(case_id=case.case_id))
    dispatcher.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id))

    assert readings(running, case) == [("dora", "GetConversation"), ("dora", "GetCaseHistory")]
    assert [each.event.classes for each in recorded(running, case)] == [("CORRESPONDENCE",), ("REASON",)]


def test_a_stream_is_recorded_at_once_and_again_when_it_shows_another_class(
    running: Component, roads_officer: Any, case: pb.Case
) -> None:
    request = pb.FollowCaseRequest(case_id=case.case_id)
    stream = roads_officer.follow_case(request, deadline=patience.seconds(60))
    next(stream)
    assert [each.event.classes for each in recorded(running, case)] == [("CONTACT", "ADDRESS", "REPORT")]

    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="call first"))
    while not any(each.changes for each in [next(stream)]):
        pass

    assert recorded(running, case)[-1].event.classes == ("CONTACT", "ADDRESS", "REPORT", "CORRESPONDENCE")


def test_a_case_without_a_registered_reporter_is_recorded_by_its_own_id(
    running: Component, roads_officer: Any, person: Any
) -> None:
    operator = person("OPERATOR", subject="olga")
    nobodys = operator.open_case(report(anonymous=True, affair_id="graffiti")).case

    read(person("DISPATCHER", subject="dora", path="city"), nobodys)

    (reading,) = recorded(running, nobodys)
    assert reading.event.subject_ids == (nobodys.case_id,)


@pytest.mark.capability("002.5")
def test_the_person_lists_who_read_their_data_in_words_and_without_names(
    running: Component, roads_officer: Any, case: pb.Case
) -> None:
    read(roads_officer, case)
    mint = running.mint.person("RESIDENT", subject=case.reporter_id, path="city")
    mine = running.client(mint).service(PRIVACY)

    def listed() -> list[privacy.Disclosure]:
        asked = privacy.ListDisclosuresOfMeRequest(service="cases")
        return list(mine.list_disclosures_of_me(asked).disclosures)

    eventually(listed, "the record is in the view")
    (mentioned,) = listed()
    assert (mentioned.reader_id, list(mentioned.roles), list(mentioned.body_ids)) == (
        "",
        ["CASE_OFFICER"],
        ["roads"],
    )
    assert [each.label.zh for each in mentioned.classes] == ["联系方式", "地址和位置", "诉求内容"]
    assert (mentioned.purpose_label.en, mentioned.reference) == ("Work on a case", case.case_id)
    assert mentioned.read_time.seconds > 0


@pytest.mark.capability("002.5")
def test_the_officer_lists_by_person_and_by_reader_and_nobody_else_does(
    running: Component, roads_officer: Any, dispatcher: Any, case: pb.Case
) -> None:
    read(roads_officer, case)
    read(dispatcher, case)
    officer = running.client(running.mint.person("DATA_PROTECTION_OFFICER", subject="dpo")).service(PRIVACY)

    def listed(of: str, size: int = 0, token: str = "") -> privacy.ListDisclosuresResponse:
        asked = privacy.ListDisclosuresRequest(service="cases", filter=of, page_size=size, page_token=token)
        return officer.list_disclosures(asked)  # type: ignore[no-any-return] # the stub's answer is Any

    by_person = f'subject_id = "{case.reporter_id}"'
    eventually(lambda: len(listed(by_person).disclosures) == 2, "both are in the view")
    first = listed(by_person, 1)
    second = listed(by_person, 1, first.next_page_token)
    found = [*first.disclosures, *second.disclosures]
    assert [each.reader_id for each in found] == ["dora", "rob"]  # the newest first
    of_rob = listed(f'{by_person} AND reader_id = "rob" AND purpose = CASE_WORK').disclosures
    assert [each.purpose for each in of_rob] == [kinds.DISCLOSURE_PURPOSE_CASE_WORK]
    for role in ("OPERATOR", "CASE_OFFICER", "SUPERVISOR", "RESIDENT"):
        somebody = running.client(running.mint.person(role)).service(PRIVACY)
        with pytest.raises(RpcFailed, match="SCOPE_MISSING"):
            somebody.list_disclosures(privacy.ListDisclosuresRequest(service="cases"))
    limited = running.mint.person("DATA_PROTECTION_OFFICER", subject="dpo-2", path="city")
    with pytest.raises(RpcFailed, match="OUT_OF_REACH"):
        running.client(limited).service(PRIVACY).list_disclosures(
            privacy.ListDisclosuresRequest(service="cases")
        )
    with pytest.raises(RpcFailed, match="DISCLOSURES_UNKNOWN"):
        officer.list_disclosures(privacy.ListDisclosuresRequest(service="catalog"))


@pytest.mark.capability("002.5")
def test_the_officer_is_told_who_reads_of_far_more_people_than_usual(running: Component) -> None:
    stream = running.opened.streams.of(DISCLOSURE)
    for page in range(7):
        some = PersonalDataDisclosed(
            subject_ids=tuple(f"person-{page}-{each}" for each in range(10)),
            classes=("CONTACT",),
            purpose="CASE_WORK",
            reference="",
            rpc="/linli.cases.v1.CasesService/GetCase",
            body_ids=(),
        )
        stream.handle(new_id(), DisclosePersonalData(disclosed=some), Context(actor="nosy"))
    officer = running.client(running.mint.person("DATA_PROTECTION_OFFICER", subject="dpo")).service(PRIVACY)

    def unusual() -> list[tuple[str, int, float]]:
        answer = officer.list_unusual_readers(privacy.ListUnusualReadersRequest(service="cases"))
        return [(each.reader_id, each.persons, each.usual_persons) for each in answer.readers]

    eventually(lambda: unusual() == [("nosy", 70, 0.0)], "the view has seen all")


@pytest.fixture
def alone(postgres_server: TestServer) -> Iterator[Component]:
    """A service whose database a test may take away."""
    with component(postgres_server, SERVICE) as service:
        neighbours.tell(service)
        operator = service_of(service, service.mint.person("OPERATOR"))
        somewhere = {"affair_id": "potholes", "location": IN_MOLE_STREET}
        eventually(lambda: known_to(operator, **somewhere), "the city is known")
        yield service


@pytest.mark.capability("002.5")
def test_an_answer_whose_reading_cannot_be_stored_is_not_sent(
    postgres_server: TestServer, alone: Component
) -> None:
    lin = service_of(alone, alone.mint.person("RESIDENT", subject="lin", path="city"))
    case = lin.open_case(report(request_id=new_id())).case
    officer = service_of(alone, alone.mint.person("CASE_OFFICER", subject="rob", body="roads"))
    supervisor = service_of(alone, alone.mint.person("SUPERVISOR", subject="sun", path="city"))
    name = str(conninfo_to_dict(alone.opened.settings.database_url.reveal())["dbname"])

    with psycopg.connect(postgres_server.server.dsn(name), autocommit=True) as owner:
        owner.execute(f"REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM {ROLE}")
    masked = read(supervisor, case)
    with pytest.raises(RpcFailed) as refused:
        officer.get_case(pb.GetCaseRequest(case_id=case.case_id), deadline=patience.seconds(20))

    assert (masked.case.case_id, masked.personal_data_masked) == (case.case_id, True)
    assert (refused.value.code.name, refused.value.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
    assert readings(alone, case) == []


# a copy of everything


def export(running: Component, officer: Any, subject_id: str, service: str = "cases") -> list[Any]:
    asked = privacy.ExportSubjectRequest(service=service, subject_id=subject_id)
    answer = officer.export_subject(asked)
    assert not answer.next_page_token
    return list(answer.events)


@pytest.mark.capability("002.5")
def test_a_copy_has_what_a_reporter_told_and_is_recorded(
    running: Component, roads_officer: Any, case: pb.Case
) -> None:
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="call first", to_reporter=True))
    guard = running.client(running.mint.person("DATA_PROTECTION_OFFICER", subject="gao")).service(PRIVACY)

    copied = export(running, guard, case.reporter_id)

    opened = next(each for each in copied if each.stream_id == f"case-{case.case_id}")
    assert opened.event_type == "cases.case_opened.v1"
    assert "+86 138 0013 8000" in opened.content
    assert any("call first" in each.content for each in copied)
    assert ("gao", "ExportSubject") in readings(running, case)
    [record] = [each.event for each in recorded(running, case) if each.metadata.actor == "gao"]
    assert (record.classes, record.reference) == (("COPY",), "cases")


def test_a_copy_shows_nothing_of_others(running: Component, roads_officer: Any, case: pb.Case) -> None:
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="call first", to_reporter=True))
    guard = running.client(running.mint.person("DATA_PROTECTION_OFFICER", subject="gao")).service(PRIVACY)

    theirs = export(running, guard, "rob")

    assert any(each.stream_id == f"case-{case.case_id}" for each in theirs), "what they did"
    assert not any("call first" in each.content for each in theirs), "under the key of the reporter"


def test_a_copy_is_made_by_officers_without_limits_only(running: Component, case: pb.Case) -> None:
    limited = running.mint.person("DATA_PROTECTION_OFFICER", area="city", path="city")
    asked = privacy.ExportSubjectRequest(service="cases", subject_id=case.reporter_id)

    for token, reason in ((limited, "OUT_OF_REACH"), (running.mint.person("OPERATOR"), "SCOPE_MISSING")):
        with pytest.raises(RpcFailed) as refused:
            running.client(token).service(PRIVACY).export_subject(asked)
        assert refused.value.reason == reason
