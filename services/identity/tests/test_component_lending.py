"""Grants that end at a moment: over the real wire."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_events_pb2 as published
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.options.v1 import access_pb2

from libs.ledger.recorded import Context
from libs.rpc.errors import Rejected
from libs.rpc.key_set import KeySet
from libs.rpc.keys import jwks
from libs.rpc.moments import moment, stamp
from libs.rpc.tokens import Verifier
from libs.rules.areas import AreaPath
from libs.testkit import patience
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.domain.access import GrantRole
from services.identity.domain.values import Role, Within, grant_id
from services.identity.tests.test_component import (
    ENVIRON,
    FEED,
    KEY,
    as_role,
    define,
    log_in_token,
    operator_of,
    refused,
    register,
    register_body,
    with_login,
)
from services.identity.wiring import SERVICE

ROLE = access_pb2.Role.Value
request_id = Ids("identity lending")
number = Ids("lent to")


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY)
        register_body(stub, "lasan")
        yield service


@pytest.fixture
def operator(running: Component) -> Any:
    return operator_of(running)


def lend(stub: Any, party_id: str, until: datetime | None, role: str = "CASE_OFFICER") -> Any:
    request = pb.GrantRoleRequest(
        request_id=request_id(),
        party_id=party_id,
        role=ROLE(f"ROLE_{role}"),
        area_id="north",
        body_id="lasan",
        until_time=stamp(until) if until else None,
    )
    return stub.grant_role(request)


def roles(token: str) -> list[str]:
    claims = jwt.decode(token, options={"verify_signature": False})
    return [each["role"] for each in claims.get("grants", ())]


def at(moment: datetime) -> Verifier:
    """What any service makes of a token at a moment."""
    return Verifier(KeySet.of(lambda: jwks([KEY])), clock=lambda: moment)


def test_no_service_takes_a_token_from_the_end_of_a_grant_in_it_on(running: Component, operator: Any) -> None:
    party_id = with_login(operator, number(), "stand-in")
    ends = datetime.now(UTC) + timedelta(hours=1)

    granted = lend(operator, party_id, ends).grant
    token = log_in_token(running, "stand-in")

    assert moment(granted.until_time) == ends
    assert at(ends - timedelta(seconds=2)).caller(token).has("cases.work")
    with pytest.raises(Rejected, match="TOKEN_EXPIRED"):
        at(ends).caller(token)


def test_a_token_lives_as_long_as_usual_where_its_grants_do(running: Component, operator: Any) -> None:
    party_id = with_login(operator, number(), "for-a-year")
    lend(operator, party_id, datetime.now(UTC) + timedelta(days=365))

    token = log_in_token(running, "for-a-year")

    assert at(datetime.now(UTC) + timedelta(hours=7, minutes=59)).caller(token).has("cases.work")


def test_a_grant_that_is_about_to_end_is_left_out_of_a_token(running: Component, operator: Any) -> None:
    party_id = with_login(operator, number(), "nearly-over")
    lend(operator, party_id, None, "VOLUNTEER")
    lend(operator, party_id, datetime.now(UTC) + timedelta(seconds=8))

    token = log_in_token(running, "nearly-over")

    assert roles(token) == ["VOLUNTEER"]


def test_a_nearer_end_ends_the_token_that_would_outlive_it(running: Component, operator: Any) -> None:
    party_id = with_login(operator, number(), "cut-short")
    lend(operator, party_id, None)
    token = log_in_token(running, "cut-short")

    lend(operator, party_id, datetime.now(UTC) + timedelta(minutes=5))

    with pytest.raises(Rejected, match="TOKEN_REVOKED"):
        _verifier_of(running).caller(token)
    again = _verifier_of(running).caller(log_in_token(running, "cut-short"))
    assert again.has("cases.work")


def _verifier_of(running: Component) -> Verifier:
    return Verifier(KeySet.of(lambda: jwks([KEY])), revoked=running.opened.parts.revoked)


def test_a_grant_is_listed_with_its_end_until_then(running: Component, operator: Any) -> None:
    lasting, over = (with_login(operator, number(), name) for name in ("lasting", "over"))
    until = datetime.now(UTC) + timedelta(days=90)
    lend(operator, lasting, until)
    last = lend(operator, over, datetime.now(UTC) + timedelta(seconds=patience.seconds(0.5)))

    def listed(party_id: str) -> list[datetime]:
        query = pb.ListRolesRequest(filter=f'party_id = "{party_id}"', at_least=last.revision)
        return [moment(each.until_time) for each in operator.list_roles(query).grants]

    assert listed(lasting) == [until]
    assert eventually(lambda: listed(over) == [], "the grant has ended")
    with refused("GRANT_UNKNOWN"):
        operator.revoke_role(
            pb.RevokeRoleRequest(request_id=request_id(), party_id=over, grant_id=last.grant.grant_id)
        )


def test_neighbours_hear_until_when_a_role_is_held(running: Component, operator: Any) -> None:
    party_id = with_login(operator, number(), "published")
    until = datetime.now(UTC) + timedelta(days=30)

    lend(operator, party_id, until)

    told = _granted(running, party_id)
    assert [moment(each.until_time) for each in told] == [until]


def _granted(running: Component, party_id: str) -> list[published.RoleGranted]:
    reader = running.client(Mint(KEY).client("feed.read")).service(FEED)
    batch = reader.read_events(feed.ReadEventsRequest(source="identity", limit=1000)).batch
    found = []
    for each in batch.events:
        message = published.RoleGranted()
        if each.data.Unpack(message) and message.party_id == party_id:
            found.append(message)
    return found


@pytest.mark.parametrize("days", [0, -1])
def test_a_clerk_who_mistypes_the_year_lends_nothing(running: Component, operator: Any, days: int) -> None:
    party_id = with_login(operator, number(), f"mistyped-{abs(days)}")

    with refused("GRANT_ENDS_IN_THE_PAST"):
        lend(operator, party_id, datetime.now(UTC) + timedelta(days=days))

    assert roles(log_in_token(running, f"mistyped-{abs(days)}")) == []


def test_nobody_keeps_a_lent_role_by_moving_its_end(running: Component, operator: Any) -> None:
    party_id = with_login(operator, number(), "clinging")
    lend(operator, party_id, datetime.now(UTC) + timedelta(hours=1), "PLANNER")
    with refused("NOT_FOR_YOURSELF"):
        lend(as_role(running, "OPERATOR", subject=party_id), party_id, None, "PLANNER")
    planner = as_role(running, "PLANNER", "la/north", subject=party_id)
    with refused("SCOPE_MISSING"):
        lend(planner, party_id, None, "PLANNER")


# the quarterly review


def held_for_long(running: Component, operator: Any, days: int) -> tuple[str, str]:
    """Somebody with a grant that was given so many days ago: their id and the grant's."""
    party_id = str(register(operator, number()).resident_id)
    within = Within(area_id="north", area_path=AreaPath("la/north"))
    given_at = datetime.now(UTC) - timedelta(days=days)
    command = GrantRole(party_id=party_id, role=Role.VOLUNTEER, within=within, at=given_at)
    running.opened.streams["access"].handle(party_id, command, Context(actor="clerk-of-old"))
    return party_id, grant_id(party_id, Role.VOLUNTEER, within)


