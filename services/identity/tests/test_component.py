"""Identity over the real wire: import a tree, locate, register, grant, log in, revoke, erase."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import jwt
import pytest
from argon2 import PasswordHasher
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2
from linli.privacy.v1 import privacy_events_pb2 as privacy
from linli.types.v1 import types_pb2

from libs.geo.tests.drawing import square
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.forgotten import FORGETTING
from libs.ledger.recorded import Context
from libs.rpc.credentials import Token
from libs.rpc.errors import Rejected
from libs.rpc.failures import RpcFailed
from libs.rpc.key_set import KeySet
from libs.rpc.key_source import KeyUrl
from libs.rpc.keys import SigningKey, concealed, jwks, keys_of, revoked_of
from libs.rpc.moments import stamp
from libs.rpc.signed_keys import NotTrusted, Trust, root_of, signed
from libs.rpc.tokens import Verifier
from libs.runtime.host import operate_claims
from libs.testkit import patience
from libs.testkit.component import MASTER_KEY, Component, component
from libs.testkit.eventually import eventually
from libs.testkit.hostile import assert_never_broken
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint, deviations, every_rpc
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.domain.access import ACCESS
from services.identity.domain.resident import RESIDENT, EraseResident
from services.identity.domain.values import KeyKind, NaturalKey
from services.identity.wiring import SERVICE

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["IdentityService"]
FEED = feed.DESCRIPTOR.services_by_name["FeedService"]
KEY = SigningKey.generate()
ROOT = root_of(KEY).jwk["x"]
SECRET = "the first operator's password"
ENVIRON = {
    "LINLI_IDENTITY_SIGNING_KEY": KEY.pem().decode(),
    "LINLI_IDENTITY_DEVELOPER_PASSWORD": SECRET,
}
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)
ROLE = access_pb2.Role.Value
request_id = Ids("identity component")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT, square(0, 0, 10))
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY, square(1, 1, 2))
        define(stub, "south", "la", types.AREA_LEVEL_DISTRICT, square(0, -10, 10))
        register_body(stub, "lasan")
        yield service


def operator_of(running: Component) -> Any:
    """The rpcs as the first operator, who has logged in."""
    return log_in(running, "developer", SECRET)


def nobody(running: Component) -> Any:
    return running.client().service(DESCRIPTOR)


@pytest.fixture
def operator(running: Component) -> Any:
    return operator_of(running)


def as_role(running: Component, role: str, path: str = "", subject: str = "", body: str = "") -> Any:
    """The rpcs as somebody with one role, within an area, for a body, or both."""
    area = path.rpartition("/")[2]
    token = Mint(KEY).person(role, subject=subject, area=area, path=path, body=body)
    return running.client(token).service(DESCRIPTOR)


def define(
    stub: Any, area_id: str, parent_id: str, level: types.AreaLevel.ValueType, boundary: str = ""
) -> Any:
    return stub.define_area(
        pb.DefineAreaRequest(
            request_id=request_id(),
            area_id=area_id,
            parent_id=parent_id,
            level=level,
            name=types_pb2.LocalizedText(en=area_id.title()),
            boundary=boundary,
            valid_from_time=stamp(LONG_AGO) if boundary else None,
        )
    )


def register(stub: Any, number: str, name: str = "Mei Lan", area_id: str = "willow", **more: Any) -> Any:
    return stub.register_resident(
        pb.RegisterResidentRequest(
            request_id=more.pop("request_id", "") or request_id(),
            natural_key=types.NaturalKey(kind=types.KEY_KIND_NATIONAL_ID, value=number),
            name=name,
            area_id=area_id,
            **more,
        )
    )


def register_body(stub: Any, code: str, kind: types.KeyKind.ValueType = types.KEY_KIND_LOCAL_CODE) -> Any:
    return stub.register_body(
        pb.RegisterBodyRequest(
            request_id=request_id(),
            natural_key=types.NaturalKey(kind=kind, value=code),
            kind=types.BODY_KIND_GOVERNMENT_DEPARTMENT,
            name=types_pb2.LocalizedText(en="Sanitation", zh="环卫局"),
            area_id="la",
        )
    )


def refused(reason: str) -> Any:
    """The call inside is refused for this reason."""
    return pytest.raises(RpcFailed, check=lambda failed: failed.reason == reason)


# areas


@pytest.mark.capability("003.1")
def test_the_tree_is_read_as_it_was_imported(operator: Any) -> None:
    again = define(operator, "willow", "north", types.AREA_LEVEL_COMMUNITY, square(1, 1, 2))

    listed = operator.list_areas(pb.ListAreasRequest(filter='area = "la/north"', at_least=again.revision))

    assert [(area.area_id, area.area_path) for area in listed.areas] == [
        ("north", "la/north"),
        ("willow", "la/north/willow"),
    ]
    assert again.area.boundary_version == 1


def test_pages_follow_each_other(operator: Any) -> None:
    first = operator.list_areas(pb.ListAreasRequest(page_size=2))
    second = operator.list_areas(pb.ListAreasRequest(page_size=2, page_token=first.next_page_token))

    assert [area.area_id for area in (*first.areas, *second.areas)] == ["la", "north", "south", "willow"]
    assert second.next_page_token == ""


@pytest.mark.capability("003.1")
def test_a_point_is_located_root_to_leaf(operator: Any) -> None:
    located = operator.locate(pb.LocateRequest(point=types_pb2.Point(latitude=2, longitude=2)))

    assert [area.area_id for area in located.chain] == ["la", "north", "willow"]
    assert located.boundary_version == 1


def test_a_point_outside_is_nowhere(operator: Any) -> None:
    with refused("PLACE_OUTSIDE_AREAS"):
        operator.locate(pb.LocateRequest(point=types_pb2.Point(latitude=80, longitude=80)))


@pytest.mark.capability("003.1")
def test_a_changed_boundary_holds_from_its_moment_on(operator: Any) -> None:
    define(operator, "birch", "south", types.AREA_LEVEL_COMMUNITY, square(4, -5, 2))
    moved = datetime(2021, 1, 1, tzinfo=UTC)

    changed = operator.change_boundary(
        pb.ChangeBoundaryRequest(
            request_id=request_id(), area_id="birch", boundary=square(7, -5, 2), valid_from_time=stamp(moved)
        )
    )

    def leaf(at: datetime) -> str:
        point = types_pb2.Point(latitude=-4, longitude=5)
        asked = pb.LocateRequest(point=point, at_time=stamp(at), at_least=changed.revision)
        return str(operator.locate(asked).chain[-1].area_id)

    assert leaf(moved - timedelta(days=1)) == "birch"
    assert leaf(moved) == "south"
    before = operator.get_area(
        pb.GetAreaRequest(area_id="birch", with_boundary=True, at_time=stamp(LONG_AGO))
    ).area.boundary
    assert before.version == 1
    assert before.valid_until_time == stamp(moved)


def test_a_boundary_that_crosses_itself_is_repaired_and_said_so(operator: Any) -> None:
    define(operator, "knot", "south", types.AREA_LEVEL_COMMUNITY)
    bow_tie = '{"type":"Polygon","coordinates":[[[0,-10],[2,-8],[2,-10],[0,-8],[0,-10]]]}'

    changed = operator.change_boundary(
        pb.ChangeBoundaryRequest(request_id=request_id(), area_id="knot", boundary=bow_tie)
    )

    assert "Self-intersection" in changed.note


def test_a_planner_changes_areas_within_reach_only(running: Component) -> None:
    planner = as_role(running, "PLANNER", "la/north")

    define(planner, "elm", "north", types.AREA_LEVEL_COMMUNITY)
    with refused("OUT_OF_REACH"):
        define(planner, "oak", "south", types.AREA_LEVEL_COMMUNITY)
    with refused("OUT_OF_REACH"):
        define(planner, "elsewhere", "", types.AREA_LEVEL_CITY)


# parties


def test_the_same_key_finds_the_same_person(operator: Any) -> None:
    first = register(operator, "11010519491231002X")
    again = register(operator, "110105-19491231-002x", "梅兰")

    assert not first.existing
    assert again.existing
    assert again.resident_id == first.resident_id


def test_who_is_registered_by_many_at_once_has_no_twin(operator: Any) -> None:
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda _: register(operator, "R-16"), range(48)))

    assert len({each.resident_id for each in found}) == 1
    assert sum(not each.existing for each in found) == 1


def test_as_many_grants_as_there_is_room_for_fit_into_a_token(running: Component, operator: Any) -> None:
    party_id = with_login(operator, "S-17", "sun")

    with refused("GRANTS_TOO_MANY"):
        for role in ("PLANNER", "CASE_OFFICER", "DISPATCHER", "SUPERVISOR", "COORDINATOR", "GRID_WORKER"):
            for area_id in ("la", "north", "south", "willow", ""):
                for body_id in ("lasan", ""):
                    grant(operator, party_id, role, area_id, body_id)

    log_in(running, "sun").list_areas(pb.ListAreasRequest())


def test_a_retry_gets_the_first_answer(operator: Any) -> None:
    same = request_id()

    first = register(operator, "A-1", request_id=same)
    retried = register(operator, "A-1", request_id=same)

    assert (first.existing, first.resident_id) == (retried.existing, retried.resident_id)
    with refused("REQUEST_ID_REUSED"):
        register(operator, "A-1", "Somebody Else", request_id=same)


def test_personal_data_are_shown_within_reach_and_the_showing_is_recorded(running: Component) -> None:
    resident_id = register(operator_of(running), "B-2", "Bo Wen", phone="+1 213 555 0147").resident_id
    asked = pb.GetResidentRequest(resident_id=resident_id, purpose=pb.PURPOSE_CASE_WORK, reference="case-7")

    shown = as_role(running, "CASE_OFFICER", "la/north", subject="officer").get_resident(asked).resident
    with refused("OUT_OF_REACH"):
        as_role(running, "CASE_OFFICER", "la/south").get_resident(asked)

    noted = [
        each
        for each in running.opened.ledger.read(limit=100_000)
        if isinstance(each.event, PersonalDataDisclosed)
    ]
    assert (shown.name, shown.phone) == ("Bo Wen", "+12135550147")
    assert [(each.metadata.actor, each.event.subject_ids) for each in noted] == [("officer", (resident_id,))]
    assert (noted[0].event.purpose, noted[0].event.reference) == ("CASE_WORK", "case-7")
    assert noted[0].event.classes == ("NAME", "CONTACT")  # no address is known


def test_a_body_is_registered_once(operator: Any) -> None:
    number = types.KEY_KIND_REGISTRATION_NUMBER

    first, again = (
        register_body(operator, "91.310-000/AB", number),
        register_body(operator, "91310000ab", number),
    )
    known = register_body(operator, "lasan")

    listed = operator.list_bodies(pb.ListBodiesRequest(at_least=first.revision))
    assert (first.existing, again.existing, known.existing) == (False, True, True)
    assert again.body.body_id == first.body.body_id
    assert {each.body_id for each in listed.bodies} == {"lasan", first.body.body_id}
    with refused("NATURAL_KEY_UNFIT"):
        register_body(operator, "LA San")


# roles, logins, sessions


def grant(stub: Any, party_id: str, role: str, area_id: str = "", body_id: str = "") -> Any:
    return stub.grant_role(
        pb.GrantRoleRequest(
            request_id=request_id(),
            party_id=party_id,
            role=ROLE(f"ROLE_{role}"),
            area_id=area_id,
            body_id=body_id,
        )
    )


PASSWORD = "correct horse battery"


def with_login(stub: Any, number: str, login_name: str, password: str = PASSWORD) -> str:
    party_id = str(register(stub, number).resident_id)
    stub.create_login(
        pb.CreateLoginRequest(
            request_id=request_id(), party_id=party_id, login_name=login_name, password=password
        )
    )
    return party_id


def log_in(running: Component, login_name: str, password: str = PASSWORD) -> Any:
    return running.client(Token(log_in_token(running, login_name, password))).service(DESCRIPTOR)


def log_in_token(running: Component, login_name: str, password: str = PASSWORD) -> str:
    issued = nobody(running).login(pb.LoginRequest(login_name=login_name, password=password))
    return str(issued.token.access_token)


def test_who_logs_in_may_do_what_their_roles_say(running: Component, operator: Any) -> None:
    party_id = with_login(operator, "C-3", "chen")
    granted = grant(operator, party_id, "PLANNER", "north")

    chen = log_in(running, " CHEN ")

    define(chen, "chens-corner", "north", types.AREA_LEVEL_COMMUNITY)
    with refused("OUT_OF_REACH"):
        define(chen, "not-chens", "south", types.AREA_LEVEL_COMMUNITY)
    listed = operator.list_roles(
        pb.ListRolesRequest(filter=f'party_id = "{party_id}"', at_least=granted.revision)
    )
    assert [each.area_path for each in listed.grants] == ["la/north"]


def test_wrong_credentials_do_not_tell_what_was_wrong(running: Component, operator: Any) -> None:
    with_login(operator, "D-4", "dan")

    failures = []
    for name, password in (("dan", "not the password"), ("nobody.of.this.name", "not the password")):
        with refused("CREDENTIALS_REFUSED") as failed:
            log_in(running, name, password)
        failures.append((failed.value.code, failed.value.message))

    assert failures[0] == failures[1]
    assert failures[0][0] is grpc.StatusCode.UNAUTHENTICATED


def test_guessing_is_slowed_down(running: Component, operator: Any) -> None:
    with_login(operator, "E-5", "eve")

    for _ in range(5):
        with refused("CREDENTIALS_REFUSED"):
            log_in(running, "eve", "a wrong guess")

    with refused("TOO_MANY_ATTEMPTS") as failed:
        log_in(running, "eve")
    assert failed.value.retry_after


def test_a_flood_of_logins_leaves_threads_to_all_other_rpcs(
    running: Component, operator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at, released = list[str](), threading.Event()

    def held(_hasher: PasswordHasher, _hashed: str, secret: str) -> bool:
        looked_at.append(secret)
        return not released.wait(patience.seconds(60))

    monkeypatch.setattr(PasswordHasher, "verify", held)
    guess = pb.LoginRequest(login_name="flooded", password="a wrong guess")

    def guessed(number: int) -> RpcFailed:
        with pytest.raises(RpcFailed) as failed:
            nobody(running).login(guess)
        return failed.value

    with ThreadPoolExecutor(40) as flood:
        guesses = [flood.submit(guessed, number) for number in range(40)]
        try:
            eventually(lambda: looked_at)
            operator.list_areas(pb.ListAreasRequest())
            eventually(lambda: sum(each.done() for each in guesses) >= 32)
        finally:
            released.set()

    refused = [each.result() for each in guesses if each.result().reason == "LOGINS_BUSY"]
    assert len(refused) >= 32
    assert {(each.code, each.retry_after) for each in refused} == {(grpc.StatusCode.RESOURCE_EXHAUSTED, 1.0)}


def test_nobody_grants_beyond_their_own_reach(running: Component, operator: Any) -> None:
    party_id = register(operator, "F-6").resident_id
    northerner = as_role(running, "OPERATOR", "la/north")

    grant(northerner, party_id, "CASE_OFFICER", "willow")
    for area_id in ("south", "la", ""):
        with refused("OUT_OF_REACH"):
            grant(northerner, party_id, "CASE_OFFICER", area_id)


def test_nobody_takes_over_somebody_who_may_do_more(running: Component, operator: Any) -> None:
    party_id = register(operator, "G-7").resident_id
    grant(operator, party_id, "PLANNER")
    northerner = as_role(running, "OPERATOR", "la/north")

    with refused("OUT_OF_REACH"):
        northerner.create_login(
            pb.CreateLoginRequest(
                request_id=request_id(), party_id=party_id, login_name="gus", password="mine from now on"
            )
        )


def test_a_revoked_role_ends_the_sessions_that_carry_it(running: Component, operator: Any) -> None:
    party_id = with_login(operator, "H-8", "hua")
    granted = grant(operator, party_id, "PLANNER", "north")
    hua = log_in(running, "hua")
    hua.list_areas(pb.ListAreasRequest())

    operator.revoke_role(
        pb.RevokeRoleRequest(
            request_id=request_id(), party_id=party_id, grant_id=granted.grant.grant_id, reason="moved on"
        )
    )

    with refused("TOKEN_REVOKED"):
        hua.list_areas(pb.ListAreasRequest())
    with refused("SCOPE_MISSING"):
        log_in(running, "hua").list_areas(pb.ListAreasRequest())


def test_changing_the_password_needs_the_old_one(running: Component, operator: Any) -> None:
    with_login(operator, "I-9", "ida")
    change = pb.ChangePasswordRequest(
        request_id=request_id(),
        login_name="ida",
        old_password=PASSWORD,
        new_password="staple battery horse",
    )

    first = nobody(running).change_password(change)
    retried = nobody(running).change_password(change)
    change.request_id = request_id()
    change.new_password = "something else again"
    with refused("CREDENTIALS_REFUSED"):
        nobody(running).change_password(change)

    log_in(running, "ida", "staple battery horse")
    assert first == retried


def test_a_forgotten_password_is_replaced_by_an_operator(running: Component, operator: Any) -> None:
    with_login(operator, "J-10", "jun")

    operator.set_password(
        pb.SetPasswordRequest(request_id=request_id(), login_name="jun", password="a fresh beginning")
    )

    log_in(running, "jun", "a fresh beginning")
    with refused("LOGIN_UNKNOWN"):
        operator.set_password(
            pb.SetPasswordRequest(request_id=request_id(), login_name="nobody", password="a fresh start")
        )


# clients and keys


def test_a_client_gets_tokens_for_its_secret_until_it_is_retired(running: Component, operator: Any) -> None:
    registered = operator.register_client(
        pb.RegisterClientRequest(
            request_id="client-1", name="a partner", scopes=["areas.read"], area_id="north"
        )
    )
    retried = operator.register_client(
        pb.RegisterClientRequest(
            request_id="client-1", name="a partner", scopes=["areas.read"], area_id="north"
        )
    )
    client_id = registered.client.client_id

    def partner(secret: str) -> Any:
        issued = nobody(running).issue_client_token(
            pb.IssueClientTokenRequest(client_id=client_id, client_secret=secret)
        )
        return running.client(Token(issued.token.access_token)).service(DESCRIPTOR)

    partner(registered.client_secret).list_areas(pb.ListAreasRequest())
    with refused("SCOPE_MISSING"):
        partner(registered.client_secret).list_bodies(pb.ListBodiesRequest())
    changed = operator.change_client_secret(
        pb.ChangeClientSecretRequest(request_id=request_id(), client_id=client_id)
    )
    with refused("CREDENTIALS_REFUSED"):
        partner(registered.client_secret)
    partner(changed.client_secret)
    retired = operator.retire_client(pb.RetireClientRequest(request_id=request_id(), client_id=client_id))
    with refused("CREDENTIALS_REFUSED"):
        partner(changed.client_secret)

    assert retried.client_secret == ""
    assert retried.client == registered.client
    listed = operator.list_clients(pb.ListClientsRequest(filter="retired = true", at_least=retired.revision))
    assert [each.client_id for each in listed.clients] == [client_id]


def test_a_client_sees_the_quota_that_it_was_given_with_its_next_token(
    running: Component, operator: Any
) -> None:
    much = pb.Quota(calls_per_second=500, concurrent_calls=64, streams=16)
    registered = operator.register_client(
        pb.RegisterClientRequest(request_id=request_id(), name="busy", scopes=["areas.read"])
    )
    client_id = registered.client.client_id
    credentials = pb.IssueClientTokenRequest(client_id=client_id, client_secret=registered.client_secret)

    def own() -> pb.Quota:
        token = nobody(running).issue_client_token(credentials).token.access_token
        quota: pb.Quota = (
            running.client(Token(token)).service(DESCRIPTOR).get_my_quota(pb.GetMyQuotaRequest()).quota
        )
        return quota

    before = own()
    changed = operator.set_client_quota(
        pb.SetClientQuotaRequest(request_id=request_id(), client_id=client_id, quota=much)
    )
    with_much = own()
    listed = operator.list_clients(pb.ListClientsRequest(at_least=changed.revision)).clients
    operator.set_client_quota(pb.SetClientQuotaRequest(request_id=request_id(), client_id=client_id))

    assert registered.client.quota == before
    assert before == pb.Quota(calls_per_second=200, concurrent_calls=32, streams=8)
    assert changed.client.quota == with_much == much
    assert [each.quota for each in listed if each.client_id == client_id] == [much]
    assert own() == before


def test_a_client_can_be_registered_with_a_quota(operator: Any) -> None:
    few = pb.Quota(calls_per_second=5, concurrent_calls=1)
    asked = pb.RegisterClientRequest(request_id=request_id(), name="slow", scopes=["areas.read"], quota=few)

    assert operator.register_client(asked).client.quota == few


def test_a_quota_has_bounds(operator: Any) -> None:
    for wrong in (
        pb.Quota(),
        pb.Quota(calls_per_second=10_001, concurrent_calls=1),
        pb.Quota(calls_per_second=1, concurrent_calls=257),
        pb.Quota(calls_per_second=1, concurrent_calls=1, streams=33),
    ):
        with refused("INVALID_REQUEST"):
            operator.set_client_quota(
                pb.SetClientQuotaRequest(request_id=request_id(), client_id="c", quota=wrong)
            )


def test_a_client_gets_no_scope_that_its_maker_lacks(operator: Any) -> None:
    def wanting(*scopes: str) -> pb.RegisterClientRequest:
        return pb.RegisterClientRequest(request_id=request_id(), name="greedy", scopes=scopes)

    with pytest.raises(RpcFailed) as beyond:
        operator.register_client(wanting("cases.open", "parties.erase", "cases.report"))
    with pytest.raises(RpcFailed) as unknown:
        operator.register_client(wanting("everything"))

    assert beyond.value.reason == "SCOPES_BEYOND_REACH"
    assert "you do not hold cases.report, parties.erase" in beyond.value.message
    assert unknown.value.reason == "SCOPES_UNKNOWN"
    assert "there is no scope everything; there are areas.read, areas.write, " in unknown.value.message
    assert "cases.open" in unknown.value.metadata["known"].split(",")


def test_nobody_takes_over_a_client_that_may_do_more(running: Component, operator: Any) -> None:
    def registered(scope: str) -> pb.RegisterClientResponse:
        return operator.register_client(  # type: ignore[no-any-return]  # a stub made at run time
            pb.RegisterClientRequest(request_id=request_id(), name=scope, scopes=[scope])
        )

    keeper, reader = registered("clients.write"), registered("parties.read")
    issued = nobody(running).issue_client_token(
        pb.IssueClientTokenRequest(client_id=keeper.client.client_id, client_secret=keeper.client_secret)
    )
    keeping = running.client(Token(issued.token.access_token)).service(DESCRIPTOR)

    with refused("SCOPES_BEYOND_REACH"):
        keeping.change_client_secret(
            pb.ChangeClientSecretRequest(request_id=request_id(), client_id=reader.client.client_id)
        )
    own = pb.ChangeClientSecretRequest(request_id=request_id(), client_id=keeper.client.client_id)
    assert keeping.change_client_secret(own).client_secret


def test_tokens_outlive_a_rotation_of_the_key(running: Component, operator: Any) -> None:
    before = operator.get_key_set(pb.GetKeySetRequest())

    rotated = operator.rotate_signing_key(pb.RotateSigningKeyRequest(request_id=request_id()))

    after = operator_of(running).get_key_set(pb.GetKeySetRequest())
    operator.list_areas(pb.ListAreasRequest())
    assert [key.key_id for key in after.keys] == [*(key.key_id for key in before.keys), rotated.key_id]


def test_who_operates_one_area_does_not_rotate_the_key_of_all(running: Component) -> None:
    local = as_role(running, "OPERATOR", path="la/north")

    with refused("OUT_OF_REACH"):
        local.rotate_signing_key(pb.RotateSigningKeyRequest(request_id=request_id()))


def _keys_json(running: Component) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{running.host.http_port}/keys.json") as answer:
        return json.load(answer)


def test_the_key_set_is_served_over_http(running: Component, operator: Any) -> None:
    served = _keys_json(running)

    key_set = operator.get_key_set(pb.GetKeySetRequest())
    assert [key["kid"] for key in served["keys"]] == [key.key_id for key in key_set.keys]


def test_who_has_a_token_finds_its_revocation_and_nobody_learns_whose_they_are(
    running: Component, operator: Any
) -> None:
    party_id = with_login(operator, "H-9", "hong")
    token = log_in_token(running, "hong")
    kid = jwt.get_unverified_header(token)["kid"]

    operator.revoke_sessions(
        pb.RevokeSessionsRequest(request_id=request_id(), party_id=party_id, reason="phone lost")
    )

    def told() -> Any:
        revocations = operator.get_key_set(pb.GetKeySetRequest()).revocations
        assert concealed(kid, party_id) in {each.concealed_subject for each in revocations}
        return revocations

    assert {each.subject_id for each in eventually(told, "it is told")} == {""}
    keys = _keys_json(running)
    assert party_id not in json.dumps(keys)
    with pytest.raises(Rejected, match="TOKEN_REVOKED"):
        Verifier(KeySet.of(lambda: keys)).caller(token)


def test_every_process_hears_of_a_revocation_by_the_open_request_for_the_key_set(
    running: Component, operator: Any
) -> None:
    party_id = with_login(operator, "H-10", "huan")
    token = log_in_token(running, "huan")
    keys = KeySet(KeyUrl(f"http://127.0.0.1:{running.host.http_port}/keys.json"), Trust([ROOT]))
    elsewhere, stop = Verifier(keys), threading.Event()
    follower = threading.Thread(target=keys.follow, args=(stop,))
    follower.start()
    try:
        eventually(lambda: elsewhere.caller(token).subject == party_id)

        operator.revoke_sessions(
            pb.RevokeSessionsRequest(request_id=request_id(), party_id=party_id, reason="phone lost")
        )

        def is_refused() -> bool:
            with pytest.raises(Rejected, match="TOKEN_REVOKED"):
                elsewhere.caller(token)
            return True

        eventually(lambda: _quietly(is_refused), "it is refused elsewhere", seconds=5)
    finally:
        stop.set()
        keys.interrupt()
        follower.join()


def _quietly(check: Any) -> bool:
    try:
        return bool(check())
    except pytest.fail.Exception:
        return False


def test_the_key_set_is_signed_by_its_root(running: Component) -> None:
    served = _keys_json(running)

    assert served["root"] == ROOT
    assert Trust([ROOT]).opened(served)["keys"] == served["keys"]


def test_the_answer_about_keys_is_signed_by_the_same_root_and_says_the_same(
    running: Component, operator: Any
) -> None:
    party_id = with_login(operator, "H-11", "hua-of-keys")
    kid = jwt.get_unverified_header(log_in_token(running, "hua-of-keys"))["kid"]
    operator.revoke_sessions(
        pb.RevokeSessionsRequest(request_id=request_id(), party_id=party_id, reason="phone lost")
    )

    def told() -> Any:
        answer = nobody(running).get_key_set(pb.GetKeySetRequest())
        assert concealed(kid, party_id) in {each.concealed_subject for each in answer.revocations}
        return answer

    answer = eventually(told, "it is told")

    opened = Trust([ROOT]).opened({"signed": answer.signed})
    assert answer.root == ROOT
    assert keys_of(opened).keys() == {key.key_id for key in answer.keys}
    assert revoked_of(opened) == {
        each.concealed_subject: each.before_time.ToDatetime(UTC).timestamp() for each in answer.revocations
    }


def test_keys_that_somebody_else_signed_in_the_answer_are_not_believed(running: Component) -> None:
    """Whoever answers in identity's place can put in keys of their own, and a root, but not the signature."""
    theirs, genuine = SigningKey.generate(), nobody(running).get_key_set(pb.GetKeySetRequest())
    forged = signed(jwks([theirs]), theirs, datetime.now(UTC))
    genuine.keys.add(key_id=theirs.kid, x=theirs.jwk["x"])

    with pytest.raises(NotTrusted, match="another root"):
        Trust([ROOT]).opened(forged)
    assert theirs.kid not in keys_of(Trust([ROOT]).opened({"signed": genuine.signed}))


