"""A consent has a helper who did not record it, an end, and a resident who confirmed what was read out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.consent import CONSENT
from services.identity.domain.consent.commands import (
    ConfirmConsent,
    ProposeConsent,
    RecordConsent,
    RevokeConsent,
)
from services.identity.domain.consent.decide import LONGEST, TO_CONFIRM, WRONG_CODES
from services.identity.domain.consent.events import (
    Confirmation,
    ConsentCodeRefused,
    ConsentGiven,
    ConsentProposed,
    ConsentPurpose,
    ConsentRecorded,
    ConsentRevoked,
    ConsentWithdrawn,
    Terms,
)

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
UNTIL = AT + timedelta(days=30)
MEI, HUA, CLERK = some_id("mei"), some_id("hua"), some_id("clerk")
ID = some_id("consent of mei")

given = deciding(CONSENT)

RECORD = RecordConsent(
    consent_id=ID,
    resident_id=MEI,
    helper_id=HUA,
    purpose=ConsentPurpose.REPORT_CASES,
    area_id="nc-47",
    area_path=AreaPath("la/nc-47"),
    until=UNTIL,
    by=CLERK,
    at=AT,
)
RECORDED = ConsentRecorded(
    consent_id=ID,
    resident_id=MEI,
    helper_id=HUA,
    purpose=ConsentPurpose.REPORT_CASES,
    area_id="nc-47",
    area_path=AreaPath("la/nc-47"),
    recorded_at=AT,
    until=UNTIL,
)
REVOKE = RevokeConsent(consent_id=ID, at=AT)
REVOKED = ConsentRevoked(
    consent_id=ID, resident_id=MEI, area_id="nc-47", area_path=AreaPath("la/nc-47"), revoked_at=AT
)


@pytest.mark.parametrize("by", [MEI, CLERK])
def test_the_resident_or_a_clerk_records_it(by: str) -> None:
    given().when(replace(RECORD, by=by)).then(RECORDED)


def test_nobody_records_it_for_themself_as_the_helper() -> None:
    given().when(replace(RECORD, by=HUA)).then_refused("NOT_FOR_YOURSELF", Kind.PERMISSION)
    given().when(replace(RECORD, helper_id=MEI)).then_refused("NOT_FOR_YOURSELF")


@pytest.mark.parametrize("until", [AT, AT - timedelta(days=1), AT + LONGEST + timedelta(seconds=1)])
def test_it_ends_after_now_and_within_a_year(until: datetime) -> None:
    given().when(replace(RECORD, until=until)).then_refused("CONSENT_PERIOD_UNFIT", Kind.INVALID)


def test_it_is_revoked_once() -> None:
    given(RECORDED).when(REVOKE).then(REVOKED)
    given(RECORDED, REVOKED).when(REVOKE).then_nothing_happens()
    given().when(REVOKE).then_refused("CONSENT_UNKNOWN", Kind.NOT_FOUND)


# Proposed, read and confirmed

WANG, ZHAO = some_id("wang"), some_id("zhao")
TERMS = Terms(
    resident_id=MEI,
    helper_id=HUA,
    purposes=(ConsentPurpose.REPORT_CASES, ConsentPurpose.READ_HOUSEHOLD),
    within_id="la",
    within_path=AreaPath("la"),
    home_id="nc-47",
    home_path=AreaPath("la/nc-47"),
    until=UNTIL,
)
PROPOSE = ProposeConsent(consent_id=ID, terms=TERMS, by=WANG, at=AT)
PROPOSED = ConsentProposed(
    consent_id=ID, terms=TERMS, proposed_by=WANG, proposed_at=AT, lapses_at=AT + TO_CONFIRM
)
SOON = AT + timedelta(minutes=3)
CONFIRM = ConfirmConsent(
    consent_id=ID, confirmation=Confirmation.SECOND_PERSON, by=ZHAO, at=SOON, sent="428771"
)
GIVEN = ConsentGiven(
    consent_id=ID, terms=TERMS, confirmation=Confirmation.SECOND_PERSON, confirmed_by=ZHAO, confirmed_at=SOON
)
REFUSED = ConsentCodeRefused(consent_id=ID, given_by=HUA, given_at=SOON)
WITHDRAWN = ConsentWithdrawn(
    consent_id=ID, resident_id=MEI, home_id="nc-47", home_path=AreaPath("la/nc-47"), withdrawn_at=AT
)


def by_code(code: str) -> ConfirmConsent:
    return replace(CONFIRM, confirmation=Confirmation.CODE, by=HUA, code=code)


@pytest.mark.capability("004.3")
def test_purposes_are_proposed_each_once_in_their_order() -> None:
    twice = (ConsentPurpose.READ_HOUSEHOLD, ConsentPurpose.REPORT_CASES, ConsentPurpose.READ_HOUSEHOLD)

    given().when(replace(PROPOSE, terms=replace(TERMS, purposes=twice))).then(PROPOSED)


def test_nobody_is_their_own_helper_and_no_proposal_outlives_what_it_proposes() -> None:
    themself = replace(TERMS, helper_id=MEI)
    short = replace(TERMS, until=AT + timedelta(hours=2))

    given().when(replace(PROPOSE, terms=themself)).then_refused("NOT_FOR_YOURSELF")
    given().when(replace(PROPOSE, terms=replace(TERMS, until=AT))).then_refused("CONSENT_PERIOD_UNFIT")
    given().when(replace(PROPOSE, terms=short)).then(replace(PROPOSED, terms=short, lapses_at=short.until))


@pytest.mark.capability("004.3")
def test_the_resident_confirms_by_themself_by_code_on_paper_or_to_a_second_person() -> None:
    given(PROPOSED).when(CONFIRM).then(GIVEN)
    themself = replace(CONFIRM, confirmation=Confirmation.IN_PERSON, by=MEI)
    given(PROPOSED).when(themself).then(replace(GIVEN, confirmation=Confirmation.IN_PERSON, confirmed_by=MEI))
    given(PROPOSED).when(by_code("428771")).then(
        replace(GIVEN, confirmation=Confirmation.CODE, confirmed_by=HUA)
    )
    signed = replace(CONFIRM, confirmation=Confirmation.SIGNATURE, by=WANG, signature="file 7")
    given(PROPOSED).when(signed).then(
        replace(
            GIVEN,
            confirmation=Confirmation.SIGNATURE,
            confirmed_by=WANG,
            signature=Personal(MEI, "file 7"),
        )
    )


@pytest.mark.capability("004.3")
@pytest.mark.parametrize(
    ("way", "by"),
    [
        (Confirmation.IN_PERSON, HUA),
        (Confirmation.IN_PERSON, ZHAO),
        (Confirmation.SIGNATURE, HUA),
        (Confirmation.SECOND_PERSON, HUA),
        (Confirmation.SECOND_PERSON, WANG),
        (Confirmation.SECOND_PERSON, MEI),
    ],
)
def test_whoever_profits_or_proposed_confirms_nothing(way: Confirmation, by: str) -> None:
    signature = "file 7" if way is Confirmation.SIGNATURE else ""
    command = replace(CONFIRM, confirmation=way, by=by, signature=signature)

    given(PROPOSED).when(command).then_refused("NOT_FOR_YOURSELF", Kind.PERMISSION)


def test_a_wrong_code_is_counted_and_after_five_the_right_one_is_late() -> None:
    given(PROPOSED).when(by_code("000000")).then(REFUSED)
    given(PROPOSED, *[REFUSED] * (WRONG_CODES - 1)).when(by_code("428771")).then(
        replace(GIVEN, confirmation=Confirmation.CODE, confirmed_by=HUA)
    )
    given(PROPOSED, *[REFUSED] * WRONG_CODES).when(by_code("428771")).then_refused("CODE_SPENT")


def test_each_way_has_what_shows_it_and_nothing_else() -> None:
    for wrong in (
        by_code(""),
        replace(CONFIRM, code="428771"),
        replace(CONFIRM, confirmation=Confirmation.SIGNATURE),
        replace(CONFIRM, signature="file 7"),
    ):
        given(PROPOSED).when(wrong).then_refused("CONFIRMATION_UNFIT", Kind.INVALID)


def test_what_nobody_confirmed_in_time_or_was_taken_back_is_not_confirmed_any_more() -> None:
    late = replace(CONFIRM, at=AT + TO_CONFIRM)

    given(PROPOSED).when(late).then_refused("CONSENT_LAPSED")
    given(PROPOSED, WITHDRAWN).when(CONFIRM).then_refused("CONSENT_REVOKED")
    given(RECORDED).when(CONFIRM).then_refused("CONSENT_UNKNOWN", Kind.NOT_FOUND)
    given(PROPOSED, GIVEN).when(CONFIRM).then_nothing_happens()


def test_what_was_proposed_is_withdrawn_once_confirmed_or_not() -> None:
    given(PROPOSED).when(REVOKE).then(WITHDRAWN)
    given(PROPOSED, GIVEN).when(REVOKE).then(WITHDRAWN)
    given(PROPOSED, GIVEN, WITHDRAWN).when(REVOKE).then_nothing_happens()
