"""Cases over the real wire: PostgreSQL, gRPC, views and clocks; only the neighbours are faked."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf import text_format
from grpc import StatusCode
from linli.cases.v1 import cases_service_pb2 as pb
from linli.cases.v1 import cases_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types
from linli.identity.v1.identity_types_pb2 import CONSENT_PURPOSE_REPORT_CASES
from linli.options.v1 import access_pb2
from linli.types.v1.types_pb2 import Point

from libs.ledger.recorded import Context
from libs.rpc.access import Grant
from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.runtime.host.counting import Counting
from libs.telemetry import metrics
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from libs.testkit.eventually import eventually
from libs.testkit.hostile import assert_never_broken
from libs.testkit.rpc import deviations, every_rpc, roles
from libs.testkit.views import assert_rebuilt_equals_live
from services.cases.adapters import figures
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import PassMoments
from services.cases.tests import neighbours
from services.cases.tests.neighbours import AT_SEA, IN_MOLE_STREET
from services.cases.tests.wire import (
    DESCRIPTOR,
    claim,
    imported,
    new_id,
    on,
    refused,
    report,
    routed_to,
    service_of,
)
from services.cases.wiring import SERVICE


def _lies_in(operator: Any, area_path: str, location: Any) -> bool:
    asked = pb.PreviewRoutingRequest(affair_id="potholes", location=location)
    return bool(operator.preview_routing(asked).routing.area_path == area_path)


# -- the story -------------------------------------------------------------------------------------


def test_from_report_to_closing(resident: Any, roads_officer: Any) -> None:
    case = resident.open_case(report()).case
    assert (case.state, case.body_id, case.area_path) == (
        types.CASE_STATE_ROUTED,
        "roads",
        "city/harbour/mole-street",
    )
    assert case.reporter_id == "resident-lin"

    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))
    roads_officer.start_work(pb.StartWorkRequest(**on(case)))
    roads_officer.add_note(pb.AddNoteRequest(**on(case), text="crew is on its way", to_reporter=True))
    filled: dict[str, Any] = {"outcome_code": "resolved", "outcome": "filled with asphalt"}
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), **filled))
    resident.confirm_resolution(pb.ConfirmResolutionRequest(**on(case)))
    closed = roads_officer.close_case(pb.CloseCaseRequest(**on(case)))

    assert closed.case.state == types.CASE_STATE_CLOSED
    public = resident.get_public_case(
        pb.GetPublicCaseRequest(public_id=case.public_id, at_least=closed.revision)
    )
    assert public.case.state == types.CASE_STATE_CLOSED
    full = roads_officer.get_case(pb.GetCaseRequest(case_id=case.case_id))
    assert full.report.description == "a hole as deep as a bucket"
    assert full.report.location == Point(**IN_MOLE_STREET)
    assert full.outcome == "filled with asphalt"
    assert full.revision == closed.revision
    assert [note.text for note in full.notes] == ["crew is on its way"]
    assert [deadline.breached for deadline in full.case.deadlines] == [False, False]
    mine = resident.list_my_cases(pb.ListMyCasesRequest(at_least=closed.revision))
    assert case.case_id in [each.case_id for each in mine.cases]


@pytest.mark.parametrize("role", ["", *sorted(roles())])
def test_everybody_sees_the_same_public_face_of_a_number_that_they_know(
    running: Component, resident: Any, role: str
) -> None:
    """Without a token, and in every role wherever it holds: knowing the number is enough."""
    opened = resident.open_case(report())
    asked = pb.GetPublicCaseRequest(public_id=opened.case.public_id)
    token = running.mint.person(role, path="elsewhere") if role else Token()
    stub = service_of(running, token)

    face = eventually(lambda: _public_face(stub, asked), "the view has the case")

    assert face.public_id == opened.case.public_id
    assert (face.area_path, face.body_id) == ("city/harbour/mole-street", "roads")
    shown = text_format.MessageToString(face)
    assert not [secret for secret in ("bucket", "resident-lin", opened.case.case_id) if secret in shown]


def test_the_public_face_names_the_community_and_not_its_grid_cell(
    running: Component, resident: Any, person: Any
) -> None:
    """A grid cell has a few hundred households: the kind of matter and the hour might tell who it was."""
    court, level = "city/harbour/mole-street/court", identity_types.AREA_LEVEL_GRID_CELL
    running.hears("identity", identity.AreaDefined(area_id="court", area_path=court, level=level))
    worker, anybody = person("GRID_WORKER", subject="gu", path=court), service_of(running, Token())

    case = eventually(lambda: _opened_in(resident, "court"), "cases has heard of the court")
    asked = pb.GetPublicCaseRequest(public_id=case.public_id)
    face = eventually(lambda: _public_face(anybody, asked), "the view has the case")
    numbers = pb.FollowPublicCasesRequest(public_ids=[case.public_id])
    followed = next(iter(resident.follow_public_cases(numbers)))

    assert (face.area_id, face.area_path) == ("mole-street", "city/harbour/mole-street")
    assert list(followed.cases) == [face]
    assert worker.get_case(pb.GetCaseRequest(case_id=case.case_id)).case.area_path == court


def _opened_in(resident: Any, area_id: str) -> pb.Case:
    try:
        opened: pb.Case = resident.open_case(report(location=None, area_id=area_id)).case
    except RpcFailed as failed:
        raise AssertionError from failed
    return opened


def _public_face(stub: Any, asked: pb.GetPublicCaseRequest) -> pb.PublicCase:
    try:
        face: pb.PublicCase = stub.get_public_case(asked).case
    except RpcFailed as failed:
        raise AssertionError from failed
    return face


def test_the_public_face_of_a_case_shows_what_was_decided_and_nothing_else() -> None:
    """Whoever adds a field decides who may see it, and says so on the service's page."""
    decided = (
        "public_id state affair_id area_id area_path body_id opened_time ended_time due_time overdue"
        " merged_into_public_id"
    )

    assert [field.name for field in pb.PublicCase.DESCRIPTOR.fields] == decided.split()


def test_the_history_says_who_when_and_why(resident: Any, roads_officer: Any, operator: Any) -> None:
    case = resident.open_case(report()).case
    roads_officer.return_case(pb.ReturnCaseRequest(**on(case), reason="private ground"))

    history = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries

    assert [entry.event for entry in history] == [
        "linli.cases.v1.CaseOpened",
        "linli.cases.v1.CaseRouted",
        "linli.cases.v1.CaseReturned",
    ]
    assert [entry.version for entry in history] == [1, 2, 3]
    assert (history[0].actor, history[2].actor, history[2].reason) == (
        "resident-lin",
        "rob",
        "private ground",
    )
    assert all(len(entry.trace_id) == 32 for entry in history)


