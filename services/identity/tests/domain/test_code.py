"""A few codes an hour for one address, a few tries for each, and one use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.code import (
    CODE,
    LASTS,
    MOST,
    TRIES,
    WINDOW,
    CodeMissed,
    CodeNotSent,
    CodePurpose,
    CodeRequested,
    CodeSent,
    CodeUsed,
    MissCode,
    RequestCode,
    SettleCode,
    UseCode,
)
from services.identity.domain.preferences import Language, NoticeChannel

AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
SOON = AT + timedelta(minutes=3)
CODE_ID, HOUR = some_id("code"), "codes-20261129T09"
ADDRESS = Personal(HOUR, "mei@example.org")
given = deciding(CODE)

REQUEST = RequestCode(
    code_id=CODE_ID,
    purpose=CodePurpose.SIGN_UP,
    channel=NoticeChannel.EMAIL,
    language=Language.EN,
    address=ADDRESS,
    at=AT,
)
REQUESTED = CodeRequested(
    code_id=CODE_ID,
    purpose=CodePurpose.SIGN_UP,
    channel=NoticeChannel.EMAIL,
    language=Language.EN,
    address=ADDRESS,
    keeping=HOUR,
    requested_at=AT,
    expires_at=AT + LASTS,
)
MISS = MissCode(code_id=CODE_ID, purpose=CodePurpose.SIGN_UP, at=SOON)
MISSED = CodeMissed(code_id=CODE_ID, missed_at=SOON)
USE = UseCode(code_id=CODE_ID, purpose=CodePurpose.SIGN_UP, at=SOON)
USED = CodeUsed(code_id=CODE_ID, used_at=SOON)


def requested(number: int, after: timedelta) -> CodeRequested:
    at = AT + after
    return replace(REQUESTED, code_id=some_id(f"code {number}"), requested_at=at, expires_at=at + LASTS)


def test_a_code_is_asked_for_and_used_once() -> None:
    given().when(REQUEST).then(REQUESTED)
    given(REQUESTED).when(USE).then(USED)
    given(REQUESTED, USED).when(USE).then_refused("CODE_REFUSED", Kind.UNAUTHENTICATED)
    given(REQUESTED, USED).when(MISS).then_refused("CODE_REFUSED")


def test_after_five_misses_the_right_code_is_refused_too() -> None:
    given(REQUESTED, *[MISSED] * (TRIES - 1)).when(USE).then(USED)
    given(REQUESTED, *[MISSED] * TRIES).when(USE).then_refused("CODE_REFUSED")
    given(REQUESTED, *[MISSED] * TRIES).when(MISS).then_refused("CODE_REFUSED")


def test_a_code_is_void_after_ten_minutes() -> None:
    last = AT + LASTS - timedelta(microseconds=1)

    given(REQUESTED).when(replace(USE, at=last)).then(replace(USED, used_at=last))
    given(REQUESTED).when(replace(USE, at=AT + LASTS)).then_refused("CODE_REFUSED")


@pytest.mark.parametrize("purpose", sorted(set(CodePurpose) - {CodePurpose.SIGN_UP}))
def test_a_code_counts_for_its_purpose_only(purpose: CodePurpose) -> None:
    given(REQUESTED).when(replace(USE, purpose=purpose)).then_refused("CODE_REFUSED")


def test_a_warning_goes_out_after_five_codes_too_and_counts_as_none() -> None:
    history = [requested(number, timedelta(minutes=number)) for number in range(MOST)]
    warning = replace(REQUEST, purpose=CodePurpose.REPLACED, at=SOON)
    warned = replace(REQUESTED, purpose=CodePurpose.REPLACED, requested_at=SOON, expires_at=SOON + LASTS)

    given(*history).when(warning).then(warned)
    given(*history[1:], warned).when(replace(REQUEST, at=SOON)).then(
        replace(REQUESTED, requested_at=SOON, expires_at=SOON + LASTS)
    )


def test_an_id_that_nobody_was_given_counts_for_nothing() -> None:
    given(REQUESTED).when(replace(USE, code_id=some_id("another"))).then_refused("CODE_REFUSED")
    given().when(USE).then_refused("CODE_REFUSED")


def test_five_codes_an_hour_and_then_one_waits() -> None:
    history = [requested(number, timedelta(minutes=number)) for number in range(MOST)]
    late = AT + WINDOW - timedelta(seconds=1)

    refused = given(*history).when(replace(REQUEST, at=late))
    refused.then_refused("TOO_MANY_CODES", Kind.EXHAUSTED, retry_after_seconds="1")
    again = replace(REQUESTED, requested_at=AT + WINDOW, expires_at=AT + WINDOW + LASTS)
    given(*history).when(replace(REQUEST, at=AT + WINDOW)).then(again)


def test_what_became_of_the_message_is_recorded_once() -> None:
    sent = CodeSent(code_id=CODE_ID, sent_at=SOON)
    refused = CodeNotSent(code_id=CODE_ID, reason="550 5.1.1", decided_at=SOON)

    given(REQUESTED).when(SettleCode(code_id=CODE_ID, reason="", at=SOON)).then(sent)
    given(REQUESTED).when(SettleCode(code_id=CODE_ID, reason="550 5.1.1", at=SOON)).then(refused)
    given(REQUESTED, sent).when(SettleCode(code_id=CODE_ID, reason="", at=SOON)).then()
