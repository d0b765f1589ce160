"""Nobody hands on what they do not hold, and some roles take two persons: over the real wire."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2

from libs.ledger.decider import Refusal
from libs.rpc.access import Grant, scopes_of_roles
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from services.identity.domain.values import TWO_PERSONS
from services.identity.tests.test_component import (
    DESCRIPTOR,
    ENVIRON,
    FEED,
    KEY,
    PASSWORD,
    as_role,
    define,
    grant,
    log_in,
    operator_of,
    refused,
    register,
    with_login,
)
from services.identity.wiring import SERVICE

ROLE = access_pb2.Role.Value
RACERS = 16
request_id = Ids("identity rights")
number = Ids("staff")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY)
        define(stub, "south", "la", types.AREA_LEVEL_DISTRICT)
        second = with_login(stub, number(), "second")
        proposal = nominate(stub, second)
        at_machine(service, proposal.nomination_id)
        yield service


@pytest.fixture
def wei(running: Component) -> Any:
    """The first operator."""
    return operator_of(running)


@pytest.fixture
def mei(running: Component) -> Any:
    """The second operator."""
    return log_in(running, "second")


def as_client(running: Component, *scopes: str, area: str = "north", path: str = "la/north") -> Any:
    """The rpcs as a program with these scopes in a district."""
    token = Mint(KEY).client(*scopes, grants=[Grant("PARTNER", area=area, path=path)])
    return running.client(token).service(DESCRIPTOR)


def nominate(stub: Any, party_id: str, role: str = "OPERATOR", area_id: str = "") -> Any:
    request = pb.NominateForRoleRequest(
        request_id=request_id(),
        party_id=party_id,
        role=ROLE(f"ROLE_{role}"),
        area_id=area_id,
        reason="trusted",
    )
    return stub.nominate_for_role(request).nomination


def approve(stub: Any, nomination_id: str, **more: str) -> Any:
    fields = {"request_id": request_id(), "nomination_id": nomination_id, "reason": "agreed", **more}
    return stub.approve_nomination(pb.ApproveNominationRequest(**fields))


def at_machine(running: Component, nomination_id: str) -> str:
    words = {"nomination": nomination_id, "reason": "the second operator"}
    return running.opened.parts.by_hand["approve-nomination"](words)


def held(running: Component, party_id: str) -> set[str]:
    """The roles that a party holds, by its stream."""
    state = running.opened.streams["access"].load(party_id).state
    return {each.role.value for each in state.grants.values()}


def somebody(stub: Any) -> str:
    return str(register(stub, number()).resident_id)


# nobody hands on what they do not hold


@pytest.mark.parametrize("role", ["OPERATOR", "DATA_PROTECTION_OFFICER", "CASE_OFFICER", "RESIDENT"])
def test_a_client_that_may_write_roles_makes_nobody_what_it_is_not(running: Component, role: str) -> None:
    clerk = as_client(running, "roles.write", "parties.register", "parties.read")
    puppet = somebody(clerk)

    with refused("ROLE_NOT_YOURS_TO_GRANT"):
        grant(clerk, puppet, role, "north")
    assert held(running, puppet) == set()


def test_a_client_hands_on_a_role_whose_every_scope_it_holds(running: Component) -> None:
    desk = as_client(running, "roles.write", "parties.register", *scopes_of_roles()["CASE_OFFICER"])
    officer = somebody(desk)

    grant(desk, officer, "CASE_OFFICER", "willow")

    assert held(running, officer) == {"CASE_OFFICER"}
    with refused("OUT_OF_REACH"):
        grant(desk, officer, "CASE_OFFICER", "south")


def test_a_client_with_every_scope_makes_no_officer_and_nominates_none(running: Component) -> None:
    everything = as_client(running, *frozenset().union(*scopes_of_roles().values()), area="", path="")
    puppet = somebody(everything)

    for role in TWO_PERSONS:
        with refused("ROLE_NOT_YOURS_TO_GRANT"):
            grant(everything, puppet, role.value)
        with refused("ROLE_NOT_YOURS_TO_GRANT"):
            nominate(everything, puppet, role.value)


def test_a_client_neither_takes_over_nor_ends_what_it_could_not_grant(running: Component, wei: Any) -> None:
    planner = with_login(wei, number(), "planner")
    given = grant(wei, planner, "PLANNER", "north").grant
    clerk = as_client(running, "roles.write")
    tries: list[tuple[Any, Any]] = [
        (clerk.set_password, pb.SetPasswordRequest(login_name="planner", password="mine from now on")),
        (clerk.create_login, pb.CreateLoginRequest(party_id=planner, login_name="p2", password=PASSWORD)),
        (clerk.revoke_role, pb.RevokeRoleRequest(party_id=planner, grant_id=given.grant_id)),
        (clerk.revoke_sessions, pb.RevokeSessionsRequest(party_id=planner)),
    ]

    for rpc, request in tries:
        request.request_id = request_id()
        with refused("ROLE_NOT_YOURS_TO_GRANT"):
            rpc(request)
    log_in(running, "planner")


def test_a_client_retires_no_client_that_may_do_more(running: Component, wei: Any) -> None:
    asking = pb.RegisterClientRequest(
        request_id=request_id(), name="x", scopes=["feed.read"], area_id="north"
    )
    reader = wei.register_client(asking).client.client_id
    retiring = pb.RetireClientRequest(request_id=request_id(), client_id=reader)

    with refused("SCOPES_BEYOND_REACH"):
        as_client(running, "clients.write").retire_client(retiring)


def test_nobody_grants_to_themselves(running: Component, wei: Any) -> None:
    officer = somebody(wei)
    local = as_role(running, "OPERATOR", "la/north", subject=officer)

    with refused("NOT_FOR_YOURSELF"):
        grant(local, officer, "PLANNER", "north")
    with refused("NOT_FOR_YOURSELF"):
        nominate(local, officer, "OPERATOR", "north")


@pytest.mark.parametrize("role", sorted(set(scopes_of_roles()) - {"OPERATOR"}))
def test_no_other_role_grants_anything(running: Component, wei: Any, role: str) -> None:
    asked = pb.GrantRoleRequest(
        request_id=request_id(), party_id=somebody(wei), role=ROLE(f"ROLE_{role}"), area_id="willow"
    )

    with refused("SCOPE_MISSING"):
        as_role(running, role, "la").grant_role(asked)


# two persons


@pytest.mark.parametrize("role", ["OPERATOR", "DATA_PROTECTION_OFFICER"])
def test_an_officer_is_nominated_by_one_and_approved_by_another(
    running: Component, wei: Any, mei: Any, role: str
) -> None:
    party_id = somebody(wei)
    with refused("TWO_PERSONS_NEEDED"):
        grant(wei, party_id, role, "north")
    proposal = nominate(wei, party_id, role, "north")
    before = held(running, party_id)

    with refused("SECOND_PERSON_NEEDED"):
        approve(wei, proposal.nomination_id)
    approval = pb.ApproveNominationRequest(
        request_id=request_id(), nomination_id=proposal.nomination_id, reason="a good choice"
    )
    approved, again = mei.approve_nomination(approval), mei.approve_nomination(approval)

    assert (before, held(running, party_id)) == (set(), {role})
    assert approved == again
    assert approved.grant.area_path == "la/north"
    shown = wei.get_nomination(pb.GetNominationRequest(nomination_id=proposal.nomination_id)).nomination
    assert (shown.reason, shown.decision_reason) == ("trusted", "a good choice")
    assert shown.nominator_id != shown.decider_id
    with refused("NOMINATION_ENDED"):
        approve(mei, proposal.nomination_id)


def test_auditors_read_who_nominated_and_who_approved(running: Component, wei: Any, mei: Any) -> None:
    party_id = somebody(wei)
    proposal = nominate(wei, party_id, "DATA_PROTECTION_OFFICER", "north")
    approve(mei, proposal.nomination_id)
    auditor = running.client(Mint(KEY).person("SUPERVISOR", path="la/north")).service(FEED)

    events = auditor.read_events(feed.ReadEventsRequest(source="identity", limit=1000)).batch.events

    of_it = [event for event in events if event.subject == f"nomination-{proposal.nomination_id}"]
    first_operator, second_operator = proposal.nominator_id, held_by(running, "second")
    assert [(event.type.rpartition(".")[2], event.actor) for event in of_it] == [
        ("NominationMade", first_operator),
        ("NominationEnded", second_operator),
    ]
    assert b"trusted" not in b"".join(event.SerializeToString() for event in of_it)


def held_by(running: Component, login_name: str) -> str:
    """The id of whoever logs in with this name."""
    asked = pb.LoginRequest(login_name=login_name, password=PASSWORD)
    return str(running.client().service(DESCRIPTOR).login(asked).token.subject_id)


def test_an_answer_that_is_asked_for_again_grants_nothing_anew(
    running: Component, wei: Any, mei: Any
) -> None:
    party_id = somebody(wei)
    proposal = nominate(wei, party_id, "OPERATOR", "north")
    approval = pb.ApproveNominationRequest(
        request_id=request_id(), nomination_id=proposal.nomination_id, reason="agreed"
    )
    approved = mei.approve_nomination(approval)
    ending = {"party_id": party_id, "grant_id": approved.grant.grant_id, "reason": "a mistake"}
    wei.revoke_role(pb.RevokeRoleRequest(request_id=request_id(), **ending))

    assert mei.approve_nomination(approval) == approved
    assert held(running, party_id) == set()


def test_the_nominee_does_not_approve(running: Component, wei: Any, mei: Any) -> None:
    party_id = with_login(wei, number(), "north.operator")
    approve(mei, nominate(wei, party_id, "OPERATOR", "north").nomination_id)
    more = nominate(wei, party_id, "OPERATOR", "willow")

    with refused("NOT_FOR_YOURSELF"):
        approve(log_in(running, "north.operator"), more.nomination_id)


def test_who_holds_the_right_by_an_old_token_only_approves_nothing(running: Component, wei: Any) -> None:
    proposal = nominate(wei, somebody(wei), "DATA_PROTECTION_OFFICER", "north")
    former = as_role(running, "OPERATOR", subject=somebody(wei))

    with refused("ROLE_NOT_YOURS_TO_GRANT"):
        approve(former, proposal.nomination_id)


def test_what_a_former_operator_proposed_is_not_approved(running: Component, wei: Any) -> None:
    former = as_role(running, "OPERATOR", subject=somebody(wei))
    proposal = nominate(former, somebody(wei), "OPERATOR", "north")

    with refused("NOMINATOR_LOST_RIGHT"):
        approve(wei, proposal.nomination_id)


def test_who_operates_a_district_makes_no_operator_of_the_city(running: Component, wei: Any) -> None:
    local = as_role(running, "OPERATOR", "la/north")
    party_id = somebody(wei)

    for area_id in ("la", "south", ""):
        with refused("OUT_OF_REACH"):
            nominate(local, party_id, "OPERATOR", area_id)
    proposal = nominate(wei, party_id, "OPERATOR", "la")
    with refused("OUT_OF_REACH"):
        approve(local, proposal.nomination_id)


def test_nominations_are_refused_withdrawn_and_listed(wei: Any, mei: Any) -> None:
    party_id = somebody(wei)
    first, second, third = (nominate(wei, party_id, "OPERATOR", "south").nomination_id for _ in range(3))
    ending = {"request_id": request_id(), "reason": "not now"}

    with refused("SECOND_PERSON_NEEDED"):
        wei.refuse_nomination(pb.RefuseNominationRequest(nomination_id=first, **ending))
    mei.refuse_nomination(pb.RefuseNominationRequest(nomination_id=first, **ending))
    with refused("NOMINATION_NOT_YOURS"):
        mei.withdraw_nomination(pb.WithdrawNominationRequest(nomination_id=second, **ending))
    last = wei.withdraw_nomination(pb.WithdrawNominationRequest(nomination_id=second, **ending))

    asked = pb.ListNominationsRequest(filter=f'party_id = "{party_id}"', at_least=last.revision)
    listed = wei.list_nominations(asked).nominations
    states = {each.nomination_id: types.NominationState.Name(each.state) for each in listed}
    assert states == {
        first: "NOMINATION_STATE_REFUSED",
        second: "NOMINATION_STATE_WITHDRAWN",
        third: "NOMINATION_STATE_OPEN",
    }
    assert {each.reason for each in listed} == {""}
    with refused("NOMINATION_ENDED"):
        approve(mei, first)


def test_nobody_alone_gets_the_password_of_an_officer(running: Component, wei: Any, mei: Any) -> None:
    party_id = with_login(wei, number(), "officer")
    approve(mei, nominate(wei, party_id, "DATA_PROTECTION_OFFICER").nomination_id)
    takeover = {"request_id": request_id(), "password": "mine from now on"}

    with refused("TWO_PERSONS_NEEDED"):
        wei.set_password(pb.SetPasswordRequest(login_name="officer", **takeover))
    with refused("TWO_PERSONS_NEEDED"):
        wei.create_login(pb.CreateLoginRequest(party_id=party_id, login_name="officer.2", **takeover))
    with refused("TWO_PERSONS_NEEDED"):
        wei.set_password(pb.SetPasswordRequest(login_name="second", **takeover))
    log_in(running, "officer")


# operators and data protection officers never meet


@pytest.mark.parametrize(
    ("first", "second"),
    [("OPERATOR", "DATA_PROTECTION_OFFICER"), ("DATA_PROTECTION_OFFICER", "OPERATOR")],
)
def test_the_two_offices_never_meet_in_one_party(
    running: Component, wei: Any, mei: Any, first: str, second: str
) -> None:
    party_id = somebody(wei)
    proposals = [nominate(wei, party_id, role, "north").nomination_id for role in (first, second)]

    approve(mei, proposals[0])

    with refused("ROLES_EXCLUDE_EACH_OTHER"):
        approve(mei, proposals[1])
    with refused("ROLES_EXCLUDE_EACH_OTHER"):
        nominate(wei, party_id, second, "south")
    assert held(running, party_id) == {first}


def test_racing_approvals_never_make_one_party_both(running: Component, wei: Any, mei: Any) -> None:
    for _ in range(3):
        party_id = somebody(wei)
        roles = ["OPERATOR", "DATA_PROTECTION_OFFICER"] * (RACERS // 2)
        proposals = [nominate(wei, party_id, role, "north").nomination_id for role in roles]

        with ThreadPoolExecutor(RACERS) as threads:
            answers = list(threads.map(lambda nomination_id: _reason(mei, nomination_id), proposals))

        assert len(held(running, party_id)) == 1
        assert set(answers) <= {"", "ROLES_EXCLUDE_EACH_OTHER", "CONCURRENT_CHANGE"}
        won = {role for role, reason in zip(roles, answers, strict=True) if not reason}
        assert won == held(running, party_id)


def test_of_sixteen_approvals_of_one_nomination_one_counts(running: Component, wei: Any, mei: Any) -> None:
    party_id = somebody(wei)
    proposal = nominate(wei, party_id, "OPERATOR", "north").nomination_id

    with ThreadPoolExecutor(RACERS) as threads:
        answers = list(threads.map(lambda _: _reason(mei, proposal), range(RACERS)))

    assert answers.count("") == 1
    assert set(answers) <= {"", "NOMINATION_ENDED", "CONCURRENT_CHANGE"}
    history = running.opened.streams["nomination"].history(proposal)
    assert [type(each.event).__name__ for each in history] == ["NominationMade", "NominationEnded"]


def _reason(stub: Any, nomination_id: str) -> str:
    try:
        approve(stub, nomination_id)
    except RpcFailed as failed:
        return failed.reason
    return ""


# the first operator and the last


def test_the_machine_stands_in_for_no_second_person_who_is_there(running: Component, wei: Any) -> None:
    proposal = nominate(wei, somebody(wei))

    with pytest.raises(Refusal, match="OTHER_OPERATORS_EXIST"):
        at_machine(running, proposal.nomination_id)


def test_the_last_operator_is_neither_revoked_nor_erased(postgres_server: TestServer) -> None:
    with component(postgres_server, SERVICE, ENVIRON) as alone:
        wei = operator_of(alone)
        [given] = wei.list_roles(pb.ListRolesRequest(filter="role = OPERATOR")).grants
        ending = {"party_id": given.party_id, "grant_id": given.grant_id, "reason": "tired"}
        officer = as_role(alone, "DATA_PROTECTION_OFFICER")

        with refused("LAST_OPERATOR"):
            wei.revoke_role(pb.RevokeRoleRequest(request_id=request_id(), **ending))
        with refused("LAST_OPERATOR"):
            officer.erase_subject(
                pb.EraseSubjectRequest(request_id=request_id(), subject_id=given.party_id, reason="asked")
            )

        assert held(alone, given.party_id) == {"OPERATOR"}


# consents


def consent(stub: Any, resident_id: str, helper_id: str = "helper") -> Any:
    until = stamp(datetime.now(UTC) + timedelta(days=7))
    request = pb.RecordConsentRequest(
        request_id=request_id(),
        resident_id=resident_id,
        helper_id=helper_id,
        purpose=types.CONSENT_PURPOSE_REPORT_CASES,
        until_time=until,
    )
    return stub.record_consent(request)


def test_a_resident_consents_and_takes_it_back(running: Component, wei: Any) -> None:
    resident_id = somebody(wei)
    mei = as_role(running, "RESIDENT", "la", subject=resident_id)
    other = as_role(running, "RESIDENT", "la", subject="another-resident")
    given = consent(mei, resident_id)
    revoking = pb.RevokeConsentRequest(request_id=request_id(), consent_id=given.consent.consent_id)

    with refused("OUT_OF_REACH"):
        consent(other, resident_id)
    with refused("OUT_OF_REACH"):
        other.revoke_consent(revoking)
    revoked = mei.revoke_consent(revoking)

    own = mei.list_consents(pb.ListConsentsRequest(at_least=revoked.revision)).consents
    assert [each.consent_id for each in own] == [given.consent.consent_id]
    assert own[0] == revoked.consent
    assert own[0].HasField("revoked_time")
    assert not other.list_consents(pb.ListConsentsRequest(at_least=revoked.revision)).consents


def test_staff_record_no_consent_at_once_and_see_those_where_they_register_people(
    running: Component, wei: Any
) -> None:
    resident_id = somebody(wei)
    mei = as_role(running, "RESIDENT", "la", subject=resident_id)
    clerk = as_role(running, "GRID_WORKER", "la/north", subject="clerk")
    program = as_client(running, "parties.register")

    with refused("OUT_OF_REACH"):
        consent(as_role(running, "GRID_WORKER", "la/south"), resident_id)
    with refused("OUT_OF_REACH"):
        consent(program, resident_id)
    with refused("CONSENT_NOT_CONFIRMED"):
        consent(clerk, resident_id)
    with refused("NOT_FOR_YOURSELF"):
        consent(mei, resident_id, helper_id=resident_id)
    given = consent(mei, resident_id)

    asked = pb.ListConsentsRequest(filter=f'resident_id = "{resident_id}"', at_least=given.revision)
    assert [each.helper_id for each in clerk.list_consents(asked).consents] == ["helper"]
    assert not as_role(running, "GRID_WORKER", "la/south").list_consents(asked).consents


def test_the_helper_gives_a_consent_back(running: Component, wei: Any) -> None:
    resident_id = somebody(wei)
    mei = as_role(running, "RESIDENT", "la", subject=resident_id)
    given = consent(mei, resident_id, helper_id="tired-helper").consent
    helper = as_role(running, "RESIDENT", "la", subject="tired-helper")

    helper.revoke_consent(pb.RevokeConsentRequest(request_id=request_id(), consent_id=given.consent_id))

    with refused("CONSENT_UNKNOWN"):
        helper.revoke_consent(pb.RevokeConsentRequest(request_id=request_id(), consent_id="nobodys"))