def test_after_two_returns_only_the_next_area_up_decides(running: Component, operator: Any) -> None:
    case = operator.open_case(report()).case
    operator.return_case(pb.ReturnCaseRequest(**on(case), reason="not ours"))
    operator.reassign_case(
        pb.ReassignCaseRequest(**on(case), body_id="parks", reason="try these", legal_basis="Decree 7")
    )
    twice = operator.return_case(pb.ReturnCaseRequest(**on(case), reason="not ours either"))
    street = service_of(running, running.mint.person("DISPATCHER", path="city/harbour/mole-street"))
    harbour = service_of(running, running.mint.person("DISPATCHER", path="city/harbour"))
    decision = pb.ReassignCaseRequest(**on(case), body_id="roads", reason="decided", item_id="streets:city:1")

    unowned = harbour.list_unowned_matters(pb.ListUnownedMattersRequest(at_least=twice.revision)).matters
    assert {(each.case_id, each.deciding_area_id) for each in unowned} >= {(case.case_id, "harbour")}
    assert refused(street.reassign_case, decision) == "OUT_OF_REACH"
    assert harbour.reassign_case(decision).case.body_id == "roads"
    again = pb.ReturnCaseRequest(**on(case), reason="still not ours")
    assert refused(operator.return_case, again) == "DECIDED_BY_ADJUDICATION"


def test_a_reassignment_cites_an_item_in_force_and_its_version(operator: Any) -> None:
    case = operator.open_case(report("ufos")).case
    graffiti = operator.open_case(report("graffiti")).case
    cited: dict[str, Any] = {"body_id": "roads", "reason": "theirs", "item_id": "streets:city:1"}

    for unfit in ({"item_id": "streets:moon:1"}, {"body_id": "parks"}, {}):
        request = pb.ReassignCaseRequest(**on(case, **(cited | unfit)))
        assert refused(operator.reassign_case, request) == "ITEM_NOT_APPLICABLE"
    without = pb.ReassignCaseRequest(**on(case), body_id="roads", reason="theirs")
    assert refused(operator.reassign_case, without) == "BASIS_MISSING"
    operator.return_case(pb.ReturnCaseRequest(**on(graffiti), reason="not ours"))
    assert operator.reassign_case(pb.ReassignCaseRequest(**on(graffiti, **cited))).case.body_id == "roads"


def test_a_legal_basis_stands_in_the_history(operator: Any) -> None:
    case = operator.open_case(report()).case
    decreed: dict[str, Any] = {"body_id": "parks", "reason": "on their lawn", "legal_basis": "Decree 7"}
    operator.reassign_case(pb.ReassignCaseRequest(**on(case), **decreed))

    [*_, entry] = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries

    assert (entry.reason, entry.legal_basis) == ("on their lawn", "Decree 7")


