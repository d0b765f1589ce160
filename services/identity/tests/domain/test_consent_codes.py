"""A resident is sent a few codes for consents, and whoever guesses has a few tries for all of them."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.ledger.decider import Kind
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.consent_codes import (
    CONSENT_CODES,
    DAY,
    HOUR,
    MOST,
    MOST_A_DAY,
    TRIES,
    AskConsentCode,
    ConsentCodeAsked,
    ConsentCodeSettled,
    ConsentCodeTried,
    SettleConsentCode,
    TryConsentCode,
)

AT = datetime(2020, 1, 3, 9, tzinfo=UTC)
ID, OTHER = some_id("a consent"), some_id("another consent")
MINUTE = timedelta(minutes=1)

given = deciding(CONSENT_CODES)


def asked(number: int = 0, consent_id: str = ID, at: datetime = AT) -> ConsentCodeAsked:
    return ConsentCodeAsked(asked_id=some_id(f"message {number}"), consent_id=consent_id, asked_at=at)


def settled(number: int = 0, *, sent: bool = True) -> ConsentCodeSettled:
    return ConsentCodeSettled(asked_id=some_id(f"message {number}"), sent=sent, settled_at=AT)


def tried(at: datetime = AT, consent_id: str = ID, *, right: bool = False) -> ConsentCodeTried:
    return ConsentCodeTried(consent_id=consent_id, right=right, tried_at=at)


def ask(at: datetime = AT, number: int = 99) -> AskConsentCode:
    return AskConsentCode(asked_id=some_id(f"message {number}"), consent_id=ID, at=at)


def guess(at: datetime = AT, consent_id: str = ID, *, right: bool = False) -> TryConsentCode:
    return TryConsentCode(consent_id=consent_id, right=right, at=at)


@pytest.mark.parametrize("history", [[], [asked()], [asked(), settled(sent=False)]])
def test_what_was_not_sent_is_not_even_guessed(history: list[ConsentCodeAsked]) -> None:
    given(*history).when(guess(right=True)).then_refused("CODE_WAS_NOT_SENT", Kind.PRECONDITION)


def test_a_code_that_was_sent_counts_for_its_consent_alone() -> None:
    given(asked(), settled()).when(guess(right=True)).then(tried(right=True))
    given(asked(), settled()).when(guess(consent_id=OTHER, right=True)).then_refused("CODE_WAS_NOT_SENT")


def test_a_right_code_that_is_repeated_changes_nothing() -> None:
    given(asked(), settled(), tried(right=True)).when(guess(right=True)).then_nothing_happens()


def test_five_wrong_codes_for_whatever_was_proposed_end_it_for_an_hour() -> None:
    sent = [asked(), settled(), asked(1, OTHER), settled(1)]
    misses = [tried(consent_id=ID if number % 2 else OTHER) for number in range(TRIES)]

    given(*sent, *misses[1:]).when(guess(right=True)).then(tried(right=True))
    given(*sent, *misses).when(guess(right=True)).then_refused("CODE_SPENT", Kind.PRECONDITION)
    later = AT + HOUR
    given(*sent, *misses).when(guess(later, right=True)).then(tried(later, right=True))


def test_three_messages_an_hour_and_ten_a_day_are_sent_to_a_resident() -> None:
    lately = [asked(number, at=AT + number * MINUTE) for number in range(MOST)]
    all_day = [asked(number, at=AT + number * HOUR) for number in range(MOST_A_DAY)]

    given(*lately).when(ask(AT + 30 * MINUTE)).then_refused("TOO_MANY_CODES", Kind.EXHAUSTED)
    given(*lately).when(ask(AT + HOUR)).then(asked(99, at=AT + HOUR))
    given(*all_day).when(ask(AT + DAY - MINUTE)).then_refused("TOO_MANY_CODES")
    given(*all_day).when(ask(AT + DAY)).then(asked(99, at=AT + DAY))


def test_what_the_channel_did_not_take_is_not_counted() -> None:
    away = [each for number in range(MOST) for each in (asked(number), settled(number, sent=False))]

    given(*away).when(ask()).then(asked(99))


def test_a_message_is_settled_once() -> None:
    settle = SettleConsentCode(asked_id=some_id("message 0"), sent=True, at=AT)

    given(asked()).when(settle).then(settled())
    given(asked(), settled(sent=False)).when(settle).then_nothing_happens()
    given().when(settle).then_nothing_happens()