# erasure


def test_an_erased_person_is_nowhere_to_be_found(running: Component, operator: Any) -> None:
    name, phone, address = "Zhuge Liang", "+86 21 5555 0199", "Sleeping Dragon Ridge 7"
    resident_id = register(operator, "K-11-unmistakable", name, phone=phone, address=address).resident_id
    operator.create_login(
        pb.CreateLoginRequest(
            request_id=request_id(),
            party_id=resident_id,
            login_name="zhuge.kongming",
            password="empty fort stratagem",
        )
    )
    grant(operator, resident_id, "RESIDENT", "willow")
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    erase = pb.EraseSubjectRequest(request_id=request_id(), subject_id=resident_id, reason="asked for it")

    first, retried = officer.erase_subject(erase), officer.erase_subject(erase)

    assert first == retried
    with refused("PARTY_UNKNOWN"):
        officer.get_resident(pb.GetResidentRequest(resident_id=resident_id, purpose=pb.PURPOSE_AUDIT))
    with refused("CREDENTIALS_REFUSED"):
        log_in(running, "zhuge.kongming", "empty fort stratagem")
    held = operator.list_roles(
        pb.ListRolesRequest(filter=f'party_id = "{resident_id}"', at_least=first.revision)
    )
    assert not held.grants
    dumped = dump(running)
    for trace in (name, phone, address, "zhuge", "unmistakable", "empty fort"):
        assert trace not in dumped
    assert resident_id in dumped


