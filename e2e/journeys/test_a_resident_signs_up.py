"""Somebody signs up by a code, reports a burst pipe, forgets the password, and gets in again by themself."""

import re

from linli.cases.v1 import cases_service_pb2 as cases
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds

from e2e.city.platform import City, until_known
from e2e.journeys.town import ELM, PATHS, Town, new_id, refusal, report
from libs.rpc.credentials import Token
from libs.testkit.eventually import eventually

PASSWORD, ANOTHER = "a password of my own", "another password"
MAILBOX, NAME = "mei.lan@example.org", "mei.lan"


def received(town: Town, count: int) -> str:
    """The code in the last of so many messages to Mei: `linli up` writes them into its data folder."""

    def look() -> str:
        files = sorted((town.platform.data / "messages").glob("*.txt"))
        mine = [text for text in (file.read_text("utf-8") for file in files) if MAILBOX in text]
        assert len(mine) == count
        [code] = re.findall(r"\d{4} \d{4}", mine[-1])
        return str(code)

    return eventually(look, "the message is there", seconds=20)


def proof(town: Town, purpose: kinds.CodePurpose.ValueType, count: int) -> identity.CodeProof:
    """A code for Mei, as she asked for it and received it."""
    asking = identity.RequestCodeRequest(request_id=new_id(), purpose=purpose, email=MAILBOX)
    asked = town.anyone(Token()).identity.request_code(asking)
    return identity.CodeProof(code_id=asked.code_id, email=MAILBOX, code=received(town, count))


def with_password(town: Town, password: str) -> City:
    """Mei, who has logged in."""
    asking = identity.LoginRequest(login_name=NAME, password=password)
    return town.anyone(Token(town.anyone(Token()).identity.login(asking).token.access_token))


def test_a_resident_signs_up_reports_and_recovers_by_themself(town: Town) -> None:
    nobody = town.anyone(Token()).identity
    signing_up = identity.SignUpRequest(
        request_id=new_id(),
        proof=proof(town, kinds.CODE_PURPOSE_SIGN_UP, 1),
        name="梅兰",
        area_id=ELM,
        login_name=NAME,
        password=PASSWORD,
    )
    joined = nobody.sign_up(signing_up)
    mei = with_password(town, PASSWORD)

    opened = until_known(mei.cases.open_case, report(reporter_id=joined.resident_id))
    mine = mei.cases.list_my_cases(cases.ListMyCasesRequest(at_least=opened.revision)).cases
    assert [each.case_id for each in mine] == [opened.case.case_id]
    assert opened.case.area_path == PATHS[ELM]

    recovering = identity.RecoverLoginRequest(
        request_id=new_id(), proof=proof(town, kinds.CODE_PURPOSE_RECOVER, 2), new_password=ANOTHER
    )
    nobody.recover_login(recovering)

    assert refusal(mei.identity.list_notices, identity.ListNoticesRequest()) == "TOKEN_REVOKED"
    again = with_password(town, ANOTHER)
    assert [each.case_id for each in again.cases.list_my_cases(cases.ListMyCasesRequest()).cases] == [
        opened.case.case_id
    ]

    asking = identity.LoginByCodeRequest(proof=proof(town, kinds.CODE_PURPOSE_LOG_IN, 3))
    by_code = town.anyone(Token(nobody.login_by_code(asking).token.access_token))
    by_code.identity.list_notices(identity.ListNoticesRequest())
    assert refusal(nobody.login_by_code, asking) == "CODE_REFUSED"


def test_who_was_registered_at_a_counter_gets_in_by_an_invitation(town: Town) -> None:
    worker = town.person("GRID_WORKER", "wei", area=ELM).identity
    key = kinds.NaturalKey(kind=kinds.KEY_KIND_NATIONAL_ID, value="11010519491231002X")
    registering = identity.RegisterResidentRequest(
        request_id=new_id(), natural_key=key, name="老李", area_id=ELM
    )
    old_li = worker.register_resident(registering).resident_id
    invited = worker.invite_resident(identity.InviteResidentRequest(request_id=new_id(), resident_id=old_li))
    accepting = identity.AcceptInvitationRequest(
        request_id=new_id(),
        invitation_code=invited.invitation_code,
        login_name="old.li",
        password=PASSWORD,
    )

    nobody = town.anyone(Token()).identity
    accepted = nobody.accept_invitation(accepting)

    logged_in = nobody.login(identity.LoginRequest(login_name="old.li", password=PASSWORD)).token
    assert (accepted.resident_id, logged_in.subject_id) == (old_li, old_li)
    again = identity.AcceptInvitationRequest(
        request_id=new_id(),
        invitation_code=invited.invitation_code,
        login_name="not.old.li",
        password=PASSWORD,
    )
    assert refusal(nobody.accept_invitation, again) == "INVITATION_REFUSED"
