"""Hours of codes, confirmed addresses, invitations, and what a message with a code says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain import invitation
from services.identity.domain.code import LASTS, CodePurpose
from services.identity.domain.code_hour import (
    CODE_HOUR,
    AddressesForgotten,
    ForgetAddresses,
    hour_of,
    over_at,
)
from services.identity.domain.code_wording import code_text
from services.identity.domain.contact import CONTACT, ConfirmContact, EmailConfirmed, PhoneConfirmed
from services.identity.domain.invitation import (
    INVITATION,
    AcceptInvitation,
    InvitationAccepted,
    InvitationMade,
    InvitationMissed,
    Invite,
    MissInvitation,
)
from services.identity.domain.preferences import Language, NoticeChannel

AT = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)
MEI, WEI = some_id("mei"), some_id("wei")
EMAIL, SMS = NoticeChannel.EMAIL, NoticeChannel.SMS


def test_the_addresses_of_an_hour_have_one_key_until_its_last_code_is_void() -> None:
    in_shanghai = AT.astimezone(timezone(timedelta(hours=8)))

    assert hour_of(AT) == hour_of(in_shanghai) == "codes-20261129T09"
    assert over_at(AT) > datetime(2026, 11, 29, 9, 59, 59, tzinfo=UTC) + LASTS
    assert over_at(AT) == over_at(in_shanghai)


def test_an_hour_is_forgotten_once() -> None:
    forget = ForgetAddresses(keeping="codes-20261129T09", at=AT)
    forgotten = AddressesForgotten(keeping="codes-20261129T09", forgotten_at=AT)

    deciding(CODE_HOUR)().when(forget).then(forgotten)
    deciding(CODE_HOUR)(forgotten).when(forget).then()


def test_a_person_has_one_address_and_one_number_and_a_new_one_replaces_it() -> None:
    given = deciding(CONTACT)
    by_mail = ConfirmContact(party_id=MEI, channel=EMAIL, address="mei@example.org", digest="d-1", at=AT)
    by_phone = replace(by_mail, channel=SMS, address="+8613800138000", digest="d-2")
    confirmed = EmailConfirmed(
        party_id=MEI,
        address=Personal(MEI, "mei@example.org"),
        digest=Personal(MEI, "d-1"),
        confirmed_at=AT,
    )

    given().when(by_mail).then(confirmed)
    given(confirmed).when(by_mail).then()
    given(confirmed).when(by_phone).then_state(lambda state: state.at(EMAIL) == "mei@example.org")
    given(confirmed).when(by_phone).then(
        PhoneConfirmed(
            party_id=MEI,
            address=Personal(MEI, "+8613800138000"),
            digest=Personal(MEI, "d-2"),
            confirmed_at=AT,
        )
    )


MADE = InvitationMade(
    invitation_id="i-1", resident_id=MEI, by=WEI, made_at=AT, expires_at=AT + invitation.LASTS
)
ACCEPTED = InvitationAccepted(invitation_id="i-1", resident_id=MEI, accepted_at=AT)


def test_an_invitation_is_accepted_once_and_in_time() -> None:
    given = deciding(INVITATION)
    invite = Invite(invitation_id="i-1", resident_id=MEI, by=WEI, at=AT)
    accept = AcceptInvitation(invitation_id="i-1", at=AT)

    given().when(invite).then(MADE)
    given(MADE).when(invite).then()
    given(MADE).when(accept).then(ACCEPTED)
    given(MADE, ACCEPTED).when(accept).then_refused("INVITATION_REFUSED", Kind.UNAUTHENTICATED)
    given(MADE).when(replace(accept, at=MADE.expires_at)).then_refused("INVITATION_REFUSED")
    given().when(accept).then_refused("INVITATION_REFUSED")
    given().when(replace(invite, by=MEI)).then_refused("NOT_FOR_YOURSELF")


def test_a_newer_invitation_is_the_only_one_that_counts() -> None:
    given = deciding(INVITATION)
    newer = replace(MADE, invitation_id="i-2")
    accept = AcceptInvitation(invitation_id="i-1", at=AT)

    given(MADE).when(Invite(invitation_id="i-2", resident_id=MEI, by=WEI, at=AT)).then(newer)
    given(MADE, newer).when(accept).then_refused("INVITATION_REFUSED")
    given(MADE, newer).when(replace(accept, invitation_id="i-2")).then(replace(ACCEPTED, invitation_id="i-2"))


def test_an_invitation_counts_no_more_after_five_names_that_were_not_free() -> None:
    given = deciding(INVITATION)
    accept = AcceptInvitation(invitation_id="i-1", at=AT)
    miss = MissInvitation(invitation_id="i-1", at=AT)
    missed = InvitationMissed(invitation_id="i-1", missed_at=AT)
    newer = replace(MADE, invitation_id="i-2")

    given(MADE, *[missed] * 4).when(miss).then(missed)
    given(MADE, *[missed] * 4).when(accept).then(ACCEPTED)
    given(MADE, *[missed] * 5).when(accept).then_refused("INVITATION_REFUSED")
    given(MADE, *[missed] * 5).when(miss).then_refused("INVITATION_REFUSED")
    given().when(miss).then_refused("INVITATION_REFUSED")
    given(MADE, *[missed] * 5, newer).when(replace(accept, invitation_id="i-2")).then(
        replace(ACCEPTED, invitation_id="i-2")
    )


@pytest.mark.parametrize("purpose", sorted(set(CodePurpose) - {CodePurpose.REPLACED}))
@pytest.mark.parametrize("language", Language)
def test_a_text_message_fits_one_and_the_subject_of_a_mail_shows_no_code(
    purpose: CodePurpose, language: Language
) -> None:
    by_sms = code_text(purpose, "12345678", language, SMS)
    by_mail = code_text(purpose, "12345678", language, EMAIL)

    assert "1234 5678" in by_sms.title
    assert len(by_sms.title) <= (70 if language is Language.ZH else 160)
    assert by_sms.title.isascii() or language is Language.ZH
    assert "1234" not in by_mail.title
    assert "1234 5678" in by_mail.text
    assert "1234" not in repr(by_mail)


@pytest.mark.parametrize("language", Language)
def test_a_warning_shows_no_code_and_fits_one_text_message(language: Language) -> None:
    by_sms = code_text(CodePurpose.REPLACED, "12345678", language, SMS)
    by_mail = code_text(CodePurpose.REPLACED, "12345678", language, EMAIL)

    assert len(by_sms.title) <= (70 if language is Language.ZH else 160)
    assert by_sms.title.isascii() or language is Language.ZH
    assert "1234" not in by_sms.title + by_sms.text + by_mail.title + by_mail.text
