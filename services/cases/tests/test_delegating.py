"""An officer works on another body's cases by a delegation, over the real wire, and not one call longer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.rpc.access import Grant
from libs.rpc.credentials import Token
from libs.rpc.moments import stamp
from libs.testkit.acting import consented
from libs.testkit.component import Component
from libs.testkit.ids import Ids
from libs.testkit.rpc import answer_to, every_rpc
from services.cases.tests.test_component_pauses import approving, refusing, requesting
from services.cases.tests.wire import DESCRIPTOR, on, refused, report

new_id = Ids("delegation")
NOW = datetime.now(UTC)
READING = kinds.DELEGATED_POWER_READ_CASES


def delegated(running: Component, **differently: Any) -> str:
    """Identity tells that parks may work on the cases of roads, for a day; the id of the delegation."""
    told: dict[str, Any] = {
        "delegation_id": new_id(),
        "power": kinds.DELEGATED_POWER_WORK_ON_CASES,
        "origin_body_id": "roads",
        "from_body_id": "roads",
        "to_body_id": "parks",
        "since_time": stamp(NOW - timedelta(hours=1)),
        "until_time": stamp(NOW + timedelta(days=1)),
    }
    running.hears("identity", identity.PowerDelegated(**told | differently))
    return str((told | differently)["delegation_id"])


def by(running: Component, delegation_id: str, token: Token | None = None) -> Any:
    """The rpcs as an officer of parks who names the delegation."""
    who = token or running.mint.person("CASE_OFFICER", subject="pia", body="parks")
    return running.client(who, delegation=delegation_id).service(DESCRIPTOR)


def ended(running: Component, delegation_id: str) -> None:
    running.hears("identity", identity.DelegationEnded(delegation_id=delegation_id))


def accepting(case: pb.Case) -> pb.AcceptCaseRequest:
    return pb.AcceptCaseRequest(**on(case))


@pytest.fixture
def case(lin: Any) -> pb.Case:
    """A case of roads, in Mole Street."""
    opened: pb.Case = lin.open_case(report()).case
    assert opened.body_id == "roads"
    return opened


@pytest.mark.capability("000.7")
def test_a_stand_in_works_on_the_case_and_each_event_cites_the_delegation(
    running: Component, case: pb.Case, person: Any
) -> None:
    delegation_id = delegated(running)
    officer = by(running, delegation_id)

    officer.accept_case(accepting(case))
    officer.start_work(pb.StartWorkRequest(**on(case)))
    officer.answer_reporter(pb.AnswerReporterRequest(**on(case), text="we are on our way"))
    officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved", outcome="filled"))

    assert officer.get_case(pb.GetCaseRequest(case_id=case.case_id)).case.state == types.CASE_STATE_RESOLVED
    events = [each for each in running.opened.ledger.read(limit=100_000) if each.subject_id == case.case_id]
    theirs = [each for each in events if each.metadata.actor == "pia"]
    assert {each.name.split(".")[1] for each in theirs} >= {"case_accepted", "case_resolved"}
    assert {each.metadata.delegation_id for each in theirs} == {delegation_id}
    history = officer.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries
    cited = {(each.actor == "pia", each.delegation_id) for each in history}
    assert cited == {(True, delegation_id), (False, "")}
    own = person("CASE_OFFICER", subject="pia", body="parks")
    assert refused(own.add_note, pb.AddNoteRequest(**on(case), text="mine")) == "OUT_OF_REACH"


@pytest.mark.capability("000.7")
def test_what_a_stand_in_reads_is_recorded_with_the_delegation(running: Component, case: pb.Case) -> None:
    delegation_id = delegated(running)

    shown = by(running, delegation_id).get_case(pb.GetCaseRequest(case_id=case.case_id))

    assert not shown.personal_data_masked
    readings = [
        each.metadata.delegation_id
        for each in running.opened.ledger.read(limit=100_000)
        if isinstance(each.event, PersonalDataDisclosed) and each.event.reference == case.case_id
    ]
    assert readings == [delegation_id]


@pytest.mark.capability("000.7")
def test_after_its_end_the_next_call_is_refused_also_a_repeated_one(
    running: Component, case: pb.Case
) -> None:
    delegation_id = delegated(running)
    officer, accepted = by(running, delegation_id), accepting(case)
    officer.accept_case(accepted)

    ended(running, delegation_id)

    assert refused(officer.start_work, pb.StartWorkRequest(**on(case))) == "DELEGATION_NOT_VALID"
    assert refused(officer.accept_case, accepted) == "DELEGATION_NOT_VALID"
    assert refused(officer.get_case, pb.GetCaseRequest(case_id=case.case_id)) == "DELEGATION_NOT_VALID"


@pytest.mark.capability("000.7")
def test_before_its_period_and_after_it_nobody_acts(running: Component, case: pb.Case) -> None:
    over = delegated(running, until_time=stamp(NOW - timedelta(seconds=1)))
    to_come = delegated(running, since_time=stamp(NOW + timedelta(hours=1)))

    assert refused(by(running, over).accept_case, accepting(case)) == "DELEGATION_NOT_VALID"
    assert refused(by(running, to_come).accept_case, accepting(case)) == "DELEGATION_NOT_VALID"
    assert refused(by(running, "nobodys").accept_case, accepting(case)) == "DELEGATION_UNKNOWN"


@pytest.mark.capability("000.7")
def test_only_in_its_area_for_its_affairs_and_in_its_power(running: Component, case: pb.Case) -> None:
    elsewhere = by(running, delegated(running, area_path="city/hill"))
    other_affair = by(running, delegated(running, affair_ids=["graffiti"]))
    reading = by(running, delegated(running, power=READING, affair_ids=["potholes", "graffiti"]))
    looking = pb.GetCaseRequest(case_id=case.case_id)

    assert refused(elsewhere.accept_case, accepting(case)) == "OUT_OF_REACH"
    assert refused(other_affair.accept_case, accepting(case)) == "OUT_OF_REACH"
    assert refused(other_affair.add_note, pb.AddNoteRequest(**on(case), text="hm")) == "OUT_OF_REACH"
    assert refused(other_affair.get_case, looking) == "OUT_OF_REACH"
    history = pb.GetCaseHistoryRequest(case_id=case.case_id)
    assert refused(other_affair.get_case_history, history) == "OUT_OF_REACH"
    assert refused(reading.accept_case, accepting(case)) == "SCOPE_MISSING"
    assert reading.get_case(looking).personal_data_masked
    by(running, delegated(running, area_path="city/harbour", affair_ids=["potholes"])).accept_case(
        accepting(case)
    )


@pytest.mark.capability("000.7")
def test_what_was_passed_on_ends_with_what_was_received(running: Component, case: pb.Case) -> None:
    first = delegated(running)
    about = {"from_body_id": "parks", "to_body_id": "harbour-office"}
    second = delegated(running, under_delegation_id=first, **about)
    token = running.mint.person("CASE_OFFICER", subject="hal", body="harbour-office")
    officer = by(running, second, token)
    officer.accept_case(accepting(case))

    ended(running, first)

    assert refused(officer.start_work, pb.StartWorkRequest(**on(case))) == "DELEGATION_NOT_VALID"
    orphan = by(running, delegated(running, under_delegation_id="unheard", **about), token)
    assert refused(orphan.accept_case, accepting(case)) == "DELEGATION_NOT_VALID"


def test_nobody_acts_who_does_not_work_for_the_receiving_body(running: Component, case: pb.Case) -> None:
    delegation_id, mint = delegated(running), running.mint

    for stranger in (
        mint.person("CASE_OFFICER", subject="hal", body="harbour-office"),
        mint.person("OPERATOR", subject="olga"),
        mint.person("GRID_WORKER", subject="gu", path="city"),
    ):
        told = refused(by(running, delegation_id, stranger).accept_case, accepting(case))
        assert told == "DELEGATION_NOT_VALID"
    resident = mint.person("RESIDENT", subject="lin", path="city")
    assert refused(by(running, delegation_id, resident).accept_case, accepting(case)) == "SCOPE_MISSING"
    program = mint.client("cases.work", subject="robot", grants=[Grant("PARTNER", body="parks")])
    assert refused(by(running, delegation_id, program).accept_case, accepting(case)) == "NOT_BY_DELEGATION"
    on_the_hill = mint.person("CASE_OFFICER", subject="pia", body="parks", path="city/hill")
    assert refused(by(running, delegation_id, on_the_hill).accept_case, accepting(case)) == "OUT_OF_REACH"


def test_by_a_delegation_nothing_of_ones_own_body_is_done(
    running: Component, case: pb.Case, dispatcher: Any
) -> None:
    moving: dict[str, Any] = {"body_id": "parks", "legal_basis": "agreed"}
    dispatcher.reassign_case(pb.ReassignCaseRequest(**on(case), **moving, reason="agreed"))

    assert refused(by(running, delegated(running)).accept_case, accepting(case)) == "OUT_OF_REACH"


@pytest.mark.capability("000.7")
def test_nobody_confirms_what_they_did_in_the_place_of_the_body(running: Component, person: Any) -> None:
    reporter = person("RESIDENT", subject="pia", path="city")
    own = reporter.open_case(report()).case
    officer = by(running, delegated(running))
    officer.accept_case(accepting(own))
    officer.resolve_case(pb.ResolveCaseRequest(**on(own), outcome_code="resolved", outcome="filled"))

    assert (
        refused(reporter.confirm_resolution, pb.ConfirmResolutionRequest(**on(own))) == "WORKS_FOR_THE_BODY"
    )


def test_nor_has_a_helper_confirm_it_in_their_name(running: Component, person: Any) -> None:
    own = person("RESIDENT", subject="pia", path="city").open_case(report()).case
    officer = by(running, delegated(running))
    officer.accept_case(accepting(own))
    officer.resolve_case(pb.ResolveCaseRequest(**on(own), outcome_code="resolved", outcome="filled"))
    running.hears("identity", identity.ResidentRegistered(resident_id="pia"))
    consent_id = consented(running, resident_id="pia", helper_id="helper", home_area_path="city")
    helper = running.client(running.mint.person("GRID_WORKER", subject="helper", path="city"), consent_id)

    confirming = pb.ConfirmResolutionRequest(**on(own))

    assert refused(helper.service(DESCRIPTOR).confirm_resolution, confirming) == "WORKS_FOR_THE_BODY"


def test_who_stood_in_does_not_decide_on_a_pause_of_the_case(
    running: Component, case: pb.Case, roads_officer: Any
) -> None:
    by(running, delegated(running)).start_work(pb.StartWorkRequest(**on(case)))
    roads_officer.request_pause(requesting(case))
    both = [Grant("CASE_OFFICER", body="parks"), Grant("SUPERVISOR", path="city/harbour")]
    pia = running.client(running.mint.holding("pia", *both)).service(DESCRIPTOR)
    ada = running.client(running.mint.holding("ada", *both)).service(DESCRIPTOR)

    assert refused(pia.approve_pause, approving(case)) == "WORKS_FOR_THE_BODY"
    assert refused(pia.refuse_pause, refusing(case)) == "WORKS_FOR_THE_BODY"
    assert ada.approve_pause(approving(case)).case.state == types.CASE_STATE_WAITING


def test_who_heard_of_the_end_first_does_not_act(running: Component, case: pb.Case) -> None:
    ended(running, "too-early")
    delegation_id = delegated(running, delegation_id="too-early")

    assert refused(by(running, delegation_id).accept_case, accepting(case)) == "DELEGATION_NOT_VALID"


def test_nobody_names_a_consent_and_a_delegation(running: Component, case: pb.Case) -> None:
    officer = running.mint.person("CASE_OFFICER", subject="pia", body="parks")
    both = running.client(officer, "consent", delegation=delegated(running)).service(DESCRIPTOR)

    assert refused(both.accept_case, accepting(case)) == "NOT_BY_DELEGATION"


@pytest.mark.capability("000.7")
def test_every_rpc_is_open_by_delegation_only_where_it_says_so(running: Component) -> None:
    officer = running.mint.person("CASE_OFFICER", subject="pia", body="parks")
    client = running.client(officer, delegation=delegated(running))
    found = []
    for method in every_rpc(DESCRIPTOR):
        failed = answer_to(client, method, b"")
        closed = failed is not None and failed.reason in {"NOT_BY_DELEGATION", "SCOPE_MISSING"}
        if closed is method.by_delegation:
            found.append((method.name, failed and failed.reason))
    assert found == []
