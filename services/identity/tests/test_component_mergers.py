"""Two registrations of one person, over the real wire: merged by two, followed here, and unmerged."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_events_pb2 as published
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2

from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from services.identity.tests.test_component_natural_keys import (
    DESCRIPTOR,
    ENVIRON,
    KEY,
    add,
    as_role,
    define_areas,
    email,
    papers,
    refused,
    register,
)
from services.identity.wiring import SERVICE

FEED = feed.DESCRIPTOR.services_by_name["FeedService"]
PASSWORD = "correct horse battery"
request_id = Ids("mergers component")
names = Ids("login names")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        define_areas(service)
        yield service


@pytest.fixture
def wu(running: Component) -> Any:
    return as_role(running, "GRID_WORKER", "pine/east", subject="wu")


@pytest.fixture
def li(running: Component) -> Any:
    return as_role(running, "GRID_WORKER", "pine", subject="li")


def merge(stub: Any, merged_id: str, survivor_id: str, same: str = "") -> str:
    asked = pb.MergeResidentsRequest(
        request_id=same or request_id(),
        merged_id=merged_id,
        survivor_id=survivor_id,
        reason="one face, one date of birth",
    )
    return str(stub.merge_residents(asked).merger_id)


def unmerge(stub: Any, merged_id: str) -> str:
    asked = pb.UnmergeResidentsRequest(request_id=request_id(), merged_id=merged_id, reason="twins")
    return str(stub.unmerge_residents(asked).merger_id)


def approve(stub: Any, merger_id: str, same: str = "") -> Any:
    asked = pb.ApproveMergerRequest(
        request_id=same or request_id(), merger_id=merger_id, reason="looked at both"
    )
    return stub.approve_merger(asked)


def listed(stub: Any, merged_id: str, at_least: str = "") -> list[Any]:
    asked = pb.ListMergersRequest(filter=f'merged_id = "{merged_id}"', at_least=at_least)
    return list(stub.list_mergers(asked).mergers)


def shown(stub: Any, resident_id: str) -> Any:
    asked = pb.GetResidentRequest(resident_id=resident_id, purpose=pb.PURPOSE_ASSISTANCE)
    return stub.get_resident(asked).resident


def grant(running: Component, party_id: str, role: str = "RESIDENT") -> None:
    asked = pb.GrantRoleRequest(
        request_id=request_id(), party_id=party_id, role=access_pb2.Role.Value(f"ROLE_{role}"), area_id="pine"
    )
    as_role(running, "OPERATOR").grant_role(asked)


def with_login(running: Component, party_id: str) -> str:
    name = f"name-{names()}"
    asked = pb.CreateLoginRequest(
        request_id=request_id(), party_id=party_id, login_name=name, password=PASSWORD
    )
    as_role(running, "OPERATOR").create_login(asked)
    return name


def log_in(running: Component, name: str) -> tuple[Any, dict[str, Any]]:
    """The rpcs as somebody who logged in, and what their token says."""
    asked = pb.LoginRequest(login_name=name, password=PASSWORD)
    token = running.client().service(DESCRIPTOR).login(asked).token.access_token
    said = jwt.decode(token, options={"verify_signature": False})
    return running.client(Token(token)).service(DESCRIPTOR), said


def consent(stub: Any, resident_id: str) -> Any:
    asked = pb.RecordConsentRequest(
        request_id=request_id(),
        resident_id=resident_id,
        helper_id="a-neighbour",
        purpose=types.CONSENT_PURPOSE_REPORT_CASES,
    )
    asked.until_time.GetCurrentTime()
    asked.until_time.seconds += 86_400
    return stub.record_consent(asked)


@pytest.mark.capability("000.1")
def test_after_a_merger_every_key_finds_the_survivor_until_it_is_undone(wu: Any, li: Any) -> None:
    first, second = papers(), email()
    one, two = register(wu, first).resident_id, register(wu, second).resident_id
    with refused("NATURAL_KEYS_OF_SEVERAL"):
        register(wu, first, second)

    merger_id = merge(wu, two, one)
    assert register(wu, second).resident_id == two
    done = approve(li, merger_id)

    assert {register(wu, each).resident_id for each in (first, second)} == {one}
    assert register(wu, first, second).resident_id == one
    assert shown(wu, two).merged_into_id == one
    assert list(shown(wu, one).merged_ids) == [two]
    kept = add(wu, one, second).natural_keys  # it is theirs by the other registration
    assert [each.kind for each in kept] == [types.KEY_KIND_NATIONAL_ID]
    [row] = listed(li, two, done.revision)
    assert (row.state, row.proposer_id, row.decider_id) == (pb.MERGER_STATE_APPROVED, "wu", "li")

    approve(li, unmerge(wu, two))

    assert [register(wu, each).resident_id for each in (first, second)] == [one, two]
    assert (shown(wu, two).merged_into_id, list(shown(wu, one).merged_ids)) == ("", [])
    with refused("NATURAL_KEYS_OF_SEVERAL"):
        register(wu, first, second)


@pytest.mark.capability("000.1")
def test_whoever_logs_in_as_either_is_the_survivor_and_finds_what_both_have(
    running: Component, wu: Any, li: Any
) -> None:
    one, two = (register(wu, papers()).resident_id for _ in range(2))
    for each in (one, two):
        grant(running, each)
    as_two = with_login(running, two)
    before, _ = log_in(running, as_two)
    given = consent(before, two)

    approve(li, merge(wu, two, one))

    with refused("TOKEN_REVOKED"):
        before.list_consents(pb.ListConsentsRequest())
    after, said = log_in(running, as_two)
    assert (said["sub"], said["also"]) == (one, [two])
    found = after.list_consents(pb.ListConsentsRequest(at_least=given.revision)).consents
    assert [each.consent_id for each in found] == [given.consent.consent_id]
    after.revoke_consent(
        pb.RevokeConsentRequest(request_id=request_id(), consent_id=given.consent.consent_id)
    )
    corrected = pb.CorrectResidentRequest(request_id=request_id(), resident_id=two, name="梅兰")
    after.correct_resident(corrected)

    approve(li, unmerge(wu, two))

    with refused("TOKEN_REVOKED"):
        after.list_consents(pb.ListConsentsRequest())
    _, said = log_in(running, as_two)
    assert (said["sub"], "also" in said) == (two, False)


def test_a_login_that_was_merged_opens_no_office(running: Component, wu: Any, li: Any) -> None:
    one, two = (register(wu, papers()).resident_id for _ in range(2))
    grant(running, one)
    as_one, as_two = with_login(running, one), with_login(running, two)
    approve(li, merge(wu, two, one))
    grant(running, one, "PLANNER")

    _, of_one = log_in(running, as_one)
    _, of_two = log_in(running, as_two)

    assert {each["role"] for each in of_one["grants"]} == {"RESIDENT", "PLANNER"}
    assert {each["role"] for each in of_two["grants"]} == {"RESIDENT"}


def test_nobody_with_an_office_is_merged(running: Component, wu: Any, li: Any) -> None:
    one, two = (register(wu, papers()).resident_id for _ in range(2))
    merger_id = merge(wu, two, one)
    grant(running, one, "PLANNER")

    with refused("MERGER_OF_STAFF"):
        approve(li, merger_id)
    with refused("MERGER_OF_STAFF"):
        merge(wu, register(wu, papers()).resident_id, one)


def test_it_takes_two_people_who_reach_both(running: Component, wu: Any, li: Any) -> None:
    one = register(wu, papers()).resident_id
    west = as_role(running, "GRID_WORKER", "pine/west", subject="wang")
    two = register(west, papers(), area_id="west").resident_id

    for stub in (wu, west):
        with refused("OUT_OF_REACH"):
            merge(stub, two, one)
    merger_id = merge(li, two, one)
    for stub in (wu, west):
        with refused("OUT_OF_REACH"):
            approve(stub, merger_id)
    with refused("MERGER_TAKES_ANOTHER_PERSON"):
        approve(li, merger_id)
    with refused("OUT_OF_REACH"):
        token = Mint(KEY).client("parties.register")
        approve(running.client(token).service(DESCRIPTOR), merger_id)
    rejecting = pb.RejectMergerRequest(request_id=request_id(), merger_id=merger_id, reason="two faces")
    li.reject_merger(rejecting)
    with refused("MERGER_UNKNOWN"):
        approve(as_role(running, "GRID_WORKER", "pine", subject="chen"), merger_id)
    for unknown in ("nobody.1", "nonsense", f"{two}.1"):
        with refused("MERGER_UNKNOWN"):
            approve(li, unknown)


def test_retries_get_the_first_answer(wu: Any, li: Any) -> None:
    one, two = (register(wu, papers()).resident_id for _ in range(2))
    proposing, approving = request_id(), request_id()

    merger_id = merge(wu, two, one, same=proposing)
    assert merge(wu, two, one, same=proposing) == merger_id
    done = approve(li, merger_id, same=approving)

    assert approve(li, merger_id, same=approving) == done
    assert merge(wu, two, one, same=proposing) == merger_id


@pytest.mark.capability("000.1", "002.5")
@pytest.mark.parametrize("asked", ["survivor", "merged"])
def test_an_erasure_of_one_erases_both(running: Component, wu: Any, li: Any, asked: str) -> None:
    one, two = (register(wu, papers()).resident_id for _ in range(2))
    approve(li, merge(wu, two, one))
    guard = as_role(running, "DATA_PROTECTION_OFFICER", "pine")

    subject = one if asked == "survivor" else two
    guard.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=subject, reason="asked for it")
    )

    for each in (one, two):
        with refused("PARTY_UNKNOWN"):
            shown(wu, each)


def test_whoever_reaches_one_of_them_erases_neither(running: Component, li: Any) -> None:
    west = as_role(running, "GRID_WORKER", "pine/west")
    east = as_role(running, "GRID_WORKER", "pine/east")
    one, two = register(west, papers(), area_id="west").resident_id, register(east, papers()).resident_id
    approve(as_role(running, "GRID_WORKER", "pine", subject="chen"), merge(li, two, one))
    guard = as_role(running, "DATA_PROTECTION_OFFICER", "pine/east")

    with refused("OUT_OF_REACH"):
        guard.erase_subject(
            pb.EraseSubjectRequest(request_id=request_id(), subject_id=two, reason="asked for it")
        )

    assert shown(li, two).resident_id == two


def test_partners_are_told_of_ids_and_of_nothing_else(running: Component, wu: Any, li: Any) -> None:
    one, two = (register(wu, papers()).resident_id for _ in range(2))
    approve(li, merge(wu, two, one))
    approve(li, unmerge(wu, two))
    reader = running.client(Mint(KEY).client("feed.read")).service(FEED)

    batch = reader.read_events(feed.ReadEventsRequest(source="identity", limit=1000)).batch

    told = [each for each in batch.events if each.type.endswith(("ResidentsMerged", "ResidentsUnmerged"))]
    merged, unmerged = published.ResidentsMerged(), published.ResidentsUnmerged()
    assert told[-2].data.Unpack(merged)
    assert told[-1].data.Unpack(unmerged)
    assert [(each.merged_id, each.survivor_id) for each in (merged, unmerged)] == [(two, one)] * 2
    assert b"one face" not in batch.SerializeToString()


def test_of_many_who_decide_at_once_one_does(running: Component, wu: Any) -> None:
    one, two, three = (register(wu, papers()).resident_id for _ in range(3))
    mergers = [merge(wu, two, one), merge(wu, one, three)]
    told = []

    for merger_id in mergers:  # a chain if both were approved
        try:
            approve(as_role(running, "GRID_WORKER", "pine", subject="li"), merger_id)
            told.append("")
        except RpcFailed as failed:
            told.append(failed.reason)

    assert told == ["", "MERGER_UNFIT"]
