"""A body lets another one act in its place: over the real wire."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.feed.v1 import feed_service_pb2 as feed
from linli.identity.v1 import identity_delegation_pb2 as pb
from linli.identity.v1 import identity_events_pb2 as published
from linli.identity.v1 import identity_types_pb2 as types

from libs.rpc.access import Grant
from libs.rpc.moments import moment, stamp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.adapters.views import delegations
from services.identity.tests.test_component import (
    DESCRIPTOR,
    ENVIRON,
    FEED,
    KEY,
    as_role,
    define,
    operator_of,
    refused,
    register_body,
)
from services.identity.wiring import SERVICE

request_id = Ids("delegations")
UNTIL = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture(scope="module")
def running(postgres_server: TestServer) -> Iterator[Component]:
    with component(postgres_server, SERVICE, ENVIRON) as running:
        stub = operator_of(running)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "north", "la", types.AREA_LEVEL_DISTRICT)
        define(stub, "willow", "north", types.AREA_LEVEL_COMMUNITY)
        for body in ("roads", "parks", "water", "gas"):
            assert register_body(stub, body).body.body_id == body
        yield running


@pytest.fixture
def chief(running: Component) -> Any:
    """The chief of roads, who grants the roles there."""
    return as_role(running, "OPERATOR", body="roads", subject="rose")


def delegate(stub: Any, **differently: Any) -> Any:
    asked: dict[str, Any] = {
        "request_id": request_id(),
        "from_body_id": "roads",
        "to_body_id": "parks",
        "power": types.DELEGATED_POWER_WORK_ON_CASES,
        "area_id": "north",
        "affair_ids": ["potholes"],
        "until_time": stamp(UNTIL),
    }
    return stub.delegate_power(pb.DelegatePowerRequest(**asked | differently))


def end(stub: Any, delegation_id: str) -> Any:
    asked = pb.EndDelegationRequest(request_id=request_id(), delegation_id=delegation_id)
    return stub.end_delegation(asked)


def listed(stub: Any, filter_: str, at_least: str) -> list[pb.Delegation]:
    asked = pb.ListDelegationsRequest(filter=filter_, at_least=at_least)
    return list(stub.list_delegations(asked).delegations)


@pytest.mark.capability("000.7")
def test_the_bodys_own_officer_delegates_and_everybody_may_know(running: Component, chief: Any) -> None:
    answer = delegate(chief)
    resident = as_role(running, "RESIDENT", "la/north")

    [found] = listed(resident, 'from_body_id = "roads" AND ended = false', answer.revision)

    assert found == answer.delegation
    assert (found.origin_body_id, found.to_body_id, found.area_path) == ("roads", "parks", "la/north")
    assert list(found.affair_ids) == ["potholes"]
    assert moment(found.until_time) == UNTIL
    ended = end(chief, found.delegation_id)
    assert ended.delegation.HasField("ended_time")
    assert end(chief, found.delegation_id).delegation == ended.delegation
    assert found.delegation_id not in {
        each.delegation_id for each in listed(resident, "ended = false", ended.revision)
    }


@pytest.mark.capability("000.7")
def test_nobody_delegates_the_power_of_a_body_that_is_not_theirs(running: Component) -> None:
    with refused("OUT_OF_REACH"):
        delegate(as_role(running, "OPERATOR", body="parks"))
    with refused("OUT_OF_REACH"):
        delegate(as_role(running, "OPERATOR", "la/north/willow"))
    for role in ("CASE_OFFICER", "PLANNER", "RESIDENT"):
        with refused("SCOPE_MISSING"):
            delegate(as_role(running, role, body="roads"))


@pytest.mark.capability("000.7")
def test_nobody_delegates_to_the_body_for_which_they_work(running: Component) -> None:
    both = Mint(KEY).holding("olga", Grant("OPERATOR"), Grant("CASE_OFFICER", body="parks"))

    with refused("NOT_FOR_YOURSELF"):
        delegate(running.client(both).service(DESCRIPTOR))


def test_bodies_and_areas_that_are_not_there_and_a_wrong_year_are_told(chief: Any) -> None:
    with refused("BODY_UNKNOWN"):
        delegate(chief, to_body_id="nobody")
    with refused("AREA_UNKNOWN"):
        delegate(chief, area_id="nowhere")
    with refused("DELEGATION_PERIOD_UNFIT"):
        delegate(chief, until_time=stamp(datetime.now(UTC) - timedelta(days=365)))
    with refused("DELEGATION_UNKNOWN"):
        end(chief, "nothing")


@pytest.mark.capability("000.7")
def test_what_was_received_is_passed_on_once_and_never_wider(running: Component, chief: Any) -> None:
    received = delegate(chief).delegation
    parks, water = (as_role(running, "OPERATOR", body=body, subject=body) for body in ("parks", "water"))
    under = {"from_body_id": "parks", "to_body_id": "water", "under_delegation_id": received.delegation_id}

    with refused("DELEGATION_TOO_WIDE"):
        delegate(parks, **under, affair_ids=[])
    with refused("DELEGATION_TOO_WIDE"):
        delegate(parks, **under, area_id="la")
    with refused("DELEGATION_IN_A_CIRCLE"):
        delegate(parks, **under | {"to_body_id": "roads"})
    since = {"since_time": received.since_time}
    passed_on = delegate(parks, **under, **since, area_id="willow").delegation

    assert (passed_on.origin_body_id, passed_on.from_body_id) == ("roads", "parks")
    third = {"from_body_id": "water", "to_body_id": "gas", "under_delegation_id": passed_on.delegation_id}
    with refused("DELEGATION_PASSED_ON_ONCE"):
        delegate(water, **third, **since, area_id="willow")


@pytest.mark.capability("000.7")
def test_each_of_the_bodies_ends_it_and_no_other(running: Component, chief: Any) -> None:
    received = delegate(chief).delegation
    parks = as_role(running, "OPERATOR", body="parks", subject="parks")
    under = {"from_body_id": "parks", "to_body_id": "water", "under_delegation_id": received.delegation_id}
    passed_on = [
        delegate(parks, **under, since_time=received.since_time).delegation.delegation_id for _ in range(3)
    ]

    with refused("OUT_OF_REACH"):
        end(as_role(running, "OPERATOR", body="gas"), passed_on[0])
    with refused("SCOPE_MISSING"):
        end(as_role(running, "CASE_OFFICER", body="parks"), passed_on[0])
    for each, body in zip(passed_on, ("roads", "parks", "water"), strict=True):
        assert end(as_role(running, "OPERATOR", body=body), each).delegation.HasField("ended_time")


def test_neighbours_are_told(running: Component, chief: Any) -> None:
    delegated = delegate(chief).delegation
    end(chief, delegated.delegation_id)

    reader = running.client(Mint(KEY).client("feed.read")).service(FEED)
    batch = reader.read_events(feed.ReadEventsRequest(source="identity", limit=1000)).batch
    told, ended = published.PowerDelegated(), published.DelegationEnded()
    for each in batch.events:
        if not (each.data.Unpack(told) and told.delegation_id == delegated.delegation_id):
            each.data.Unpack(ended)

    assert ended.delegation_id == delegated.delegation_id
    assert {event.type for event in batch.events} >= {
        "linli.identity.v1.PowerDelegated",
        "linli.identity.v1.DelegationEnded",
    }


def test_the_view_rebuilt_is_the_live_one(running: Component) -> None:
    assert_rebuilt_equals_live(running.opened.ledger, [delegations.VIEW])