def test_a_supervisor_reopens_what_was_resolved_and_does_nothing_else(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    case = operator.open_case(report()).case
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved"))
    harbour, hill = (
        service_of(running, running.mint.person("SUPERVISOR", path=path))
        for path in ("city/harbour", "city/hill")
    )
    reopening = pb.ReopenCaseRequest(**on(case), reason="the hole is still there")

    assert refused(hill.reopen_case, reopening) == "OUT_OF_REACH"
    assert harbour.reopen_case(reopening).case.state == types.CASE_STATE_ACCEPTED
    closing = pb.RejectCaseRequest(**on(case), reason="enough", reason_code="unclear")
    assert refused(harbour.reject_case, closing) == "SCOPE_MISSING"


# -- locating and routing --------------------------------------------------------------------------


def test_a_place_outside_all_areas_needs_an_area(operator: Any) -> None:
    assert refused(operator.open_case, report(location=AT_SEA)) == "PLACE_OUTSIDE_AREAS"
    assert operator.open_case(report(location=AT_SEA, area_id="hill")).case.area_path == "city/hill"
    assert refused(operator.open_case, report(location=None, area_id="atlantis")) == "AREA_UNKNOWN"
    assert refused(operator.open_case, report("quarrels")) == "AFFAIR_UNKNOWN"


@pytest.mark.capability("003.1")
def test_a_case_keeps_its_area_when_the_boundary_moves(running: Component, operator: Any) -> None:
    at_the_mill = {"latitude": 8.5, "longitude": 8.5}
    running.hears("identity", identity.AreaDefined(area_id="mill", area_path="city/mill"))
    running.hears("identity", neighbours.boundary("mill", "city/mill", 8, 8, 1))
    eventually(lambda: _lies_in(operator, "city/mill", at_the_mill), "the boundary is known")
    case = operator.open_case(report(location=at_the_mill)).case

    moved = neighbours.boundary("mill", "city/mill", 9, 9, 0.5)
    moved.version = 2
    running.hears("identity", moved)
    eventually(lambda: _lies_in(operator, "city", at_the_mill), "the moved boundary is known")

    assert operator.get_case(pb.GetCaseRequest(case_id=case.case_id)).case.area_path == "city/mill"


def test_a_matter_without_an_owner_stands_in_the_list(operator: Any) -> None:
    opened = operator.open_case(report("ufos"))

    unowned = operator.list_unowned_matters(pb.ListUnownedMattersRequest(at_least=opened.revision)).matters

    assert opened.case.state == types.CASE_STATE_SUBMITTED
    assert (opened.case.case_id, "no responsibility") in [(each.case_id, each.cause) for each in unowned]


@pytest.mark.capability("004.1")
def test_a_routing_decision_is_run_again_on_what_was_known_then(running: Component, operator: Any) -> None:
    case = operator.open_case(report("graffiti", location=neighbours.IN_HARBOUR)).case
    running.hears("catalog", neighbours.assigned("graffiti:harbour:1", "graffiti", "harbour", "parks"))
    here = {"affair_id": "graffiti", "location": neighbours.IN_HARBOUR}
    eventually(lambda: routed_to(operator, "parks", **here), "the new item is known")

    explained = operator.explain_routing(pb.ExplainRoutingRequest(case_id=case.case_id))

    assert explained.same
    assert explained.again.body_id == "roads"
    assert [line.verdict for line in explained.stored.trace] == ["chosen"]


# -- who may ---------------------------------------------------------------------------------------


def test_only_the_body_that_must_answer_works_on_a_case(running: Component, resident: Any) -> None:
    case = resident.open_case(report()).case
    parks_officer = service_of(running, running.mint.person("CASE_OFFICER", body="parks"))
    grid_worker = service_of(running, running.mint.person("GRID_WORKER", path="city/harbour/mole-street"))

    for somebody in (parks_officer, grid_worker):
        assert refused(somebody.accept_case, pb.AcceptCaseRequest(**on(case))) == "OUT_OF_REACH"
    assert refused(parks_officer.get_case, pb.GetCaseRequest(case_id=case.case_id)) == "OUT_OF_REACH"
    assert grid_worker.get_case(pb.GetCaseRequest(case_id=case.case_id)).report.description


def test_who_only_watches_sees_no_personal_data(running: Component, resident: Any) -> None:
    case = resident.open_case(report(contact="+1 555 0199", address="7 Mole Street")).case
    supervisor = service_of(running, running.mint.person("SUPERVISOR"))

    seen = supervisor.get_case(pb.GetCaseRequest(case_id=case.case_id))

    assert seen.personal_data_masked
    assert seen.report == pb.Report()


def test_a_resident_reports_in_their_own_name_and_takes_back_their_own(
    running: Component, resident: Any
) -> None:
    neighbour = service_of(running, running.mint.person("RESIDENT", subject="resident-wu"))
    case = resident.open_case(report()).case

    assert refused(resident.open_case, report(reporter_id="resident-wu")) == "REPORTER_IS_SOMEBODY_ELSE"
    assert refused(neighbour.withdraw_case, pb.WithdrawCaseRequest(**on(case))) == "NOT_YOURS"
    assert resident.withdraw_case(pb.WithdrawCaseRequest(**on(case))).case.state == types.CASE_STATE_WITHDRAWN


@pytest.mark.parametrize("field", ["reporter_id", "on_behalf_of"])
@pytest.mark.parametrize("written", ["+1 555 0199", "Mrs Lin", "lin@example.org"])
def test_a_reporter_is_named_by_an_id_only(operator: Any, field: str, written: str) -> None:
    with pytest.raises(RpcFailed) as failed:
        operator.open_case(report(**{field: written}))

    assert (failed.value.code, list(failed.value.violations)) == (StatusCode.INVALID_ARGUMENT, [field])


def test_a_resident_registered_anew_after_an_erasure_is_a_reporter_too(
    running: Component, operator: Any
) -> None:
    anew = "0b5d1c3e7f9a4b2c8d6e5f4a3b2c1d0e"  # identity gives another one
    running.hears("identity", identity.ResidentRegistered(resident_id=anew))

    assert operator.open_case(report(reporter_id=anew)).case.reporter_id == anew


def test_staff_report_for_those_only_whom_identity_knows(running: Component, operator: Any) -> None:
    for somebody in (report(reporter_id="resident-hu"), report(on_behalf_of="resident-hu")):
        assert refused(operator.open_case, somebody) == "REPORTER_UNKNOWN"

    running.hears("identity", identity.ResidentRegistered(resident_id="resident-hu"))

    told = report(reporter_id="resident-hu")
    case = operator.open_case(told).case
    assert case.reporter_id == "resident-hu"
    assert operator.open_case(told).case.case_id == case.case_id


@pytest.mark.parametrize("field", ["reporter_id", "on_behalf_of"])
def test_who_was_erased_is_nobody_to_report_for(running: Component, operator: Any, field: str) -> None:
    somebody = f"resident-erased-as-{field.replace('_', '-')}"
    running.hears("identity", identity.ResidentRegistered(resident_id=somebody))
    before = report(**{field: somebody})
    case = operator.open_case(before).case

    running.hears("identity", identity.SubjectErased(subject_id=somebody))

    without_personal_data: dict[str, Any] = {"description": "", "location": None, "area_id": "mole-street"}
    for told in ({}, without_personal_data):
        assert refused(operator.open_case, report(**{field: somebody, **told})) == "REPORTER_UNKNOWN"
    assert operator.open_case(before).case.case_id == case.case_id


def test_who_was_erased_before_they_ever_reported_reports_no_more(running: Component, operator: Any) -> None:
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-brief"))
    running.hears("identity", identity.SubjectErased(subject_id="resident-brief"))
    in_person = service_of(running, running.mint.person("RESIDENT", subject="resident-brief"))

    assert refused(operator.open_case, report(reporter_id="resident-brief")) == "REPORTER_UNKNOWN"
    assert refused(in_person.open_case, report()) == "SUBJECT_ERASED"


def test_a_client_is_nobody_whose_data_could_be_erased(running: Component) -> None:
    partner = service_of(running, running.mint.client("cases.open", subject="partner-1"))

    assert refused(partner.open_case, report(reporter_id="partner-1")) == "REPORTER_UNKNOWN"


def test_whoever_reports_in_person_need_not_have_been_heard_of(running: Component) -> None:
    newcomer = service_of(running, running.mint.person("RESIDENT", subject="resident-of-today"))

    assert newcomer.open_case(report()).case.reporter_id == "resident-of-today"


def test_who_imports_history_takes_back_what_others_did_and_no_live_case(
    running: Component, resident: Any, operator: Any
) -> None:
    live = resident.open_case(report()).case
    old = operator.open_case(imported("W-1", "2021-01-05 09:00")).case
    hill = [Grant("PARTNER", path="city/hill")]
    hill_importer = service_of(running, running.mint.client("cases.report", "cases.import", grants=hill))
    then = stamp(moment("2021-01-05 10:00"))

    assert refused(operator.withdraw_case, pb.WithdrawCaseRequest(**on(live))) == "NOT_YOURS"
    withdrawal = pb.WithdrawCaseRequest(**on(old), occurred_time=then)
    assert refused(hill_importer.withdraw_case, withdrawal) == "NOT_YOURS"
    assert operator.withdraw_case(withdrawal).case.state == types.CASE_STATE_WITHDRAWN


def test_only_other_systems_and_importers_claim_a_number_of_another_system(
    running: Component, resident: Any, roads_officer: Any, operator: Any
) -> None:
    partner = service_of(running, running.mint.client("cases.open"))

    def numbered(system: str) -> pb.OpenCaseRequest:
        return report(external_reference=types.ExternalReference(system=system, number="X-1"))

    for person in (resident, roads_officer):
        assert refused(person.open_case, numbered("elsewhere")) == "EXTERNAL_REFERENCE_NOT_ALLOWED"
        claiming = pb.RegisterExternalSystemRequest(request_id=new_id(), system="elsewhere")
        assert refused(person.register_external_system, claiming) == "EXTERNAL_REFERENCE_NOT_ALLOWED"
    for somebody, system in ((partner, "elsewhere"), (operator, "somewhere")):
        claim(somebody, system)
        case = somebody.open_case(numbered(system)).case
        assert case.external_reference.system == system


def test_the_numbers_of_a_system_are_given_by_its_owner_only(running: Component, operator: Any) -> None:
    ours, theirs = (
        service_of(running, running.mint.client("cases.open", "cases.import", subject=f"program-{name}"))
        for name in ("ours", "theirs")
    )

    def numbered(number: str) -> pb.OpenCaseRequest:
        return report(external_reference=types.ExternalReference(system="sensors", number=number))

    assert refused(ours.open_case, numbered("S-1")) == "EXTERNAL_SYSTEM_NOT_REGISTERED"
    first, again = claim(ours, "sensors"), claim(ours, "Sensors")
    opened = ours.open_case(numbered("S-1"))

    assert (first.owner_id, again.owner_id) == ("program-ours", "program-ours")
    for somebody in (theirs, operator):
        claiming = pb.RegisterExternalSystemRequest(request_id=new_id(), system="sensors")
        assert refused(somebody.register_external_system, claiming) == "EXTERNAL_SYSTEM_TAKEN"
        assert refused(somebody.open_case, numbered("S-1")) == "EXTERNAL_SYSTEM_NOT_YOURS"
        assert refused(somebody.open_case, numbered("S-2")) == "EXTERNAL_SYSTEM_NOT_YOURS"
    assert opened.case.external_reference.number == "S-1"


def test_an_operator_gives_a_system_to_another_client(running: Component, operator: Any) -> None:
    old, new = (
        service_of(running, running.mint.client("cases.open", subject=f"client-{name}"))
        for name in ("retired", "successor")
    )
    claim(old, "meters")
    giving = {"system": "meters", "owner_id": "client-successor", "reason": "their new program"}
    here = service_of(running, running.mint.person("OPERATOR", path="city/hill"))
    numbered = report(external_reference=types.ExternalReference(system="meters", number="M-1"))

    transfer = pb.TransferExternalSystemRequest(request_id=new_id(), **giving)
    assert refused(here.transfer_external_system, transfer) == "OUT_OF_REACH"
    unknown = pb.TransferExternalSystemRequest(request_id=new_id(), **{**giving, "system": "nobodys"})
    assert refused(operator.transfer_external_system, transfer) == "OWNER_UNKNOWN"
    running.hears("identity", identity.ClientRegistered(client_id="client-successor"))
    assert refused(operator.transfer_external_system, unknown) == "EXTERNAL_SYSTEM_NOT_REGISTERED"
    operator.transfer_external_system(transfer)

    assert refused(old.open_case, numbered) == "EXTERNAL_SYSTEM_NOT_YOURS"
    assert new.open_case(numbered).case.external_reference.number == "M-1"


def test_a_repeated_report_is_answered_as_at_first_whatever_was_taken_away_since(
    running: Component, operator: Any
) -> None:
    helper = service_of(running, running.mint.client("cases.open", subject="helper-program"))
    meters = service_of(running, running.mint.client("cases.open", subject="old-meters"))
    claim(meters, "gas-meters")
    by_consent = consented(running, "consent-4")
    reference = types.ExternalReference(system="gas-meters", number="G-1")
    numbered = report(external_reference=reference)
    first = helper.open_case(by_consent).case, meters.open_case(numbered).case

    running.hears("identity", identity.ConsentRevoked(consent_id="consent-4", resident_id="resident-fu"))
    running.hears("identity", identity.ClientRegistered(client_id="new-meters"))
    giving = {"system": "gas-meters", "owner_id": "new-meters", "reason": "their new program"}
    operator.transfer_external_system(pb.TransferExternalSystemRequest(request_id=new_id(), **giving))

    another = report(reporter_id="resident-fu", consent_id="consent-4")
    assert refused(helper.open_case, another) == "CONSENT_NOT_VALID"
    another = report(external_reference=reference)
    assert refused(meters.open_case, another) == "EXTERNAL_SYSTEM_NOT_YOURS"
    assert (helper.open_case(by_consent).case, meters.open_case(numbered).case) == first


def test_of_sixteen_clients_that_claim_a_system_one_gets_it(running: Component) -> None:
    clients = [
        service_of(running, running.mint.client("cases.open", subject=f"racer-{number}"))
        for number in range(16)
    ]

    def outcome(client: Any) -> str:
        try:
            return str(claim(client, "contested").owner_id)
        except RpcFailed as failed:
            return failed.reason

    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(outcome, clients))

    [winner] = [each for each in outcomes if each.startswith("racer-")]
    assert set(outcomes) == {winner, "EXTERNAL_SYSTEM_TAKEN"}