@pytest.mark.capability("002.5")
def test_a_receipt_says_which_services_have_forgotten_a_person(running: Component, operator: Any) -> None:
    subject_id = register(operator, "K-13-receipt").resident_id
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    erase = pb.EraseSubjectRequest(request_id=request_id(), subject_id=subject_id, reason="asked for it")
    erased = officer.erase_subject(erase)
    code = erased.receipt_code.lower().replace("-", " ")
    others = ("catalog", "cases", "volunteers", "supervision")

    def forgotten() -> set[str]:
        asked = pb.GetMyErasureReceiptRequest(receipt_code=code, at_least=erased.revision)
        shown = nobody(running).get_my_erasure_receipt(asked).receipt
        assert shown.complete == all(each.HasField("forgotten_time") for each in shown.services)
        return {each.service for each in shown.services if each.HasField("forgotten_time")}

    def forget(service: str) -> None:
        message = privacy.SubjectForgotten(subject_id=subject_id, forgotten_time=stamp(datetime.now(UTC)))
        running.hears(service, message)

    for service in others[:-1]:
        assert service not in forgotten()
        forget(service)
        assert service in forgotten()
    own = running.opened.streams["forgetting"]
    eventually(lambda: own.load(subject_id).state.forgotten, "identity has forgotten them, too")
    forget("identity")
    assert forgotten() == {"identity", *others[:-1]}
    forget("supervision")
    receipt = officer.get_erasure_receipt(pb.GetErasureReceiptRequest(subject_id=subject_id)).receipt
    assert receipt.complete
    assert forgotten() == {"identity", *others}
    assert officer.erase_subject(erase) == erased, "a repeated request answers the code again"