def to_review(running: Component, stub: Any, days: int = 0) -> list[str]:
    request = pb.ListGrantsToReviewRequest(
        page_size=1000,
        not_confirmed_for_days=days,
        filter="role = VOLUNTEER",
        at_least=running.opened.ledger.revision(running.opened.ledger.head()),
    )
    return [each.party_id for each in stub.list_grants_to_review(request).grants]


def confirm(stub: Any, party_id: str, grant: str) -> Any:
    return stub.confirm_grant(
        pb.ConfirmGrantRequest(request_id=request_id(), party_id=party_id, grant_id=grant)
    )


def test_what_nobody_looked_at_for_a_quarter_is_listed_until_somebody_did(
    running: Component, operator: Any
) -> None:
    (older, grant), (old, _), (young, _) = (held_for_long(running, operator, days) for days in (300, 91, 89))

    listed = to_review(running, operator)

    assert [each for each in listed if each in {older, old, young}] == [older, old]
    assert young in to_review(running, operator, days=80)
    assert confirm(operator, older, grant).grant.HasField("confirmed_time")
    assert {older, old} & {*to_review(running, operator)} == {old}


def test_nobody_confirms_their_own_grant_or_one_beyond_their_reach(running: Component, operator: Any) -> None:
    party_id, grant = held_for_long(running, operator, 200)

    with refused("NOT_FOR_YOURSELF"):
        confirm(as_role(running, "OPERATOR", subject=party_id), party_id, grant)
    with refused("OUT_OF_REACH"):
        confirm(as_role(running, "OPERATOR", "la/north/willow"), party_id, grant)
    with refused("SCOPE_MISSING"):
        confirm(as_role(running, "PLANNER", "la/north"), party_id, grant)
    with refused("GRANT_UNKNOWN"):
        confirm(operator, party_id, "no-such-grant")
    assert party_id in to_review(running, operator)
    assert party_id not in to_review(running, as_role(running, "OPERATOR", "la/north/willow"))


def test_what_was_revoked_is_not_reviewed(running: Component, operator: Any) -> None:
    party_id, grant = held_for_long(running, operator, 200)

    operator.revoke_role(pb.RevokeRoleRequest(request_id=request_id(), party_id=party_id, grant_id=grant))

    with refused("GRANT_UNKNOWN"):
        confirm(operator, party_id, grant)
    assert party_id not in to_review(running, operator)


def test_the_view_of_lent_roles_rebuilt_is_the_live_one(running: Component) -> None:
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)