# -- in whose name ---------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["reporter_id", "on_behalf_of"])
@pytest.mark.parametrize("role", ["GRID_WORKER", "DISPATCHER"])
def test_who_registers_people_reports_for_them_where_they_do(
    running: Component, role: str, field: str
) -> None:
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-fu"))
    here = service_of(running, running.mint.person(role, path="city/harbour"))
    elsewhere = service_of(running, running.mint.person(role, path="city/hill"))

    assert here.open_case(report(**{field: "resident-fu"})).case.reporter_id == "resident-fu"
    assert refused(elsewhere.open_case, report(**{field: "resident-fu"})) == "OUT_OF_REACH"


@pytest.mark.parametrize("field", ["reporter_id", "on_behalf_of"])
def test_nobody_else_reports_in_another_name_without_the_right_to_import(
    running: Component, field: str
) -> None:
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-fu"))
    partner_scopes = ("cases.open", "cases.work", "cases.dispatch", "parties.register")
    importer = service_of(running, running.mint.client("cases.open", "cases.import", subject="importer"))
    others = [
        running.mint.person("CASE_OFFICER", body="roads"),
        running.mint.person("PARTNER", body="roads"),
        running.mint.client(*partner_scopes, subject="partner-9"),
    ]

    for token in others:
        told = report(**{field: "resident-fu"})
        assert refused(service_of(running, token).open_case, told) == "REPORTER_IS_SOMEBODY_ELSE"
    assert importer.open_case(report(**{field: "resident-fu"})).case.reporter_id == "resident-fu"


def consented(running: Component, consent_id: str, **differently: Any) -> pb.OpenCaseRequest:
    """A report by a consent that identity has told of."""
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-fu"))
    given = {"resident_id": "resident-fu", "helper_id": "helper-program"}
    until = datetime.now(UTC) + timedelta(days=1)
    told = {"until_time": stamp(until), "purpose": CONSENT_PURPOSE_REPORT_CASES, **given, **differently}
    running.hears("identity", identity.ConsentRecorded(consent_id=consent_id, **told))
    return report(reporter_id="resident-fu", consent_id=consent_id)


