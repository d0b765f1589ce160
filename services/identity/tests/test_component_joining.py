"""Joining over the real wire: codes that come as messages, sign-up, invitations, recovery."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.rpc.credentials import Token
from libs.rpc.failures import RpcFailed
from libs.testkit.component import Component, component
from libs.testkit.eventually import eventually
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.domain.code import CodeNotSent
from services.identity.tests.test_component import (
    DESCRIPTOR,
    ENVIRON,
    as_role,
    define,
    grant,
    log_in,
    nobody,
    operator_of,
    refused,
    register,
    with_login,
)
from services.identity.wiring import SERVICE

request_id = Ids("identity joining")
mailbox = Ids("mailboxes")
login_name = Ids("joiners")
number = Ids("joining residents")
PASSWORD = "a password of my own"
ANOTHER = "another password"
SIGN_UP, LOG_IN = types.CODE_PURPOSE_SIGN_UP, types.CODE_PURPOSE_LOG_IN
RECOVER, CONFIRM = types.CODE_PURPOSE_RECOVER, types.CODE_PURPOSE_CONFIRM


@pytest.fixture(scope="module", name="messages")
def _messages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("told") / "messages"


@pytest.fixture(scope="module", name="running")
def _running(postgres_server: TestServer, messages: Path) -> Iterator[Component]:
    environ = {"LINLI_IDENTITY_SIGN_UP": "yes", "LINLI_IDENTITY_MESSAGES": str(messages)}
    with component(postgres_server, SERVICE, {**ENVIRON, **environ}) as service:
        stub = operator_of(service)
        define(stub, "la", "", types.AREA_LEVEL_CITY)
        define(stub, "willow", "la", types.AREA_LEVEL_COMMUNITY)
        define(stub, "birch", "la", types.AREA_LEVEL_COMMUNITY)
        yield service


def an_address() -> str:
    return f"{mailbox()}@example.org"


def asked(running: Component, purpose: Any, **address: Any) -> str:
    """The id of a code."""
    request = pb.RequestCodeRequest(request_id=request_id(), purpose=purpose, **address)
    return str(nobody(running).request_code(request).code_id)


def told(messages: Path, address: str, count: int = 1) -> str:
    """The code in the last of so many messages to an address."""

    def look() -> str:
        texts = [file.read_text("utf-8") for file in sorted(messages.glob("*.txt"))]
        mine = [text for text in texts if text.startswith(f"To: {address}\n")]
        assert len(mine) == count
        [digits, *_] = re.findall(r"\d{4} \d{4}", mine[-1])
        return str(digits)

    return eventually(look, f"{count} messages to {address}", seconds=20)


def proof(running: Component, messages: Path, purpose: Any, email: str, count: int = 1) -> pb.CodeProof:
    """A code, as it was asked for and received."""
    code_id = asked(running, purpose, email=email)
    return pb.CodeProof(code_id=code_id, email=email, code=told(messages, email, count))


def sign_up(running: Component, proven: pb.CodeProof, **more: str) -> Any:
    fields = {"name": "Mei Lan", "area_id": "willow", "login_name": login_name(), "password": PASSWORD}
    request = pb.SignUpRequest(request_id=request_id(), proof=proven)
    for name, value in (fields | more).items():
        setattr(request, name, value)
    return nobody(running).sign_up(request)


def by_code(running: Component, proven: pb.CodeProof) -> Any:
    token = nobody(running).login_by_code(pb.LoginByCodeRequest(proof=proven)).token.access_token
    return running.client(Token(token)).service(DESCRIPTOR)


def someone(running: Component, messages: Path) -> tuple[str, str, str]:
    """Somebody who signed up: their id, address and login name."""
    email, name = an_address(), login_name()
    joined = sign_up(running, proof(running, messages, SIGN_UP, email), login_name=name)
    return str(joined.resident_id), email, name


def test_a_resident_signs_up_by_e_mail_and_logs_in(running: Component, messages: Path) -> None:
    resident_id, _, name = someone(running, messages)

    mei = log_in(running, name, PASSWORD)

    assert mei.list_notices(pb.ListNoticesRequest()).notices == []
    listed = operator_of(running).list_roles(pb.ListRolesRequest(filter=f'party_id = "{resident_id}"'))
    assert [(each.role, each.area_path) for each in listed.grants] == [(1, "la/willow")]


def test_a_resident_signs_up_by_phone_and_is_the_one_with_that_number(
    running: Component, messages: Path
) -> None:
    phone = "+8613800138000"
    code_id = asked(running, SIGN_UP, phone=phone, language=types.NOTICE_LANGUAGE_EN)
    proven = pb.CodeProof(code_id=code_id, phone=phone, code=told(messages, phone))

    joined = sign_up(running, proven)

    key = types.NaturalKey(kind=types.KEY_KIND_PHONE, value="+86 138-0013-8000")
    again = operator_of(running).register_resident(
        pb.RegisterResidentRequest(request_id=request_id(), natural_key=key, name="梅兰", area_id="willow")
    )
    assert (again.existing, again.resident_id) == (True, joined.resident_id)


def test_an_answer_does_not_tell_whether_an_address_is_known(running: Component, messages: Path) -> None:
    _, known, _ = someone(running, messages)

    def answer(email: str, purpose: Any) -> list[str]:
        request = pb.RequestCodeRequest(request_id=request_id(), purpose=purpose, email=email)
        given = nobody(running).request_code(request)
        return sorted(field.name for field, _ in given.ListFields())

    for purpose in (SIGN_UP, LOG_IN, RECOVER, CONFIRM):
        assert answer(known, purpose) == answer(an_address(), purpose)


def test_a_code_for_those_who_are_known_goes_to_nobody_else(running: Component, messages: Path) -> None:
    stranger = an_address()
    code_id = asked(running, LOG_IN, email=stranger)

    eventually(lambda: _settled(running, code_id), "the code is settled", seconds=20)
    assert not any(stranger in file.read_text("utf-8") for file in messages.glob("*.txt"))


def _settled(running: Component, code_id: str) -> bool:
    events = [each.event for each in running.opened.ledger.read(limit=100_000)]
    return any(isinstance(each, CodeNotSent) and each.code_id == code_id for each in events)


def test_a_repeated_sign_up_gets_its_answer_and_a_used_code_opens_nothing(
    running: Component, messages: Path
) -> None:
    proven, name = proof(running, messages, SIGN_UP, an_address()), login_name()
    request = pb.SignUpRequest(
        request_id=request_id(),
        proof=proven,
        name="Mei Lan",
        area_id="willow",
        login_name=name,
        password=PASSWORD,
    )

    first, again = nobody(running).sign_up(request), nobody(running).sign_up(request)

    assert (first.resident_id, first.login_id) == (again.resident_id, again.login_id)
    with refused("ALREADY_REGISTERED"):
        sign_up(running, proof(running, messages, SIGN_UP, proven.email, count=2))
    with refused("CODE_REFUSED"):
        sign_up(running, proven)


def test_of_many_who_use_one_code_at_once_one_signs_up(running: Component, messages: Path) -> None:
    proven = proof(running, messages, SIGN_UP, an_address())

    def tried(_: int) -> str:
        try:
            return str(sign_up(running, proven).resident_id)
        except RpcFailed as failed:
            return failed.reason

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(tried, range(8)))

    joined = [each for each in answers if not each.isupper()]
    assert len(joined) == 1
    reasons = {"CODE_REFUSED", "ALREADY_REGISTERED", "LOGINS_BUSY", "TOO_MANY_ATTEMPTS", "CONCURRENT_CHANGE"}
    assert set(answers) - set(joined) <= reasons


def test_five_wrong_guesses_end_a_code(running: Component, messages: Path) -> None:
    proven = proof(running, messages, SIGN_UP, an_address())
    wrong = pb.CodeProof(code_id=proven.code_id, email=proven.email, code="0000 0000")

    for _ in range(5):
        with refused("CODE_REFUSED") as failed:
            sign_up(running, wrong)
    assert failed.value.code is grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(RpcFailed) as failed:
        sign_up(running, proven)
    assert failed.value.reason in {"TOO_MANY_ATTEMPTS", "CODE_REFUSED"}  # by how fast this was


def test_a_login_name_that_is_taken_costs_a_try(running: Component, messages: Path) -> None:
    *_, taken = someone(running, messages)
    proven = proof(running, messages, SIGN_UP, an_address())

    for _ in range(5):
        with refused("LOGIN_NAME_TAKEN"):
            sign_up(running, proven, login_name=taken)
    with refused("CODE_REFUSED"):
        sign_up(running, proven)


def test_sixth_code_in_an_hour_is_refused(running: Component) -> None:
    email = an_address()
    for _ in range(5):
        asked(running, SIGN_UP, email=email)

    with refused("TOO_MANY_CODES") as failed:
        asked(running, SIGN_UP, email=email)
    assert failed.value.retry_after


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ({"email": "mei@example"}, "EMAIL_UNFIT"),
        ({"email": "mei@example.org\nBcc: x@example.org"}, "INVALID_REQUEST"),
        ({"phone": "12345"}, "PHONE_UNFIT"),
        ({}, "INVALID_REQUEST"),
        ({"email": "mei@example.org", "phone": "+8613800138000"}, "INVALID_REQUEST"),
    ],
)
def test_an_address_that_is_none_gets_no_code(running: Component, address: Any, reason: str) -> None:
    with pytest.raises(RpcFailed) as failed:
        asked(running, SIGN_UP, **address)

    assert failed.value.reason in {reason, "EMAIL_UNFIT"}


def test_no_code_and_no_address_is_in_the_ledger_in_clear(running: Component, messages: Path) -> None:
    email = an_address()
    code = told(messages, email) if asked(running, SIGN_UP, email=email) else ""

    with running.opened.ledger.connection() as connection:
        rows = connection.execute("SELECT state FROM stored_events").fetchall()
    stored = b"".join(bytes(row["state"]) for row in rows)

    assert email.encode() not in stored
    assert code.replace(" ", "").encode() not in stored


# invitations


def invite(stub: Any, resident_id: str, **more: str) -> Any:
    request = pb.InviteResidentRequest(
        request_id=more.get("request_id") or request_id(), resident_id=resident_id
    )
    return stub.invite_resident(request)


def accept(running: Component, code: str, name: str = "") -> Any:
    request = pb.AcceptInvitationRequest(
        request_id=request_id(),
        invitation_code=code,
        login_name=name or login_name(),
        password=PASSWORD,
    )
    return nobody(running).accept_invitation(request)


@pytest.fixture(name="worker")
def _worker(running: Component) -> Any:
    return as_role(running, "GRID_WORKER", "la/willow", subject="wei")


def test_who_was_registered_at_a_counter_is_invited_and_logs_in(running: Component, worker: Any) -> None:
    resident_id = register(worker, number()).resident_id
    code, name = invite(worker, resident_id).invitation_code, login_name()

    joined = accept(running, code.lower().replace("-", " "), name)

    assert joined.resident_id == resident_id
    log_in(running, name, PASSWORD).list_notices(pb.ListNoticesRequest())
    with refused("INVITATION_REFUSED"):
        accept(running, code)
    with refused("LOGIN_EXISTS"):
        invite(worker, resident_id)


def test_a_repeated_request_gets_the_same_invitation(running: Component, worker: Any) -> None:
    resident_id, same = register(worker, number()).resident_id, request_id()

    first = invite(worker, resident_id, request_id=same)
    again = invite(worker, resident_id, request_id=same)

    assert (first.invitation_code, first.expire_time) == (again.invitation_code, again.expire_time)
    assert invite(worker, resident_id).invitation_code != first.invitation_code


def test_nobody_is_invited_beyond_reach_or_who_may_do_more(running: Component, worker: Any) -> None:
    elsewhere = register(operator_of(running), number(), area_id="birch").resident_id
    officer = register(worker, number()).resident_id
    grant(operator_of(running), officer, "CASE_OFFICER", "willow")

    with refused("OUT_OF_REACH"):
        invite(worker, elsewhere)
    with refused("ROLE_NOT_YOURS_TO_GRANT"):
        invite(worker, officer)


def test_an_invitation_does_not_lead_to_a_role_that_was_given_since(running: Component, worker: Any) -> None:
    """Else whoever made it could keep the code, and act as an officer later."""
    resident_id = register(worker, number()).resident_id
    code = invite(worker, resident_id).invitation_code
    grant(operator_of(running), resident_id, "CASE_OFFICER", "willow")

    with refused("INVITATION_REFUSED"):
        accept(running, code)


def test_a_new_invitation_takes_the_place_of_the_one_before(running: Component, worker: Any) -> None:
    """So one that was lost, or given to the wrong person, is taken back by another."""
    resident_id = register(worker, number()).resident_id
    lost, given = (invite(worker, resident_id).invitation_code for _ in range(2))

    with refused("INVITATION_REFUSED"):
        accept(running, lost)

    assert accept(running, given).resident_id == resident_id


def test_a_repeated_acceptance_gets_its_answer(running: Component, worker: Any) -> None:
    resident_id = register(worker, number()).resident_id
    accepting = pb.AcceptInvitationRequest(
        request_id=request_id(),
        invitation_code=invite(worker, resident_id).invitation_code,
        login_name=login_name(),
        password=PASSWORD,
    )

    first, again = (nobody(running).accept_invitation(accepting) for _ in range(2))

    assert (first.resident_id, first.login_id) == (again.resident_id, again.login_id)


def test_an_invitation_does_not_tell_which_of_many_login_names_are_taken(
    running: Component, worker: Any, messages: Path
) -> None:
    *_, taken = someone(running, messages)
    code = invite(worker, register(worker, number()).resident_id).invitation_code

    for _ in range(5):
        with refused("LOGIN_NAME_TAKEN"):
            accept(running, code, taken)
    with refused("INVITATION_REFUSED"):
        accept(running, code, taken)
    with refused("INVITATION_REFUSED"):
        accept(running, code)


# confirmed addresses


def test_who_confirmed_an_address_logs_in_by_code_once(running: Component, messages: Path) -> None:
    _, email, _ = someone(running, messages)
    proven = proof(running, messages, LOG_IN, email, count=2)

    by_code(running, proven).list_notices(pb.ListNoticesRequest())

    with refused("CODE_REFUSED"):
        by_code(running, proven)


def test_a_code_for_one_thing_opens_no_other(running: Component, messages: Path) -> None:
    _, email, _ = someone(running, messages)
    proven = proof(running, messages, LOG_IN, email, count=2)

    with refused("CODE_REFUSED"):
        recover(running, proven)


def recover(running: Component, proven: pb.CodeProof, password: str = ANOTHER) -> Any:
    return nobody(running).recover_login(
        pb.RecoverLoginRequest(request_id=request_id(), proof=proven, new_password=password)
    )


def test_a_forgotten_password_is_replaced_without_an_operator(running: Component, messages: Path) -> None:
    _, email, name = someone(running, messages)
    before = log_in(running, name, PASSWORD)

    recover(running, proof(running, messages, RECOVER, email, count=2))

    with refused("TOKEN_REVOKED"):
        before.list_notices(pb.ListNoticesRequest())
    with refused("CREDENTIALS_REFUSED"):
        log_in(running, name, PASSWORD)
    log_in(running, name, ANOTHER).list_notices(pb.ListNoticesRequest())


def confirm(
    running: Component,
    name: str,
    proven: pb.CodeProof,
    password: str = PASSWORD,
    *,
    second_factor: str = "",
) -> Any:
    return nobody(running).confirm_address(
        pb.ConfirmAddressRequest(
            request_id=request_id(),
            login_name=name,
            password=password,
            proof=proven,
            second_factor=second_factor,
        )
    )


def test_an_address_is_confirmed_by_password_and_code_and_replaces_the_one_before(
    running: Component, messages: Path
) -> None:
    _, old, name = someone(running, messages)
    new = an_address()
    proven = proof(running, messages, CONFIRM, new)
    with refused("CREDENTIALS_REFUSED"):
        confirm(running, name, proven, "not the password")

    confirm(running, name, proven)

    by_code(running, proof(running, messages, LOG_IN, new, count=2))
    gone = asked(running, LOG_IN, email=old)
    eventually(lambda: _settled(running, gone), "nobody has the old address", seconds=20)


def test_the_address_that_was_replaced_is_told_whatever_it_had_asked_for(
    running: Component, messages: Path
) -> None:
    _, old, name = someone(running, messages)
    for _ in range(4):
        asked(running, SIGN_UP, email=old)
    proven = proof(running, messages, CONFIRM, an_address())

    confirm(running, name, proven)

    def warned() -> bool:
        texts = [file.read_text("utf-8") for file in messages.glob("*.txt")]
        return any(text.startswith(f"To: {old}\n") and "已更换" in text for text in texts)

    eventually(warned, "the old address is told", seconds=20)


def test_an_address_of_another_person_is_not_confirmed(running: Component, messages: Path) -> None:
    _, theirs, _ = someone(running, messages)
    *_, name = someone(running, messages)

    with refused("ADDRESS_TAKEN"):
        confirm(running, name, proof(running, messages, CONFIRM, theirs, count=2))


def test_a_code_is_not_enough_for_whoever_runs_the_platform(running: Component, messages: Path) -> None:
    email = an_address()
    confirm(running, "developer", proof(running, messages, CONFIRM, email), ENVIRON_PASSWORD)

    with refused("CODE_NOT_ENOUGH"):
        by_code(running, proof(running, messages, LOG_IN, email, count=2))
    with refused("CODE_NOT_ENOUGH"):
        recover(running, proof(running, messages, RECOVER, email, count=3))


ENVIRON_PASSWORD = ENVIRON["LINLI_IDENTITY_DEVELOPER_PASSWORD"]


def test_an_erased_person_frees_their_address(running: Component, messages: Path) -> None:
    resident_id, email, _ = someone(running, messages)
    officer = as_role(running, "DATA_PROTECTION_OFFICER")
    officer.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=resident_id, reason="asked for it")
    )

    again = sign_up(running, proof(running, messages, SIGN_UP, email, count=2))

    assert again.resident_id != resident_id


def test_who_has_a_login_from_an_operator_confirms_an_address(running: Component, messages: Path) -> None:
    name, email = login_name(), an_address()
    with_login(operator_of(running), number(), name, PASSWORD)
    confirm(running, name, proof(running, messages, CONFIRM, email))

    recover(running, proof(running, messages, RECOVER, email, count=2))

    log_in(running, name, ANOTHER)


def test_views_of_joining_rebuilt_are_those_that_live(running: Component) -> None:
    assert_rebuilt_equals_live(running.opened.ledger, SERVICE.views)


def test_where_sign_up_is_closed_nobody_signs_up(postgres_server: TestServer, tmp_path: Path) -> None:
    told = {"LINLI_IDENTITY_MESSAGES": str(tmp_path)}
    with component(postgres_server, SERVICE, {**ENVIRON, **told}) as closed:
        with refused("SIGN_UP_CLOSED"):
            asked(closed, SIGN_UP, email=an_address())
        asked(closed, LOG_IN, email=an_address())


def test_without_a_channel_there_are_no_codes(postgres_server: TestServer) -> None:
    environ = {**ENVIRON, "LINLI_IDENTITY_SIGN_UP": "yes"}
    with component(postgres_server, SERVICE, environ) as silent, refused("CHANNEL_NOT_OFFERED"):
        asked(silent, SIGN_UP, email=an_address())
