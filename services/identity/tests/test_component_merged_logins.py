"""Logins of merged registrations over the real wire: nobody gets in as the survivor by one alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.tests.test_component import (
    ENVIRON,
    as_role,
    define,
    grant,
    log_in,
    operator_of,
    refused,
    register,
    with_login,
)
from services.identity.tests.test_component_joining import (
    ANOTHER,
    CONFIRM,
    PASSWORD,
    RECOVER,
    accept,
    confirm,
    invite,
    proof,
    recover,
)
from services.identity.tests.test_component_mergers import approve, merge, unmerge
from services.identity.wiring import SERVICE

request_id = Ids("identity merged logins")
number = Ids("people with two registrations")
login_name = Ids("merged logins")


@pytest.fixture(scope="module", name="messages")
def _messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("told") / "messages"


@pytest.fixture(scope="module", name="running")
def _running(postgres_server: TestServer, messages: Path) -> Iterator[Component]:
    environ = {**ENVIRON, "LINLI_IDENTITY_MESSAGES": str(messages)}
    with component(postgres_server, SERVICE, environ) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "willow", "la", types.AREA_LEVEL_COMMUNITY)
        define(stub, "birch", "la", types.AREA_LEVEL_COMMUNITY)
        yield service


@pytest.fixture(name="clerk")
def _clerk(running: Component) -> Any:
    return as_role(running, "GRID_WORKER", "la/willow", subject="wei")


def merged(running: Component, merged_id: str, survivor_id: str) -> None:
    """By two, neither of whom is the clerk."""
    proposed = merge(as_role(running, "GRID_WORKER", "la", subject="wu"), merged_id, survivor_id)
    approve(as_role(running, "GRID_WORKER", "la", subject="li"), proposed)


def someone(running: Component) -> tuple[str, str]:
    """Somebody who logs in: their id, and the name."""
    name = login_name()
    return with_login(operator_of(running), number(), name, PASSWORD), name


def create_login(stub: Any, party_id: str) -> Any:
    asked = pb.CreateLoginRequest(
        request_id=request_id(), party_id=party_id, login_name=login_name(), password=PASSWORD
    )
    return stub.create_login(asked)


def set_password(stub: Any, name: str) -> Any:
    return stub.set_password(
        pb.SetPasswordRequest(request_id=request_id(), login_name=name, password=ANOTHER)
    )


@pytest.mark.capability("000.1")
def test_nobody_gets_a_login_of_a_registration_that_is_merged(running: Component, clerk: Any) -> None:
    one, two = (register(clerk, number()).resident_id for _ in range(2))
    merged(running, two, one)

    with refused("MERGED_REGISTRATION"):
        invite(clerk, two)
    with refused("MERGED_REGISTRATION"):
        create_login(operator_of(running), two)


def test_an_invitation_from_before_a_merger_opens_nothing(running: Component, clerk: Any) -> None:
    one, two = (register(clerk, number()).resident_id for _ in range(2))
    code = invite(clerk, two).invitation_code

    merged(running, two, one)

    with refused("INVITATION_REFUSED"):
        accept(running, code)
    approve(
        as_role(running, "GRID_WORKER", "la", subject="li"),
        unmerge(as_role(running, "GRID_WORKER", "la", subject="wu"), two),
    )
    assert accept(running, code).resident_id == two


def test_a_login_of_the_survivor_takes_reach_over_all_registrations(running: Component, clerk: Any) -> None:
    one = register(clerk, number()).resident_id
    two = register(operator_of(running), number(), area_id="birch").resident_id
    merged(running, two, one)

    with refused("OUT_OF_REACH"):
        invite(clerk, one)
    with refused("OUT_OF_REACH"):
        create_login(as_role(running, "OPERATOR", "la/willow"), one)
    create_login(operator_of(running), one)


def test_a_password_of_a_merged_login_takes_reach_over_the_survivor(running: Component) -> None:
    two, name = someone(running)
    one = register(operator_of(running), number(), area_id="birch").resident_id
    nearby = as_role(running, "OPERATOR", "la/willow")
    set_password(nearby, name)

    merged(running, two, one)

    with refused("OUT_OF_REACH"):
        set_password(nearby, name)
    set_password(operator_of(running), name)


def recoverable(running: Component, messages: Path) -> tuple[str, str, str]:
    """Somebody who logs in and recovers by e-mail: their id, login name and address."""
    party_id, name = someone(running)
    email = f"{number()}@example.org"
    confirm(running, name, proof(running, messages, CONFIRM, email))
    return party_id, name, email


def test_the_survivor_recovers_the_logins_of_every_registration(running: Component, messages: Path) -> None:
    one, name, email = recoverable(running, messages)
    two, stolen = someone(running)
    merged(running, two, one)
    thief = log_in(running, stolen, PASSWORD)

    recover(running, proof(running, messages, RECOVER, email, count=2))

    with refused("TOKEN_REVOKED"):
        thief.list_consents(pb.ListConsentsRequest())
    for each in (name, stolen):
        with refused("CREDENTIALS_REFUSED"):
            log_in(running, each, PASSWORD)
        log_in(running, each, ANOTHER)


def test_the_address_of_a_merged_registration_recovers_no_office(running: Component, messages: Path) -> None:
    two, name, email = recoverable(running, messages)
    one, of_office = someone(running)
    merged(running, two, one)
    grant(operator_of(running), one, "CASE_OFFICER", "willow")

    recover(running, proof(running, messages, RECOVER, email, count=2))

    log_in(running, name, ANOTHER)
    log_in(running, of_office, PASSWORD)