def test_a_receipt_is_for_whoever_has_the_code_or_erases_there(running: Component, operator: Any) -> None:
    living, gone = (register(operator, each).resident_id for each in ("K-14-alive", "K-15-gone"))
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    erase = pb.EraseSubjectRequest(request_id=request_id(), subject_id=gone, reason="asked for it")
    officer.erase_subject(erase)
    other = as_role(running, "DATA_PROTECTION_OFFICER", "la/south")

    with refused("OUT_OF_REACH"):
        other.get_erasure_receipt(pb.GetErasureReceiptRequest(subject_id=gone))
    with refused("SCOPE_MISSING"):
        operator.get_erasure_receipt(pb.GetErasureReceiptRequest(subject_id=gone))
    with refused("ERASURE_UNKNOWN"):
        officer.get_erasure_receipt(pb.GetErasureReceiptRequest(subject_id=living))
    with refused("ERASURE_UNKNOWN"):
        asked = pb.GetMyErasureReceiptRequest(receipt_code="7F3K9-2QD4X-M8C1T")
        nobody(running).get_my_erasure_receipt(asked)


@pytest.mark.capability("002.5")
def test_who_was_erased_before_there_were_receipts_gets_none(running: Component, operator: Any) -> None:
    gone = register(operator, "K-16-before").resident_id
    grant(operator, gone, "RESIDENT", "willow")
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    streams = running.opened.streams
    streams.of(RESIDENT).handle(
        gone, EraseResident(resident_id=gone, at=datetime.now(UTC)), Context(actor="the older release")
    )

    erase = pb.EraseSubjectRequest(request_id=request_id(), subject_id=gone, reason="asked for it")
    erased = officer.erase_subject(erase)

    assert erased.receipt_code == ""
    with refused("ERASURE_UNKNOWN"):
        officer.get_erasure_receipt(pb.GetErasureReceiptRequest(subject_id=gone))
    assert not streams.of(FORGETTING).load(gone).state.heard
    assert not streams.of(ACCESS).load(gone).state.grants


