"""A consent is proposed, read out, confirmed and acted by, over the real wire."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from linli.acting.v1 import acting_service_pb2 as acting
from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types

from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.revision import Revision
from libs.notify.tests.sms_gateway import SECRET, SmsGateway, sms_gateway
from libs.rpc.moments import stamp
from libs.testkit.component import Component
from libs.testkit.ids import Ids
from libs.testkit.postgres import TestServer
from libs.testkit.rpc import Mint
from libs.testkit.views import assert_rebuilt_equals_live
from services.identity.domain.consent.decide import WRONG_CODES
from services.identity.domain.consent_codes import MOST
from services.identity.tests.test_component import (
    DESCRIPTOR,
    KEY,
    as_role,
    define,
    grant,
    operator_of,
    refused,
    register,
)
from services.identity.tests.test_component_households import build, form
from services.identity.tests.test_mail import willow
from services.identity.wiring import SERVICE

ACTING = acting.DESCRIPTOR.services_by_name["ActingService"]
HERE = "la/willow"
PHONE = "+8613800138000"
request_id, number = Ids("consents"), Ids("people of consents")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmsGateway]:
    with sms_gateway(tmp_path_factory.mktemp("sms")) as running:
        yield running


@pytest.fixture(autouse=True)
def takes_everything(gateway: SmsGateway) -> None:
    gateway.status = 200
    gateway.got.clear()


@pytest.fixture(scope="module")
def running(postgres_server: TestServer, gateway: SmsGateway) -> Iterator[Component]:
    environ = {
        "LINLI_IDENTITY_SMS_URL": gateway.url,
        "LINLI_IDENTITY_SMS_SECRET": SECRET,
        "LINLI_IDENTITY_SMS_CA": str(gateway.settings.authority),
        "LINLI_IDENTITY_TIME_ZONE": "Asia/Shanghai",
    }
    with willow(postgres_server, environ) as service:
        define(operator_of(service), "elm", "la", types.AREA_LEVEL_COMMUNITY)
        yield service


@pytest.fixture
def mei(running: Component) -> str:
    """A resident's id."""
    registered = register(operator_of(running), number(), phone=PHONE, area_id="willow")
    return str(registered.resident_id)


@pytest.fixture
def hua(running: Component) -> str:
    """A helper's id."""
    return str(register(operator_of(running), number(), name="王华").resident_id)


def clerk(running: Component, subject: str = "clerk-1", path: str = HERE) -> Any:
    return as_role(running, "GRID_WORKER", path, subject)


def proposal(mei: str, hua: str, **differently: Any) -> pb.ProposeConsentRequest:
    about: dict[str, Any] = {
        "purposes": [types.CONSENT_PURPOSE_READ_HOUSEHOLD, types.CONSENT_PURPOSE_REPORT_CASES],
        "until_time": stamp(datetime.now(UTC) + timedelta(days=30)),
    }
    return pb.ProposeConsentRequest(
        request_id=request_id(), resident_id=mei, helper_id=hua, **about | differently
    )


def confirmation(consent_id: str, how: str = "SECOND_PERSON", **shown: str) -> pb.ConfirmConsentRequest:
    number = types.ConsentConfirmation.Value(f"CONSENT_CONFIRMATION_{how}")
    return pb.ConfirmConsentRequest(
        request_id=request_id(), consent_id=consent_id, confirmation=number, **shown
    )


def given(running: Component, mei: str, hua: str, **differently: Any) -> str:
    """A consent that was proposed by one clerk and confirmed by another; its id."""
    consent_id = clerk(running).propose_consent(proposal(mei, hua, **differently)).consent.consent_id
    clerk(running, "clerk-2").confirm_consent(confirmation(consent_id))
    return str(consent_id)


def helping(running: Component, hua: str, consent_id: str) -> Any:
    token = Mint(KEY).person("RESIDENT", subject=hua, area="willow", path=HERE)
    return running.client(token, consent_id).service(DESCRIPTOR)


@pytest.mark.capability("004.3")
def test_what_is_read_out_says_who_may_do_what_until_when_and_is_the_same_for_the_second_person(
    running: Component, mei: str, hua: str
) -> None:
    proposed = clerk(running).propose_consent(proposal(mei, hua, within_area_id="willow"))
    again = clerk(running, "clerk-2").get_consent(
        pb.GetConsentRequest(consent_id=proposed.consent.consent_id)
    )

    said = "".join(each.zh for each in proposed.sentences)
    assert "您同意由王华以您的名义" in said
    assert "替您反映诉求" in said
    assert "(UTC+08:00)" in " ".join(each.en for each in proposed.sentences)
    assert proposed.consent.state == types.CONSENT_STATE_PROPOSED
    assert (again.consent, list(again.sentences)) == (proposed.consent, list(proposed.sentences))
    with refused("OUT_OF_REACH"):
        as_role(running, "RESIDENT", HERE, "nosy").get_consent(
            pb.GetConsentRequest(consent_id=proposed.consent.consent_id)
        )