def test_a_helper_reports_by_consent_and_the_event_names_all_three(running: Component) -> None:
    helper = service_of(running, running.mint.client("cases.open", subject="helper-program"))
    told = consented(running, "consent-1")

    case = helper.open_case(told).case

    [opened, *_] = running.opened.streams["case"].history(case.case_id)
    metadata = opened.metadata
    assert case.reporter_id == "resident-fu"
    assert (metadata.actor, metadata.on_behalf_of, metadata.consent_id) == (
        *("helper-program", "resident-fu", "consent-1"),
    )


def test_by_a_revoked_consent_nothing_is_opened_any_more(running: Component) -> None:
    helper = service_of(running, running.mint.client("cases.open", subject="helper-program"))
    helper.open_case(consented(running, "consent-2"))

    revoked = identity.ConsentRevoked(consent_id="consent-2", resident_id="resident-fu")
    running.hears("identity", revoked)

    again = report(reporter_id="resident-fu", consent_id="consent-2")
    assert refused(helper.open_case, again) == "CONSENT_NOT_VALID"


@pytest.mark.parametrize(
    "differently",
    [
        {"resident_id": "somebody-else"},
        {"helper_id": "another-program"},
        {"until_time": stamp(datetime(2020, 1, 1, tzinfo=UTC))},
    ],
    ids=["of another person", "for another helper", "over"],
)
def test_a_consent_is_good_for_what_it_says_only(running: Component, differently: dict[str, Any]) -> None:
    helper = service_of(running, running.mint.client("cases.open", subject="helper-program"))
    told = consented(running, f"consent-{new_id()}", **differently)

    assert refused(helper.open_case, told) == "CONSENT_NOT_VALID"


def test_a_consent_of_one_names_no_other(running: Component) -> None:
    helper = service_of(running, running.mint.client("cases.open", subject="helper-program"))
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-hua"))
    told = consented(running, "consent-3")

    told.reporter_id, told.on_behalf_of = "resident-hua", "resident-fu"
    assert refused(helper.open_case, told) == "CONSENT_NOT_VALID"
    told.reporter_id, told.on_behalf_of = "", ""
    assert refused(helper.open_case, told) == "CONSENT_NOT_VALID"
    told.reporter_id, told.consent_id = "resident-fu", "consent-of-nobody"
    assert refused(helper.open_case, told) == "CONSENT_UNKNOWN"


def test_a_client_opens_cases_only_where_its_area_allows(running: Component) -> None:
    hill = [Grant("PARTNER", path="city/hill")]
    partner = service_of(running, running.mint.client("cases.open", grants=hill))

    assert partner.open_case(report(location=None, area_id="hill")).case.area_path == "city/hill"
    assert refused(partner.open_case, report()) == "OUT_OF_REACH"
    assert refused(partner.open_case, report(location=None, area_id="city")) == "OUT_OF_REACH"


def test_who_imports_the_history_of_one_area_dates_and_releases_nothing_elsewhere(
    running: Component, operator: Any
) -> None:
    hill = [Grant("PARTNER", path="city/hill")]
    scopes = ("cases.open", "cases.work", "cases.import")
    importer = service_of(running, running.mint.client(*scopes, grants=hill))
    then = "2021-02-02 09:00"

    def numbered(number: str, **place: Any) -> pb.OpenCaseRequest:
        request = imported(number, then, **place)
        request.external_reference.system = "hill-system"
        return request

    claim(importer, "hill-system")
    ours = importer.open_case(numbered("H-1", location=None, area_id="hill")).case
    assert refused(importer.open_case, numbered("H-2")) == "OUT_OF_REACH"
    running.hears("identity", identity.RoleGranted(party_id="olga", role=access_pb2.ROLE_OPERATOR))
    giving = {"system": "hill-system", "owner_id": "olga", "reason": "the city imports the rest"}
    operator.transfer_external_system(pb.TransferExternalSystemRequest(request_id=new_id(), **giving))
    theirs = operator.open_case(numbered("H-2"))
    works_everywhere, imports_here = Grant("CASE_OFFICER", body="roads"), Grant("OPERATOR", path="city/hill")
    issued = running.mint.issuer.issue(
        "ivy", kind="person", grants=[works_everywhere, imports_here], lifetime=timedelta(hours=1)
    )
    officer_on_the_hill = service_of(running, Token(issued.token))
    later: dict[str, Any] = {"occurred_time": stamp(moment("2021-02-02 10:00"))}
    dated = pb.AcceptCaseRequest(**on(theirs.case), **later)
    assert refused(officer_on_the_hill.accept_case, dated) == "OUT_OF_REACH"
    accepted = officer_on_the_hill.accept_case(pb.AcceptCaseRequest(**on(ours), **later))
    finish = pb.FinishImportRequest(
        system="hill-system", as_of_time=stamp(moment("2021-02-03 09:00")), at_least=accepted.revision
    )

    released = importer.finish_import(finish)

    assert (released.released, released.remaining) == (1, 0)
    finish.at_least = released.revision
    assert operator.finish_import(finish).released == 1


def test_a_list_shows_what_is_within_reach(running: Component, operator: Any) -> None:
    on_the_hill = operator.open_case(report(location=None, area_id="hill"))
    hill = service_of(running, running.mint.person("DISPATCHER", path="city/hill"))
    roads = service_of(running, running.mint.person("CASE_OFFICER", body="roads"))
    parks = service_of(running, running.mint.person("CASE_OFFICER", body="parks"))

    def listed(somebody: Any) -> list[pb.Case]:
        found = somebody.list_cases(pb.ListCasesRequest(at_least=on_the_hill.revision, page_size=200))
        return list(found.cases)

    assert {case.area_path for case in listed(hill)} == {"city/hill"}
    assert on_the_hill.case in listed(roads)
    assert on_the_hill.case not in listed(parks)


def test_anonymous_reports_where_the_affair_allows(resident: Any) -> None:
    nobody = resident.open_case(report("graffiti", anonymous=True)).case

    assert nobody.anonymous
    assert nobody.reporter_id == ""
    assert refused(resident.open_case, report("potholes", anonymous=True)) == "ANONYMOUS_NOT_ALLOWED"


# -- lists -----------------------------------------------------------------------------------------