def test_who_registers_again_after_an_erasure_gets_an_id_that_nothing_links_to_the_old_one(
    running: Component, operator: Any
) -> None:
    natural_key = "K-12-again"
    old = register(operator, natural_key, "Zhuge Liang").resident_id
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    officer.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=old, reason="asked for it")
    )
    digest = running.opened.ledger.keys.digest(
        "resident", NaturalKey(KeyKind.NATIONAL_ID, natural_key).normal
    )
    erased = dump(running)

    back = register(operator, natural_key, "Zhuge Liang")

    assert digest not in erased
    assert not back.existing
    assert register(operator, natural_key, "Zhuge Liang").resident_id == back.resident_id != old
    assert old in dump(running)
    assert [row for row in rows_of(running) if old in row and back.resident_id in row] == []


def rebuild_claims(running: Component) -> int:
    """What an operator does beside the running service; its exit status."""
    dsn = running.opened.ledger.settings.dsn
    return operate_claims.rebuild_claims(SERVICE, {"LINLI_DATABASE_URL": dsn, "LINLI_MASTER_KEY": MASTER_KEY})


def delete_claims(running: Component) -> None:
    with running.opened.ledger.connection() as connection:
        connection.execute("DELETE FROM claims")


def test_after_a_loss_of_claims_the_same_key_finds_the_same_person_but_nobody_erased(
    running: Component, operator: Any
) -> None:
    known, erased = register(operator, "K-16").resident_id, register(operator, "K-17").resident_id
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    officer.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=erased, reason="asked for it")
    )
    delete_claims(running)

    assert rebuild_claims(running) == 0

    assert register(operator, "K-16").resident_id == known
    back = register(operator, "K-17")
    assert not back.existing
    assert back.resident_id != erased