def test_whoever_learns_the_helpers_name_is_recorded(running: Component, mei: str, hua: str) -> None:
    clerk(running, "curious").propose_consent(proposal(mei, hua))

    read = [
        (each.metadata.actor, each.event.subject_ids, each.event.classes)
        for each in running.opened.ledger.read(limit=100_000)
        if isinstance(each.event, PersonalDataDisclosed) and hua in each.event.subject_ids
    ]
    assert read == [("curious", (hua,), ("NAME",))]


@pytest.mark.capability("004.3")
def test_nobody_acts_by_a_proposal_and_a_second_member_of_staff_makes_it_a_consent(
    running: Component, mei: str, hua: str
) -> None:
    first, second = clerk(running), clerk(running, "clerk-2")
    consent_id = first.propose_consent(proposal(mei, hua)).consent.consent_id
    own = pb.GetHouseholdRequest()

    with refused("CONSENT_UNKNOWN"):
        helping(running, hua, consent_id).get_household(own)
    with refused("NOT_FOR_YOURSELF"):
        first.confirm_consent(confirmation(consent_id))
    with refused("OUT_OF_REACH"):
        clerk(running, "clerk-3", "la/elsewhere").confirm_consent(confirmation(consent_id))
    with refused("OUT_OF_REACH"):
        as_role(running, "RESIDENT", HERE, hua).confirm_consent(confirmation(consent_id))
    confirmed = second.confirm_consent(confirmation(consent_id)).consent

    assert confirmed.state == types.CONSENT_STATE_GIVEN
    assert (confirmed.proposed_by_id, confirmed.confirmed_by_id) == ("clerk-1", "clerk-2")
    assert confirmed.confirmation == types.CONSENT_CONFIRMATION_SECOND_PERSON
    with refused("NO_HOUSEHOLD"):  # so far they got, and no further: nobody lives anywhere yet
        helping(running, hua, consent_id).get_household(own)