def test_pages_and_filters(operator: Any) -> None:
    opened = [operator.open_case(report(assisted=True, channel=types.CHANNEL_LETTER)) for _ in range(5)]
    wanted = 'channel = LETTER AND assisted = true AND area_path = "city/harbour"'

    found, token = [], ""
    while True:
        page = operator.list_cases(
            pb.ListCasesRequest(
                filter=wanted,
                page_size=2,
                page_token=token,
                order_by="opened_time",
                at_least=opened[-1].revision,
            )
        )
        found += [case.case_id for case in page.cases]
        token = page.next_page_token
        if not token:
            break

    assert found == [answer.case.case_id for answer in opened]
    assert refused(operator.list_cases, pb.ListCasesRequest(filter="mood = good")) == "FILTER_INVALID"


def test_the_same_matter_of_another_system_is_taken_in_once(operator: Any) -> None:
    first = operator.open_case(imported("A-1", "2020-01-02 10:00"))

    assert refused(operator.open_case, imported("A-1", "2020-01-02 10:00")) == "CASE_EXISTS"
    by_number = pb.ListCasesRequest(filter="external_number = A-1", at_least=first.revision)
    assert list(operator.list_cases(by_number).cases) == [first.case]


# -- repetition and races --------------------------------------------------------------------------


def test_a_repeated_request_is_answered_the_same(running: Component, operator: Any) -> None:
    request = report()
    first = operator.open_case(request)
    operator.accept_case(pb.AcceptCaseRequest(**on(first.case)))

    assert operator.open_case(request) == first
    request.description = "something else"
    assert refused(operator.open_case, request) == "REQUEST_ID_REUSED"


def test_of_racing_commands_one_wins(operator: Any) -> None:
    case = operator.open_case(report()).case

    def accept(_: int) -> str:
        try:
            operator.accept_case(pb.AcceptCaseRequest(**on(case)))
        except RpcFailed as failed:
            return failed.reason
        return "accepted"

    with ThreadPoolExecutor(8) as callers:
        outcomes = sorted(callers.map(accept, range(8)))

    assert outcomes == ["CASE_STATE_FORBIDS"] * 7 + ["accepted"]


def test_a_condition_on_the_revision_is_kept(operator: Any) -> None:
    opened = operator.open_case(report())
    operator.accept_case(pb.AcceptCaseRequest(**on(opened.case, if_revision=opened.revision)))

    late = pb.StartWorkRequest(**on(opened.case, if_revision=opened.revision))
    assert refused(operator.start_work, late) == "REVISION_MISMATCH"


# -- time ------------------------------------------------------------------------------------------


def test_history_is_imported_with_its_breaches_and_then_released(operator: Any) -> None:
    slow = operator.open_case(imported("B-1", "2020-01-02 10:00")).case
    answer = operator.accept_case(
        pb.AcceptCaseRequest(**on(slow), occurred_time=stamp(moment("2020-01-03 15:00")))
    )
    first_response, resolution = answer.case.deadlines
    assert first_response.breached
    assert first_response.due_time == stamp(moment("2020-01-02 14:00"))
    assert resolution.due_time == stamp(moment("2020-01-07 10:00"))
    assert not resolution.breached

    too_early = pb.StartWorkRequest(**on(slow), occurred_time=stamp(moment("2020-01-03 14:59")))
    assert refused(operator.start_work, too_early) == "OUT_OF_ORDER"

    finish = pb.FinishImportRequest(
        system="old-system", as_of_time=stamp(moment("2020-01-06 13:00")), at_least=answer.revision
    )
    assert operator.finish_import(finish).released >= 1
    eventually(lambda: _all_breached(operator, slow.case_id), "the running clocks take over")
    breaches = [
        (entry.event, entry.actor)
        for entry in operator.get_case_history(pb.GetCaseHistoryRequest(case_id=slow.case_id)).entries
        if entry.event.startswith("linli.cases.v1.Deadline") or entry.event.endswith("CaseReleased")
    ]
    assert [event.split(".")[3] for event, _ in breaches] == [
        "DeadlineWarned",
        "DeadlineBreached",
        "DeadlineWarned",
        "CaseReleased",
        "DeadlineBreached",
    ]


def _all_breached(operator: Any, case_id: str) -> bool:
    case = operator.get_case(pb.GetCaseRequest(case_id=case_id)).case
    return all(deadline.breached for deadline in case.deadlines)


def test_only_importers_date_things_back(resident: Any) -> None:
    long_ago = report(occurred_time=stamp(datetime(2020, 1, 1, tzinfo=UTC)))

    assert refused(resident.open_case, long_ago) == "OCCURRED_TIME_NOT_ALLOWED"


def test_a_pause_moves_the_resolution_deadline(operator: Any) -> None:
    case = operator.open_case(imported("C-1", "2021-01-08 10:00")).case  # Friday; the Saturday is worked

    def at(text: str) -> dict[str, Any]:
        return {**on(case), "occurred_time": stamp(moment(text))}

    operator.start_work(pb.StartWorkRequest(**at("2021-01-08 11:00")))
    waits: dict[str, Any] = {"reason": "no asphalt", "reason_code": "third-party"}
    operator.pause_case(pb.PauseCaseRequest(**at("2021-01-08 12:00"), **waits))
    resumed = operator.resume_case(pb.ResumeCaseRequest(**at("2021-01-11 08:00")))

    before, after = (each.deadlines[1].due_time.ToDatetime(UTC) for each in (case, resumed.case))
    assert before == moment("2021-01-12 10:00")
    assert after == moment("2021-01-13 14:00")  # later by four hours of Friday and eight of Saturday


