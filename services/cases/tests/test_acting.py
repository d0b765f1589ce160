"""A helper acts on cases in a resident's name, by consent, over the real wire, and not one call longer."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.acting.v1 import acting_service_pb2 as acting
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.acting import EVERY_PURPOSE, consented, deviations_by_consent
from libs.testkit.component import Component
from libs.testkit.rpc import every_rpc
from services.cases.tests.wire import DESCRIPTOR, on, refused, report

ACTING = acting.DESCRIPTOR.services_by_name["ActingService"]
CITY = "city"
Consenting = Callable[..., str]


@pytest.fixture
def consenting(running: Component) -> Consenting:
    """Identity tells of a new consent of Old Fu; its id."""
    running.hears("identity", identity.ResidentRegistered(resident_id="old-fu"))
    about = {"resident_id": "old-fu", "helper_id": "helper", "home_area_path": CITY}
    return lambda **differently: consented(running, **about | differently)


def helping(running: Component, consent_id: str, token: Token | None = None) -> Any:
    """The rpcs as the helper: a grid worker elsewhere, without the scope of a reporter."""
    who = token or running.mint.person("GRID_WORKER", subject="helper", path="elsewhere")
    return running.client(who, consent_id).service(DESCRIPTOR)


def withdrawn(running: Component, consent_id: str) -> None:
    running.hears("identity", identity.ConsentWithdrawn(consent_id=consent_id, resident_id="old-fu"))


def resolved(case: pb.Case, officer: Any) -> pb.Case:
    officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    officer.start_work(pb.StartWorkRequest(**on(case)))
    ended: dict[str, Any] = {"outcome_code": "resolved", "outcome": "filled"}
    officer.resolve_case(pb.ResolveCaseRequest(**on(case), **ended))
    return case


@pytest.mark.capability("004.3")
def test_a_helper_does_all_that_the_resident_might_and_each_event_names_the_three(
    running: Component, consenting: Consenting, roads_officer: Any
) -> None:
    consent_id = consenting()
    helper = helping(running, consent_id)

    case = helper.open_case(report()).case
    helper.send_message(pb.SendMessageRequest(**on(case), to=types.CASE_PARTY_DEPARTMENT, text="it is deep"))
    resolved(case, roads_officer)
    helper.object_to_resolution(pb.ObjectToResolutionRequest(**on(case), reason="still a hole"))

    assert case.reporter_id == "old-fu"
    events = [each for each in running.opened.ledger.read(limit=100_000) if each.subject_id == case.case_id]
    by_helper = [each for each in events if each.metadata.actor == "helper"]
    assert {each.name.split(".")[1] for each in by_helper} >= {"case_opened", "message_sent", "case_reopened"}
    assert {(each.metadata.on_behalf_of, each.metadata.consent_id) for each in by_helper} == {
        ("old-fu", consent_id)
    }


@pytest.mark.capability("004.3")
def test_what_a_helper_reads_is_recorded_as_read_by_them_for_the_resident(
    running: Component, consenting: Consenting, person: Any
) -> None:
    consent_id = consenting()
    helper = helping(running, consent_id)
    himself = person("RESIDENT", subject="old-fu", path=CITY)
    case = himself.open_case(report(contact="+86 138 0013 8000")).case
    asked = pb.GetMyCaseRequest(case_id=case.case_id)

    himself.get_my_case(asked)
    shown = helper.get_my_case(asked).case

    assert shown.report.contact == "+86 138 0013 8000"
    events = running.opened.ledger.read(limit=100_000)
    found = [
        each
        for each in events
        if isinstance(each.event, PersonalDataDisclosed) and each.metadata.consent_id == consent_id
    ]
    [reading] = found
    assert (reading.metadata.actor, reading.metadata.on_behalf_of) == ("helper", "old-fu")
    assert (reading.event.purpose, reading.event.reference) == ("ASSISTANCE", consent_id)
    assert reading.event.subject_ids == ("old-fu",)


@pytest.mark.capability("004.3")
def test_after_a_revocation_the_next_call_is_refused_also_a_repeated_one_and_a_stream(
    running: Component, consenting: Consenting
) -> None:
    consent_id = consenting()
    helper = helping(running, consent_id)
    opening = report()
    case = helper.open_case(opening).case
    stream = iter(helper.follow_case(pb.FollowCaseRequest(case_id=case.case_id)))
    next(stream)

    withdrawn(running, consent_id)

    assert refused(helper.open_case, report()) == "CONSENT_NOT_VALID"
    assert refused(helper.open_case, opening) == "CONSENT_NOT_VALID"
    assert refused(helper.get_my_case, pb.GetMyCaseRequest(case_id=case.case_id)) == "CONSENT_NOT_VALID"
    with pytest.raises(RpcFailed, match="CONSENT_NOT_VALID"):
        list(stream)


def test_a_consent_that_is_over_of_an_erased_person_or_unknown_lets_nobody_in(
    running: Component, consenting: Consenting
) -> None:
    past = stamp(datetime(2026, 1, 1, tzinfo=UTC))
    running.hears("identity", identity.ResidentRegistered(resident_id="gone"))
    of_gone = consenting(resident_id="gone")
    running.hears("identity", identity.SubjectErased(subject_id="gone"))

    assert refused(helping(running, consenting(until_time=past)).open_case, report()) == "CONSENT_NOT_VALID"
    assert refused(helping(running, of_gone).open_case, report()) == "CONSENT_NOT_VALID"
    assert refused(helping(running, "nobodys").open_case, report()) == "CONSENT_UNKNOWN"
    for_another = consenting(helper_id="another")
    assert refused(helping(running, for_another).open_case, report()) == "CONSENT_NOT_VALID"


def test_who_withdrew_before_the_service_heard_of_the_consent_has_withdrawn(
    running: Component, consenting: Consenting
) -> None:
    withdrawn(running, "too-early")
    told = identity.ConsentGiven(consent_id="too-early", resident_id="old-fu", helper_id="helper")
    told.purposes.extend(EVERY_PURPOSE.values())
    told.until_time.CopyFrom(stamp(datetime.now(UTC) + timedelta(days=1)))
    running.hears("identity", told)

    assert refused(helping(running, "too-early").open_case, report()) == "CONSENT_NOT_VALID"


@pytest.mark.capability("004.3")
def test_every_rpc_is_open_to_the_consents_for_its_purpose_and_to_no_other(running: Component) -> None:
    assert deviations_by_consent(running, every_rpc(DESCRIPTOR)) == []


# Nothing of the helper's own, and nobody judges their own work


def test_a_helper_who_is_staff_uses_none_of_their_own_rights_in_the_residents_name(
    running: Component, consenting: Consenting, person: Any
) -> None:
    token = running.mint.person("OPERATOR", subject="helper")
    helper = helping(running, consenting(), token)
    of_lin = person("RESIDENT", subject="lin", path=CITY).open_case(report()).case

    assert refused(helper.get_my_case, pb.GetMyCaseRequest(case_id=of_lin.case_id)) == "NOT_YOURS"
    assert refused(helper.withdraw_case, pb.WithdrawCaseRequest(**on(of_lin))) == "NOT_YOURS"
    to_department = pb.SendMessageRequest(**on(of_lin), to=types.CASE_PARTY_DEPARTMENT, text="hello")
    assert refused(helper.send_message, to_department) == "OUT_OF_REACH"
    assert refused(helper.open_case, report(reporter_id="lin")) == "REPORTER_IS_SOMEBODY_ELSE"
    assert refused(helper.open_case, report(anonymous=True)) == "INVALID_REQUEST"


@pytest.mark.capability("004.3")
def test_an_officer_confirms_the_work_of_their_own_body_in_nobodys_name(
    running: Component, consenting: Consenting, roads_officer: Any
) -> None:
    helper = helping(running, consenting())
    case = resolved(helper.open_case(report()).case, roads_officer)
    as_officer = helping(
        running, consenting(helper_id="rob"), running.mint.person("CASE_OFFICER", subject="rob", body="roads")
    )

    confirming = pb.ConfirmResolutionRequest(**on(case))

    assert refused(as_officer.confirm_resolution, confirming) == "WORKS_FOR_THE_BODY"
    assert helper.confirm_resolution(confirming).case.state == types.CASE_STATE_CONFIRMED


def test_a_program_needs_the_scope_itself_and_stays_within_its_areas(
    running: Component, consenting: Consenting
) -> None:
    def program(*scopes: str) -> Any:
        return helping(running, consenting(), running.mint.client(*scopes, subject="helper"))

    on_web = report(channel=types.CHANNEL_WEB)
    assert refused(program("catalog.read").open_case, on_web) == "SCOPE_MISSING"
    assert program("cases.open").open_case(on_web).case.reporter_id == "old-fu"


# An area


@pytest.mark.capability("004.3")
def test_a_consent_for_an_area_opens_reads_and_writes_nothing_elsewhere(
    running: Component, consenting: Consenting, person: Any
) -> None:
    elsewhere = helping(running, consenting(within_area_path="city/hills"))
    here = helping(running, consenting(within_area_path="city/harbour"))
    himself = person("RESIDENT", subject="old-fu", path=CITY)
    opened = himself.open_case(report())
    case = opened.case
    writing = pb.SendMessageRequest(**on(case), to=types.CASE_PARTY_DEPARTMENT, text="it is deep")
    listing = pb.ListMyCasesRequest(at_least=opened.revision)

    assert refused(elsewhere.open_case, report()) == "OUT_OF_REACH"
    assert refused(elsewhere.get_my_case, pb.GetMyCaseRequest(case_id=case.case_id)) == "OUT_OF_REACH"
    conversation = pb.GetConversationRequest(case_id=case.case_id)
    assert refused(elsewhere.get_conversation, conversation) == "OUT_OF_REACH"
    assert refused(elsewhere.send_message, writing) == "OUT_OF_REACH"
    assert refused(elsewhere.withdraw_case, pb.WithdrawCaseRequest(**on(case))) == "OUT_OF_REACH"
    assert list(elsewhere.list_my_cases(listing).cases) == []
    assert case.case_id in {each.case_id for each in here.list_my_cases(listing).cases}
    assert here.get_my_case(pb.GetMyCaseRequest(case_id=case.case_id)).case
    here.send_message(writing)
    here.withdraw_case(pb.WithdrawCaseRequest(**on(case)))


# The field of an opening


def test_an_opening_may_name_the_consent_itself(running: Component, consenting: Consenting) -> None:
    plain = running.client(running.mint.client("cases.open", subject="helper")).service(DESCRIPTOR)

    def named(consent_id: str) -> pb.OpenCaseRequest:
        about: dict[str, Any] = {
            "reporter_id": "old-fu",
            "channel": types.CHANNEL_WEB,
            "consent_id": consent_id,
        }
        return report(**about)

    assert plain.open_case(named(consenting())).case.reporter_id == "old-fu"
    reading = consenting(purposes=[kinds.CONSENT_PURPOSE_FOLLOW_CASES])
    assert refused(plain.open_case, named(reading)) == "CONSENT_NOT_VALID"
    far = consenting(within_area_path="city/hills")
    assert refused(plain.open_case, named(far)) == "CONSENT_NOT_VALID"


# What was done in whose name


@pytest.mark.capability("004.3")
def test_the_resident_lists_what_was_done_and_read_in_their_name_and_staff_read_it_to_them(
    running: Component, consenting: Consenting
) -> None:
    consent_id = consenting(resident_id="aunt-wu")
    helper = helping(running, consent_id)
    opened = helper.open_case(report())
    helper.get_my_case(pb.GetMyCaseRequest(case_id=opened.case.case_id))

    def stub(role: str, subject: str, path: str) -> Any:
        return running.client(running.mint.person(role, subject=subject, path=path)).service(ACTING)

    mine = acting.ListDoneInMyNameRequest(service="cases", at_least=opened.revision)
    of_her = acting.ListDoneInNameOfRequest(service="cases", resident_id="aunt-wu", at_least=opened.revision)
    acts = stub("RESIDENT", "aunt-wu", CITY).list_done_in_my_name(mine).acts
    told = stub("GRID_WORKER", "gu", CITY).list_done_in_name_of(of_her).acts
    elsewhere = stub("GRID_WORKER", "gu", "elsewhere").list_done_in_name_of(of_her).acts

    openings = [each for each in acts if each.event == "case_opened"]
    [opening] = openings
    assert (opening.actor_id, opening.consent_id) == ("helper", consent_id)
    assert opening.subject == f"case-{opened.case.case_id}"
    assert opening.label.zh == "以您的名义反映了诉求"
    assert all(each.label.zh and each.label.en for each in acts)
    assert {each.event for each in told} >= {"case_opened"}
    assert list(elsewhere) == []
    readings = [
        each
        for each in running.opened.ledger.read(limit=100_000)
        if isinstance(each.event, PersonalDataDisclosed) and each.event.rpc.endswith("ListDoneInNameOf")
    ]
    assert [(each.metadata.actor, each.event.subject_ids) for each in readings] == [("gu", ("aunt-wu",))]