def test_two_who_registered_under_one_key_while_its_claim_was_lost_are_named(
    running: Component, operator: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    first = register(operator, "K-18").resident_id
    delete_claims(running)
    second = register(operator, "K-18").resident_id

    assert rebuild_claims(running) == 1

    assert f"resident: {first} and {second}\n" in capsys.readouterr().out
    officer = as_role(running, "DATA_PROTECTION_OFFICER", "la")
    officer.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=second, reason="registered twice")
    )
    assert rebuild_claims(running) == 0
    assert register(operator, "K-18").resident_id == first


def test_of_many_who_register_one_person_at_once_all_get_the_same_id(operator: Any) -> None:
    with ThreadPoolExecutor(8) as threads:
        told = [threads.submit(register, operator, "K-13-at-once") for _ in range(16)]
        answers = [each.result() for each in told]

    assert len({answer.resident_id for answer in answers}) == 1
    assert sum(not answer.existing for answer in answers) == 1


def dump(running: Component) -> str:
    """Every value in every table, as text."""
    return "\n".join(rows_of(running))


def rows_of(running: Component) -> list[str]:
    """Every row of every table, as text."""
    found = []
    with running.opened.ledger.connection() as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for table in tables:
            for row in connection.execute(f"SELECT * FROM {table['name']}").fetchall():
                values = [
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row.values()
                ]
                found.append("\n".join(values))
    return found