@pytest.mark.capability("004.3")
def test_the_resident_tells_the_code_that_was_sent_to_them(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    helper = as_role(running, "RESIDENT", HERE, hua)
    asked = proposal(mei, hua, send_code=True)
    consent_id = helper.propose_consent(asked).consent.consent_id
    helper.propose_consent(asked)  # again: the same code, in a message that no gateway drops as known
    sent, again = gateway.got
    code = code_in(sent)

    with refused("CODE_WRONG"):
        helper.confirm_consent(confirmation(consent_id, "CODE", code=other(code)))
    typed = f" {code[:4]} {code[4:]} "
    confirmed = helper.confirm_consent(confirmation(consent_id, "CODE", code=typed)).consent

    assert sent["to"] == PHONE
    assert sent["text"] == again["text"]
    assert sent["id"] != again["id"]
    assert all(each in sent["text"] for each in ["王华", "反映诉求", "查看住户信息", "请勿告诉任何人"])
    assert (confirmed.confirmed_by_id, confirmed.state) == (hua, types.CONSENT_STATE_GIVEN)


def code_in(message: Any) -> str:
    return str(message["text"].partition("授权验证码")[2][:9].replace(" ", ""))


def other(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**8:08}"


def test_whoever_guesses_has_five_tries_and_then_the_right_code_is_late(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    helper = as_role(running, "RESIDENT", HERE, hua)
    consent_id = helper.propose_consent(proposal(mei, hua, send_code=True)).consent.consent_id
    code = code_in(gateway.got[0])

    for guess in range(1, WRONG_CODES + 1):
        with refused("CODE_WRONG"):
            helper.confirm_consent(confirmation(consent_id, "CODE", code=other(code, guess)))
    with refused("CODE_SPENT"):
        helper.confirm_consent(confirmation(consent_id, "CODE", code=code))
    another = helper.propose_consent(proposal(mei, hua, send_code=True)).consent.consent_id
    with refused("CODE_SPENT"):
        helper.confirm_consent(confirmation(another, "CODE", code=code_in(gateway.got[1])))


@pytest.mark.capability("004.3")
def test_a_resident_is_told_at_once_of_what_somebody_else_confirmed(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    consent_id = clerk(running).propose_consent(proposal(mei, hua)).consent.consent_id
    claimed = confirmation(consent_id, "SIGNATURE", signature_reference="folder 7, sheet 12")

    clerk(running).confirm_consent(claimed)
    clerk(running).confirm_consent(claimed)  # a repetition tells nothing new

    [told] = gateway.got
    assert told["to"] == PHONE
    assert all(each in told["text"] for each in ["王华可以以您的名义", "反映诉求", "如果您没有同意"])


def test_a_consent_is_given_though_the_resident_cannot_be_told(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    gateway.status, before = 503, len(gateway.asked)

    consent_id = given(running, mei, hua)

    assert len(gateway.asked) == before + 1
    asking = pb.GetConsentRequest(consent_id=consent_id)
    assert clerk(running).get_consent(asking).consent.state == types.CONSENT_STATE_GIVEN


@pytest.mark.capability("004.3")
def test_a_code_that_nobody_was_sent_cannot_be_guessed(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    helper = as_role(running, "RESIDENT", HERE, hua)
    silent = helper.propose_consent(proposal(mei, hua)).consent.consent_id
    digest = int(running.opened.ledger.keys.digest("consent-code", silent), 16)

    with refused("CODE_WAS_NOT_SENT"):
        helper.confirm_consent(confirmation(silent, "CODE", code=f"{digest % 10**8:08}"))
    assert gateway.got == []


def test_a_resident_is_sent_three_codes_an_hour_and_then_nothing_is_proposed(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    helper = as_role(running, "RESIDENT", HERE, hua)
    for _ in range(MOST):
        helper.propose_consent(proposal(mei, hua, send_code=True))
    head = running.opened.ledger.known_head

    with refused("TOO_MANY_CODES"):
        helper.propose_consent(proposal(mei, hua, send_code=True))
    assert len(gateway.got) == MOST
    assert running.opened.ledger.known_head == head


@pytest.mark.capability("004.3")
def test_a_resident_does_not_learn_by_an_id_whose_it_is_unless_it_is_that_of_staff(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    herself = as_role(running, "RESIDENT", HERE, mei)

    by_id = herself.propose_consent(proposal(mei, hua, send_code=True))
    grant(operator_of(running), hua, "GRID_WORKER", area_id="willow")
    of_staff = herself.propose_consent(proposal(mei, hua))

    assert f"您同意由编号为{hua}的人以" in by_id.sentences[0].zh
    assert "王华" not in str(by_id.sentences) + gateway.got[0]["text"]
    assert "您同意由王华以" in of_staff.sentences[0].zh


def test_a_code_goes_where_the_resident_themself_reads_and_nowhere_else(
    running: Component, gateway: SmsGateway, mei: str, hua: str
) -> None:
    """A clerk may say how a resident is told of cases. They cannot have the code sent to a friend by that."""
    friend = pb.SetNoticePreferencesRequest(
        request_id=request_id(), resident_id=mei, channels=[types.NOTICE_CHANNEL_SMS], phone="+8613900139000"
    )
    clerk(running).set_notice_preferences(friend)

    clerk(running).propose_consent(proposal(mei, hua, send_code=True))

    assert [each["to"] for each in gateway.got] == [PHONE]
    nowhere = str(register(operator_of(running), number()).resident_id)
    head = running.opened.ledger.known_head
    with refused("CODE_HAS_NO_ADDRESS"):
        clerk(running).propose_consent(proposal(nowhere, hua, send_code=True))
    assert running.opened.ledger.known_head == head  # nothing was proposed
    gateway.status = 503
    with refused("CODE_NOT_SENT"):
        clerk(running).propose_consent(proposal(mei, hua, send_code=True))


def test_a_signature_is_kept_where_only_the_residents_key_opens_it(
    running: Component, mei: str, hua: str
) -> None:
    staff = clerk(running)
    consent_id = staff.propose_consent(proposal(mei, hua)).consent.consent_id

    with refused("CONFIRMATION_UNFIT"):
        staff.confirm_consent(confirmation(consent_id, "SIGNATURE"))
    signed = confirmation(consent_id, "SIGNATURE", signature_reference="folder 7, sheet 12")
    with refused("NOT_FOR_YOURSELF"):
        as_role(running, "GRID_WORKER", HERE, hua).confirm_consent(signed)
    staff.confirm_consent(confirmation(consent_id, "SIGNATURE", signature_reference="folder 7, sheet 12"))

    given = running.opened.streams["consent"].load(consent_id).state.given
    assert given.signature.subject == mei
    assert given.signature.value == "folder 7, sheet 12"


@pytest.mark.capability("004.3")
def test_the_resident_confirms_by_themself_and_revokes_and_the_next_call_is_refused(
    running: Component, mei: str, hua: str
) -> None:
    herself = as_role(running, "RESIDENT", HERE, mei)
    consent_id = herself.propose_consent(proposal(mei, hua)).consent.consent_id
    with refused("NOT_FOR_YOURSELF"):
        as_role(running, "GRID_WORKER", HERE, mei).confirm_consent(confirmation(consent_id))
    herself.confirm_consent(confirmation(consent_id, "IN_PERSON"))
    helper = helping(running, hua, consent_id)
    with refused("NO_HOUSEHOLD"):
        helper.get_household(pb.GetHouseholdRequest())

    revoked = herself.revoke_consent(pb.RevokeConsentRequest(request_id=request_id(), consent_id=consent_id))

    with refused("CONSENT_NOT_VALID"):
        helper.get_household(pb.GetHouseholdRequest())
    assert revoked.consent.state == types.CONSENT_STATE_REVOKED
    listing = pb.ListConsentsRequest(at_least=revoked.revision)
    assert [each.consent_id for each in herself.list_consents(listing).consents] == [consent_id]
    by_hua = as_role(running, "RESIDENT", HERE, hua).list_consents(listing).consents
    assert list(by_hua) == [revoked.consent]


def test_nobody_acts_by_the_consent_of_an_erased_person(running: Component, mei: str, hua: str) -> None:
    consent_id = given(running, mei, hua)
    officer = as_role(running, "DATA_PROTECTION_OFFICER", subject="guard")
    officer.erase_subject(
        pb.EraseSubjectRequest(request_id=request_id(), subject_id=mei, reason="on her own request")
    )

    with refused("CONSENT_NOT_VALID"):
        helping(running, hua, consent_id).get_household(pb.GetHouseholdRequest())


def test_who_is_to_help_must_be_known_and_is_not_the_resident(running: Component, mei: str, hua: str) -> None:
    staff = clerk(running)

    with refused("HELPER_UNKNOWN"):
        staff.propose_consent(proposal(mei, "a-passer-by"))
    with refused("NOT_FOR_YOURSELF"):
        staff.propose_consent(proposal(mei, mei))
    with refused("PARTY_UNKNOWN"):
        staff.propose_consent(proposal("nobody", hua))
    with refused("AREA_UNKNOWN"):
        staff.propose_consent(proposal(mei, hua, within_area_id="atlantis"))
    with refused("OUT_OF_REACH"):
        clerk(running, "far", "la/elsewhere").propose_consent(proposal(mei, hua))
    with refused("OUT_OF_REACH"):
        as_role(running, "RESIDENT", HERE, "stranger").propose_consent(proposal(mei, hua))


@pytest.mark.capability("004.3")
def test_a_helper_reads_the_household_of_the_resident_and_is_listed_for_it(
    running: Component, mei: str, hua: str
) -> None:
    worker = as_role(running, "DISPATCHER", HERE, "clerk-9")
    form(worker, build(worker, "willow"), mei)
    consent_id = given(running, mei, hua)
    far = given(running, mei, hua, within_area_id="elm")

    shown = helping(running, hua, consent_id).get_household(pb.GetHouseholdRequest())
    with refused("OUT_OF_REACH"):
        helping(running, hua, far).get_household(pb.GetHouseholdRequest())
    with refused("NOT_ON_BEHALF"):
        helping(running, hua, consent_id).list_notices(pb.ListNoticesRequest())
    herself = running.client(Mint(KEY).person("RESIDENT", subject=mei, area="willow", path=HERE))
    acts = (
        herself.service(ACTING)
        .list_done_in_my_name(
            acting.ListDoneInMyNameRequest(
                service="identity", at_least=str(Revision(running.opened.ledger.known_head, 0))
            )
        )
        .acts
    )

    assert [each.resident_id for each in shown.members] == [mei]
    [act] = acts
    assert act.act_id
    assert (act.actor_id, act.consent_id, act.rpc) == (
        *(hua, consent_id, "/linli.identity.v1.IdentityService/GetHousehold"),
    )
    assert act.label.en == "Your data were read"


def test_the_views_of_consents_and_acts_can_be_rebuilt(running: Component) -> None:
    views = [each for each in SERVICE.views if each.name in {"consents", "acts"}]

    assert_rebuilt_equals_live(running.opened.ledger, views)
