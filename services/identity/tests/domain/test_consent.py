"""A consent has a helper who did not record it, and an end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.rules.areas import AreaPath
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.consent import (
    CONSENT,
    LONGEST,
    ConsentPurpose,
    ConsentRecorded,
    ConsentRevoked,
    RecordConsent,
    RevokeConsent,
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