# what is published, and the platform's promises


def test_partners_read_facts_and_no_secrets(running: Component, operator: Any) -> None:
    register(operator, "L-12", "Somebody Unmistakable")
    reader = running.client(Mint(KEY).client("feed.read")).service(FEED)

    batch = reader.read_events(feed.ReadEventsRequest(source="identity", limit=1000)).batch

    kinds = {event.type.rpartition(".")[2] for event in batch.events}
    assert {"AreaDefined", "AreaBoundaryChanged", "BodyRegistered", "ResidentRegistered"} <= kinds
    assert b"Somebody Unmistakable" not in batch.SerializeToString()
    assert b"argon2" not in batch.SerializeToString()


def test_every_rpc_lets_in_exactly_whom_it_declares(running: Component) -> None:
    assert deviations(running.address, Mint(KEY), every_rpc(DESCRIPTOR)) == []


def test_hostile_requests_are_refused_clearly(running: Component) -> None:
    seeds = {"area_id": ["north"], "party_id": [register(operator_of(running), "M-13").resident_id]}
    everything = Mint(KEY).person("OPERATOR", "DATA_PROTECTION_OFFICER")
    # A rotation of the signing key that a hostile request brings about would lock out the tests after it.
    methods = [method for method in every_rpc(DESCRIPTOR) if method.name != "RotateSigningKey"]

    assert_never_broken(running.client(everything), methods, seeds=seeds)


def test_rebuilt_views_equal_the_live_ones(running: Component) -> None:
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)


def test_where_something_happened_is_kept_as_a_path(running: Component, operator: Any) -> None:
    register(operator, "P-16")

    kept = running.areas_kept()

    assert "la/north/willow" in kept
    assert not kept & {"north", "willow", "south"}
