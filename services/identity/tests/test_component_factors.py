"""Second factors over the real wire: set up, asked for, used once, lost, and demanded of staff."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.rpc.credentials import Token
from libs.rules import totp
from libs.testkit.component import Component, component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from services.identity.tests.test_component import (
    DESCRIPTOR,
    ENVIRON,
    SECRET,
    as_role,
    define,
    grant,
    nobody,
    operator_of,
    refused,
    register,
    with_login,
)
from services.identity.tests.test_component_joining import CONFIRM as CONFIRM_ADDRESS
from services.identity.tests.test_component_joining import LOG_IN, confirm, proof
from services.identity.tests.test_component_mergers import approve as approve_merger
from services.identity.tests.test_component_mergers import merge
from services.identity.tests.test_component_rights import at_machine, nominate
from services.identity.wiring import SERVICE

request_id = Ids("identity factors")
number = Ids("people with factors")
login_name = Ids("logins with factors")
PASSWORD = "a password of my own"


@pytest.fixture(scope="module", name="messages")
def _messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("told") / "messages"


@pytest.fixture(scope="module", name="running")
def _running(postgres_server: TestServer, messages: Path) -> Iterator[Component]:
    environ = {**ENVIRON, "LINLI_IDENTITY_MESSAGES": str(messages)}
    with component(postgres_server, SERVICE, environ) as service:
        found(service)
        yield service


def found(running: Component) -> None:
    stub = operator_of(running)
    define(stub, "la", "", types.AREA_LEVEL_CITY)
    define(stub, "willow", "la", types.AREA_LEVEL_COMMUNITY)


class App:
    """An authenticator app, whose clock may be ahead by a step: it shows no digits twice."""

    def __init__(self, secret: str) -> None:
        self._secret = base64.b32decode(secret)
        self._next = 0

    def shows(self) -> str:
        self._next = max(self._next, totp.step_of(datetime.now(UTC)))
        digits = totp.code_at(self._secret, self._next)
        self._next += 1
        return digits


def someone(running: Component) -> tuple[str, str]:
    """Somebody who logs in: their id, and the name."""
    name = login_name()
    return with_login(operator_of(running), number(), name, PASSWORD), name


def enrol(running: Component, name: str, second_factor: str = "") -> Any:
    return nobody(running).enrol_second_factor(
        pb.EnrolSecondFactorRequest(
            request_id=request_id(), login_name=name, password=PASSWORD, second_factor=second_factor
        )
    )


def confirmed(running: Component, name: str, app: App) -> list[str]:
    """The recovery codes."""
    answer = nobody(running).confirm_second_factor(
        pb.ConfirmSecondFactorRequest(
            request_id=request_id(), login_name=name, password=PASSWORD, digits=app.shows()
        )
    )
    return list(answer.recovery_codes)


def log_in(running: Component, name: str, second_factor: str = "") -> Any:
    asking = pb.LoginRequest(login_name=name, password=PASSWORD, second_factor=second_factor)
    token = nobody(running).login(asking).token.access_token
    return running.client(Token(token)).service(DESCRIPTOR)


def with_app(running: Component) -> tuple[str, str, App, list[str]]:
    """Somebody with an app: their id, their login name, the app, and the recovery codes."""
    party_id, name = someone(running)
    app = App(enrol(running, name).secret)
    return party_id, name, app, confirmed(running, name, app)


def test_who_set_up_an_app_logs_in_with_its_digits_each_once(running: Component) -> None:
    _, name, app, codes = with_app(running)
    digits = app.shows()

    with refused("SECOND_FACTOR_NEEDED"):
        log_in(running, name)
    log_in(running, name, f"{digits[:3]} {digits[3:]}")

    with refused("SECOND_FACTOR_REFUSED"):
        log_in(running, name, digits)
    assert len(set(codes)) == 10
    log_in(running, name, codes[3].upper())
    with refused("SECOND_FACTOR_REFUSED"):
        log_in(running, name, codes[3])


def test_until_the_app_has_shown_digits_nothing_is_asked_for(running: Component) -> None:
    _, name = someone(running)
    offered = enrol(running, name)

    log_in(running, name)

    assert offered.secret in offered.otpauth_url
    wrong = App(base64.b32encode(b"another secret, of 20").decode())
    with refused("SECOND_FACTOR_REFUSED"):
        confirmed(running, name, wrong)


def test_who_has_a_wrong_password_learns_nothing_of_a_second_factor(running: Component) -> None:
    _, name, *_ = with_app(running)

    with refused("CREDENTIALS_REFUSED"):
        nobody(running).login(pb.LoginRequest(login_name=name, password="not the password"))


def test_a_new_app_takes_the_old_one(running: Component) -> None:
    _, name, app, codes = with_app(running)

    with refused("SECOND_FACTOR_NEEDED"):
        enrol(running, name)
    new = App(enrol(running, name, app.shows()).secret)
    confirmed(running, name, new)

    log_in(running, name, new.shows())
    with refused("SECOND_FACTOR_REFUSED"):
        log_in(running, name, codes[0])


def test_a_login_that_was_merged_sets_up_no_app_in_place_of_the_survivors(running: Component) -> None:
    survivor_id, _, app, _ = with_app(running)
    merged_id, leaked = someone(running)
    proposed = merge(as_role(running, "GRID_WORKER", "la", subject="wu"), merged_id, survivor_id)
    approve_merger(as_role(running, "GRID_WORKER", "la", subject="li"), proposed)

    with refused("SECOND_FACTOR_NEEDED"):
        log_in(running, leaked)
    with refused("SECOND_FACTOR_NEEDED"):
        enrol(running, leaked)
    log_in(running, leaked, app.shows())


def test_an_app_of_a_merged_login_from_before_counts_for_nothing(running: Component) -> None:
    survivor_id, _, app, _ = with_app(running)
    merged_id, leaked, of_thief, _ = with_app(running)
    proposed = merge(as_role(running, "GRID_WORKER", "la", subject="wu"), merged_id, survivor_id)
    approve_merger(as_role(running, "GRID_WORKER", "la", subject="li"), proposed)

    with refused("SECOND_FACTOR_REFUSED"):
        log_in(running, leaked, of_thief.shows())
    log_in(running, leaked, app.shows())


def test_ten_wrong_guesses_close_it_for_right_ones_too(running: Component) -> None:
    _, name, app, codes = with_app(running)

    for _ in range(10):
        with refused("SECOND_FACTOR_REFUSED"):
            log_in(running, name, "000000")

    for shown in (app.shows(), codes[0]):
        with refused("SECOND_FACTOR_CLOSED") as failed:
            log_in(running, name, shown)
    assert failed.value.retry_after


def propose(stub: Any, party_id: str) -> str:
    request = pb.ProposeFactorResetRequest(
        request_id=request_id(), party_id=party_id, reason="the telephone fell into the river"
    )
    return str(stub.propose_factor_reset(request).reset_id)


def approve(stub: Any, reset_id: str) -> None:
    stub.approve_factor_reset(pb.ApproveFactorResetRequest(request_id=request_id(), reset_id=reset_id))


@pytest.fixture(scope="module", name="second")
def _second(running: Component) -> Any:
    """The second operator: whoever is at the machine approves while there is only one."""
    party_id, name = someone(running)
    proposal = nominate(operator_of(running), party_id)
    at_machine(running, proposal.nomination_id)
    return log_in(running, name)


def test_a_lost_one_is_taken_away_by_two_persons(running: Component, second: Any) -> None:
    party_id, name, app, _ = with_app(running)
    first = operator_of(running)
    grant(first, party_id, "CASE_OFFICER", "willow")
    before = log_in(running, name, app.shows())

    reset_id = propose(first, party_id)
    with refused("SECOND_PERSON_NEEDED"):
        approve(first, reset_id)
    with refused("SECOND_FACTOR_NEEDED"):
        log_in(running, name)
    approve(second, reset_id)

    log_in(running, name).list_areas(pb.ListAreasRequest())
    with refused("TOKEN_REVOKED"):
        before.list_areas(pb.ListAreasRequest())
    with refused("FACTOR_RESET_ENDED"):
        approve(second, reset_id)


def test_who_could_not_grant_what_they_may_do_proposes_nothing(running: Component) -> None:
    party_id, *_ = with_app(running)
    grant(operator_of(running), party_id, "CASE_OFFICER", "willow")

    with refused("ROLE_NOT_YOURS_TO_GRANT"):  # by the token only, and not by the ledger
        propose(as_role(running, "OPERATOR", subject="somebody-whose-role-ended"), party_id)
    with refused("OUT_OF_REACH"):
        propose(as_role(running, "OPERATOR", "elsewhere"), party_id)
    with refused("SCOPE_MISSING"):
        propose(as_role(running, "GRID_WORKER", "la/willow"), party_id)
    nobodys = register(operator_of(running), number()).resident_id
    with refused("NO_SECOND_FACTOR"):
        propose(operator_of(running), nobodys)


def test_a_code_takes_the_second_factor_too_and_is_not_lost_without(
    running: Component, messages: Path
) -> None:
    _, name, app, codes = with_app(running)
    email = f"{number()}@example.org"
    mine = proof(running, messages, CONFIRM_ADDRESS, email)
    with refused("SECOND_FACTOR_NEEDED"):
        confirm(running, name, mine)
    confirm(running, name, mine, second_factor=codes[0])
    proven = proof(running, messages, LOG_IN, email, count=2)

    with refused("SECOND_FACTOR_NEEDED"):
        nobody(running).login_by_code(pb.LoginByCodeRequest(proof=proven))
    nobody(running).login_by_code(pb.LoginByCodeRequest(proof=proven, second_factor=app.shows()))


def test_no_secret_and_no_recovery_code_is_in_the_ledger(running: Component) -> None:
    _, name = someone(running)
    secret = enrol(running, name).secret
    codes = confirmed(running, name, App(secret))

    with running.opened.ledger.connection() as connection:
        rows = connection.execute("SELECT state FROM stored_events").fetchall()
    stored = b"".join(bytes(row["state"]) for row in rows)

    for each in (secret.encode(), base64.b32decode(secret), *(code.encode() for code in codes)):
        assert each not in stored


def test_staff_need_one_where_the_operator_says_so(postgres_server: TestServer) -> None:
    environ = {**ENVIRON, "LINLI_IDENTITY_SECOND_FACTOR": "yes"}
    with component(postgres_server, SERVICE, environ) as strict:
        with refused("SECOND_FACTOR_TO_BE_SET_UP"):
            operator_of(strict)
        asking = pb.EnrolSecondFactorRequest(request_id=request_id(), login_name="developer", password=SECRET)
        app = App(nobody(strict).enrol_second_factor(asking).secret)
        confirming = pb.ConfirmSecondFactorRequest(
            request_id=request_id(), login_name="developer", password=SECRET, digits=app.shows()
        )
        nobody(strict).confirm_second_factor(confirming)

        token = nobody(strict).login(
            pb.LoginRequest(login_name="developer", password=SECRET, second_factor=app.shows())
        )
        stub = strict.client(Token(token.token.access_token)).service(DESCRIPTOR)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "willow", "la", types.AREA_LEVEL_COMMUNITY)
        name = login_name()
        resident = with_login(stub, number(), name, PASSWORD)
        grant(stub, resident, "RESIDENT", "willow")
        log_in(strict, name)  # no staff, and so without

        said = strict.opened.parts.by_hand["remove-second-factor"]({"login": "developer"})
        assert "asked for no more" in said
        with refused("SECOND_FACTOR_TO_BE_SET_UP"):
            operator_of(strict)