def test_a_pause_that_nobody_ends_lapses_and_its_case_can_be_reassigned(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    case = operator.open_case(imported("C-2", "2021-01-08 10:00")).case
    told = {"occurred_time": stamp(moment("2021-01-08 11:00")), "reason": "frost"}
    operator.start_work(pb.StartWorkRequest(**on(case, occurred_time=told["occurred_time"])))
    on_holiday = pb.PauseCaseRequest(**on(case, **told, reason_code="holiday"))
    assert refused(operator.pause_case, on_holiday) == "PAUSE_REASON_NOT_LISTED"
    paused = operator.pause_case(pb.PauseCaseRequest(**on(case, **told, reason_code="weather")))
    complete: dict[str, Any] = {"as_of_time": stamp(moment("2021-02-01 08:00")), "at_least": paused.revision}
    operator.finish_import(pb.FinishImportRequest(system="old-system", **complete))

    history = operator.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries
    decreed = {"body_id": "parks", "reason": "they have salt", "legal_basis": "Decree 7"}
    moved = operator.reassign_case(pb.ReassignCaseRequest(**on(case, **decreed))).case

    told_by_clocks = [entry.event.rpartition(".")[2] for entry in history]
    assert told_by_clocks[told_by_clocks.index("PauseWarned") :][:4] == [
        "PauseWarned",
        "PauseLapsed",
        "DeadlineWarned",
        "DeadlineBreached",
    ]
    assert (moved.state, moved.body_id) == (types.CASE_STATE_ROUTED, "parks")


# -- the day after the clock of a machine was wrong ------------------------------------------------


def early_case(running: Component, opener: Any, **fields: Any) -> tuple[pb.Case, str]:
    """A case whose moments a clock ten years ahead has fired, and the revision of that."""
    case = opener.open_case(report(**fields)).case
    wrong = PassMoments(at=datetime.now(UTC) + timedelta(days=3650))
    context = Context(actor="clock:cases", occurred_at=wrong.at)
    return case, running.opened.streams.of(CASE).handle(case.case_id, wrong, context).revision


def early_of(somebody: Any, case_id: str, revision: str) -> list[pb.EarlyMoment]:
    listed: list[pb.EarlyMoment] = []
    token = ""
    while True:
        asked = pb.ListEarlyMomentsRequest(page_size=1, page_token=token, at_least=revision)
        page = somebody.list_early_moments(asked)
        listed += [moment for each in page.cases if each.case_id == case_id for moment in each.moments]
        if not (token := page.next_page_token):
            return listed


def annulment(case: pb.Case, early: pb.EarlyMoment, **fields: Any) -> pb.AnnulMomentRequest:
    told = {"clock": early.clock, "moment": early.moment, "reason": "the clock of node 3 was wrong"}
    return pb.AnnulMomentRequest(**on(case, **{**told, **fields}))


def test_an_operator_frees_the_cases_that_a_wrong_clock_has_frozen(
    running: Component, operator: Any, resident: Any, roads_officer: Any
) -> None:
    case, revision = early_case(running, resident)
    other, revision = early_case(running, resident)
    accept = pb.AcceptCaseRequest(**on(case))
    assert refused(roads_officer.accept_case, accept) == "OUT_OF_ORDER"
    assert len(early_of(operator, case.case_id, revision)) == 4

    for early in early_of(operator, case.case_id, revision):
        revision = operator.annul_moment(annulment(case, early)).revision

    assert early_of(operator, case.case_id, revision) == []
    assert len(early_of(operator, other.case_id, revision)) == 4
    accepted = roads_officer.accept_case(accept)
    assert not any(deadline.breached for deadline in accepted.case.deadlines)
    listed = operator.list_cases(
        pb.ListCasesRequest(filter=f'public_id = "{case.public_id}"', at_least=accepted.revision)
    )
    assert not any(deadline.breached for deadline in listed.cases[0].deadlines)


def test_everybody_who_sees_the_case_sees_who_annulled_what_and_why(
    running: Component, operator: Any, resident: Any
) -> None:
    case, revision = early_case(running, resident)
    *_, early = early_of(operator, case.case_id, revision)
    operator.annul_moment(annulment(case, early))

    supervisor = service_of(running, running.mint.person("SUPERVISOR"))
    last = supervisor.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries[-1]

    assert (last.event, last.actor) == ("linli.cases.v1.MomentAnnulled", "olga")
    assert last.reason == "the clock of node 3 was wrong"
    assert last.recorded_time.ToNanoseconds() > case.opened_time.ToNanoseconds()


def test_nobody_but_an_operator_annuls_and_an_operator_gives_a_reason(
    running: Component, operator: Any, resident: Any
) -> None:
    case, revision = early_case(running, resident)
    early, *_ = early_of(operator, case.case_id, revision)
    everybody_else = service_of(
        running, running.mint.person(*(role for role in roles() if role != "OPERATOR"))
    )
    elsewhere = service_of(running, running.mint.person("OPERATOR", path="city/hill"))

    assert refused(everybody_else.annul_moment, annulment(case, early)) == "SCOPE_MISSING"
    assert refused(elsewhere.annul_moment, annulment(case, early)) == "OUT_OF_REACH"
    assert early_of(elsewhere, case.case_id, revision) == []
    for silent in ("", "  "):
        with pytest.raises(RpcFailed) as failed:
            operator.annul_moment(annulment(case, early, reason=silent))
        assert failed.value.code is StatusCode.INVALID_ARGUMENT


def test_no_operator_annuls_a_breach_that_was_due(operator: Any) -> None:
    case = operator.open_case(imported("D-1", "2020-01-02 10:00")).case
    late = pb.AcceptCaseRequest(**on(case), occurred_time=stamp(moment("2020-01-03 15:00")))
    operator.accept_case(late)
    breach = pb.EarlyMoment(clock=types.CLOCK_KIND_FIRST_RESPONSE, moment=types.MOMENT_KIND_BREACH)
    never = pb.EarlyMoment(clock=types.CLOCK_KIND_RESOLUTION, moment=types.MOMENT_KIND_BREACH)

    assert refused(operator.annul_moment, annulment(case, breach)) == "MOMENT_WAS_DUE"
    assert refused(operator.annul_moment, annulment(case, never)) == "MOMENT_NOT_FIRED"


# -- people ----------------------------------------------------------------------------------------


def test_who_is_erased_is_forgotten_here_too(running: Component, operator: Any) -> None:
    running.hears("identity", identity.ResidentRegistered(resident_id="resident-gone"))
    case = operator.open_case(report(reporter_id="resident-gone", contact="gone@example.org")).case
    operator.add_note(pb.AddNoteRequest(**on(case), text="rang at the door", to_reporter=False))

    running.hears("identity", identity.SubjectErased(subject_id="resident-gone"))

    full = operator.get_case(pb.GetCaseRequest(case_id=case.case_id))
    assert full.report == pb.Report()
    assert [note.text for note in full.notes] == [""]
    assert full.case.state == types.CASE_STATE_ROUTED
    assert refused(operator.open_case, report(reporter_id="resident-gone")) == "REPORTER_UNKNOWN"
    assert operator.accept_case(pb.AcceptCaseRequest(**on(case))).case.state == types.CASE_STATE_ACCEPTED


def test_why_a_reporter_acts_is_told_to_those_at_work_and_can_be_erased(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    gone = service_of(running, running.mint.person("RESIDENT", subject="resident-mei"))
    supervisor = service_of(running, running.mint.person("SUPERVISOR"))
    case = gone.open_case(report()).case
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved"))
    objection = pb.ObjectToResolutionRequest(**on(case), reason="Mei says: still a hole")
    gone.object_to_resolution(objection)
    roads_officer.resolve_case(pb.ResolveCaseRequest(**on(case), outcome_code="resolved"))
    operator.reopen_case(pb.ReopenCaseRequest(**on(case), reason="saw it myself"))
    gone.withdraw_case(pb.WithdrawCaseRequest(**on(case), reason="Mei moves away"))

    def reasons(somebody: Any) -> list[str]:
        entries = somebody.get_case_history(pb.GetCaseHistoryRequest(case_id=case.case_id)).entries
        return [entry.reason for entry in entries if entry.event.endswith(("CaseReopened", "CaseWithdrawn"))]

    assert reasons(roads_officer) == ["Mei says: still a hole", "saw it myself", "Mei moves away"]
    assert reasons(supervisor) == ["", "saw it myself", ""]
    with running.opened.ledger.connection() as connection:
        rows = connection.execute(
            "SELECT * FROM stored_events WHERE originator_id = %s", [f"case-{case.case_id}"]
        )
        stored = [str(row) for row in rows]
    assert any("case_reopened" in row for row in stored)
    assert not any("Mei" in row or "saw it myself" in row for row in stored)

    running.hears("identity", identity.SubjectErased(subject_id="resident-mei"))

    assert reasons(roads_officer) == ["", "saw it myself", ""]


def test_what_was_told_without_a_name_can_be_erased_and_the_case_goes_on(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    officer = running.mint.person("DATA_PROTECTION_OFFICER", subject="dana", path="city/harbour")
    dana = service_of(running, officer)
    told = report(contact="+1 555 0199", address="7 Mole Street")
    opened = operator.open_case(told)
    case = opened.case
    operator.add_note(pb.AddNoteRequest(**on(case), text="rang at the door", to_reporter=False))
    erase = pb.EraseCaseContentRequest(**on(case), reason="asked for it")

    erased = dana.erase_case_content(erase)

    assert dana.erase_case_content(erase) == erased
    again = dana.erase_case_content(pb.EraseCaseContentRequest(**on(case), reason="asked twice"))
    assert again.revision == erased.revision
    full = roads_officer.get_case(pb.GetCaseRequest(case_id=case.case_id))
    assert full.content_erased
    assert not full.personal_data_masked
    assert full.report == pb.Report()
    assert [note.text for note in full.notes] == [""]
    assert operator.open_case(told) == opened
    note = pb.AddNoteRequest(**on(case), text="she called again", to_reporter=False)
    assert refused(operator.add_note, note) == "SUBJECT_ERASED"
    assert roads_officer.accept_case(pb.AcceptCaseRequest(**on(case))).case.body_id == "roads"


def test_content_is_erased_only_within_reach_and_only_where_no_reporter_is_named(
    running: Component, resident: Any, operator: Any
) -> None:
    hill = service_of(running, running.mint.person("DATA_PROTECTION_OFFICER", path="city/hill"))
    everywhere = service_of(running, running.mint.person("DATA_PROTECTION_OFFICER"))
    nameless, named = operator.open_case(report()).case, resident.open_case(report()).case

    for_nameless = pb.EraseCaseContentRequest(**on(nameless), reason="asked for it")
    for_named = pb.EraseCaseContentRequest(**on(named), reason="asked for it")
    assert refused(hill.erase_case_content, for_nameless) == "OUT_OF_REACH"
    assert refused(everywhere.erase_case_content, for_named) == "CONTENT_IS_THE_REPORTERS"
    for_named.case_id = "no-such-case"
    for_named.request_id = new_id()
    assert refused(everywhere.erase_case_content, for_named) == "CASE_NOT_FOUND"
    seen = operator.get_case(pb.GetCaseRequest(case_id=nameless.case_id))
    assert seen.report.description
    assert not seen.content_erased


# -- the whole service -----------------------------------------------------------------------------


def test_every_rpc_lets_in_exactly_whom_it_declares(running: Component) -> None:
    assert deviations(running.address, running.mint, every_rpc(DESCRIPTOR)) == []


def test_whatever_is_sent_the_answer_is_clear(running: Component, operator: Any) -> None:
    case = operator.open_case(report()).case
    client = running.client(running.mint.person(*roles()))
    seeds = {
        "case_id": [case.case_id],
        "public_id": [case.public_id],
        "affair_id": ["potholes", "graffiti"],
        "area_id": ["hill"],
        "body_id": ["roads", "parks"],
        "system": ["old-system"],
        "filter": ["state = ROUTED", 'area_path = "city"'],
        "order_by": ["due_time desc"],
    }

    assert_never_broken(client, every_rpc(DESCRIPTOR), seeds=seeds)


def test_rebuilt_views_equal_the_live_ones_and_hold_no_personal_data(running: Component) -> None:
    assert running.parked() == 0
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)
    with running.opened.ledger.connection() as connection:
        for view in SERVICE.views:
            for table in view.tables:
                rows = connection.execute(f"SELECT t::text AS row FROM {view.schema}.{table.name} AS t")
                assert not any("bucket" in row["row"] or "555 0199" in row["row"] for row in rows)


def test_where_something_happened_is_kept_as_a_path(
    running: Component, operator: Any, roads_officer: Any
) -> None:
    case = operator.open_case(report()).case
    roads_officer.accept_case(pb.AcceptCaseRequest(**on(case)))

    kept = running.areas_kept()

    assert "city/harbour/mole-street" in kept
    assert not kept & {"harbour", "mole-street", "hill"}


def test_operators_see_how_many_people_wait_for_what(
    running: Component, operator: Any, resident: Any, roads_officer: Any
) -> None:
    seen = resident.open_case(report()).revision
    operator.list_cases(pb.ListCasesRequest(at_least=seen, page_size=1))
    before = _waiting(running)
    resident.open_case(report())
    opened = resident.open_case(report())
    returned = pb.ReturnCaseRequest(**on(opened.case), reason="not our road")
    revision = roads_officer.return_case(returned).revision
    operator.list_cases(pb.ListCasesRequest(at_least=revision, page_size=1))

    more = {key: value - before[key] for key, value in _waiting(running).items() if value != before[key]}

    assert more == {
        ("linli_cases_open", "routed"): 1,
        ("linli_cases_open", "submitted"): 1,
        ("linli_cases_unowned", "returned"): 1,
    }


def _waiting(running: Component) -> dict[tuple[str, str], float]:
    """The figures of the moment, by name and label."""
    Counting(figures.count, running.opened.views).count()
    said = re.findall(r'^(linli_cases_\w+){\w+="(\w+)"} (\S+)$', metrics.exposition().decode(), re.MULTILINE)
    return {(name, label): float(value) for name, label, value in said}
