"""What is shown counts once; a lost second factor takes two persons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from libs.ledger.decider import Kind
from libs.ledger.personal import Personal
from libs.testkit.deciders import deciding
from libs.testkit.ids import some_id
from services.identity.domain.factor_reset import (
    FACTOR_RESET,
    LASTS,
    ApproveFactorReset,
    FactorResetApproved,
    FactorResetProposed,
    ProposeFactorReset,
)
from services.identity.domain.second_factor import (
    MISSES,
    SECOND_FACTOR,
    TO_CONFIRM,
    WINDOW,
    ConfirmSecondFactor,
    MissSecondFactor,
    OfferSecondFactor,
    RecoveryCodeUsed,
    RemoveSecondFactor,
    SecondFactorConfirmed,
    SecondFactorMissed,
    SecondFactorOffered,
    SecondFactorRemoved,
    SecondFactorUsed,
    UseRecoveryCode,
    UseStep,
)

AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
SOON = AT + timedelta(minutes=5)
MEI, WEI, HUA = some_id("mei"), some_id("wei"), some_id("hua")
ONE, TWO = some_id("enrolment 1"), some_id("enrolment 2")
given = deciding(SECOND_FACTOR)

OFFERED = SecondFactorOffered(party_id=MEI, enrolment_id=ONE, offered_at=AT)
CONFIRM = ConfirmSecondFactor(party_id=MEI, enrolment_id=ONE, step=100, at=SOON)
CONFIRMED = SecondFactorConfirmed(party_id=MEI, enrolment_id=ONE, step=100, confirmed_at=SOON)
USED = SecondFactorUsed(party_id=MEI, step=101, used_at=SOON)
USE = UseStep(party_id=MEI, step=101, at=SOON)


def test_it_is_asked_for_once_the_app_has_shown_its_digits() -> None:
    given().when(OfferSecondFactor(party_id=MEI, enrolment_id=ONE, at=AT)).then(OFFERED)
    given(OFFERED).when(CONFIRM).then(CONFIRMED)
    given(OFFERED).when(USE).then_refused("SECOND_FACTOR_REFUSED", Kind.UNAUTHENTICATED)


def test_it_is_confirmed_in_time_and_as_it_was_offered() -> None:
    given().when(CONFIRM).then_refused("SECOND_FACTOR_REFUSED")
    given(OFFERED).when(replace(CONFIRM, enrolment_id=TWO)).then_refused("SECOND_FACTOR_REFUSED")
    given(OFFERED).when(replace(CONFIRM, at=AT + TO_CONFIRM)).then_refused("SECOND_FACTOR_REFUSED")


def test_a_step_counts_once_and_none_before_it() -> None:
    given(OFFERED, CONFIRMED).when(USE).then(USED)
    given(OFFERED, CONFIRMED, USED).when(USE).then_refused("SECOND_FACTOR_REFUSED")
    given(OFFERED, CONFIRMED).when(replace(USE, step=100)).then_refused("SECOND_FACTOR_REFUSED")


def test_a_recovery_code_counts_once() -> None:
    use = UseRecoveryCode(party_id=MEI, number=3, at=SOON)
    used = RecoveryCodeUsed(party_id=MEI, number=3, used_at=SOON)

    given(OFFERED, CONFIRMED).when(use).then(used)
    given(OFFERED, CONFIRMED, used).when(use).then_refused("SECOND_FACTOR_REFUSED")
    given(OFFERED, CONFIRMED, used).when(replace(use, number=4)).then(replace(used, number=4))


def test_after_ten_misses_in_an_hour_the_right_digits_wait_too() -> None:
    missed = [SecondFactorMissed(party_id=MEI, missed_at=SOON + timedelta(minutes=n)) for n in range(MISSES)]
    at_once, later = SOON + timedelta(minutes=30), SOON + WINDOW

    refused = given(OFFERED, CONFIRMED, *missed).when(replace(USE, at=at_once))
    refused.then_refused("SECOND_FACTOR_CLOSED", Kind.EXHAUSTED, retry_after_seconds="1800")
    given(OFFERED, CONFIRMED, *missed).when(MissSecondFactor(party_id=MEI, at=at_once)).then_refused(
        "SECOND_FACTOR_CLOSED"
    )
    given(OFFERED, CONFIRMED, *missed).when(replace(USE, at=later)).then(replace(USED, used_at=later))


def test_ten_thousand_guesses_take_six_weeks() -> None:
    state, at, guessed = SECOND_FACTOR.initial, AT, 0
    for event in (OFFERED, CONFIRMED):
        state = SECOND_FACTOR.evolve(state, event)

    while guessed < 10_000:
        at += max(state.waits(at), timedelta(seconds=1))
        [missed] = SECOND_FACTOR.decide(MissSecondFactor(party_id=MEI, at=at), state)
        state, guessed = SECOND_FACTOR.evolve(state, missed), guessed + 1

    assert at - AT > timedelta(days=41)


def test_a_new_one_replaces_it_with_its_codes() -> None:
    used = RecoveryCodeUsed(party_id=MEI, number=3, used_at=SOON)
    again = replace(CONFIRMED, enrolment_id=TWO, step=200)

    history = (OFFERED, CONFIRMED, used, replace(OFFERED, enrolment_id=TWO), again)

    given(*history).when(UseRecoveryCode(party_id=MEI, number=3, at=SOON)).then(used)


def test_what_is_removed_is_asked_for_no_more() -> None:
    removed = SecondFactorRemoved(party_id=MEI, removed_at=SOON)

    given(OFFERED, CONFIRMED).when(RemoveSecondFactor(party_id=MEI, at=SOON)).then(removed)
    given(OFFERED).when(RemoveSecondFactor(party_id=MEI, at=SOON)).then_refused("NO_SECOND_FACTOR")
    given(OFFERED, CONFIRMED, removed).when(RemoveSecondFactor(party_id=MEI, at=SOON)).then_refused(
        "NO_SECOND_FACTOR"
    )


PROPOSED = FactorResetProposed(
    reset_id="r-1",
    party_id=MEI,
    by=WEI,
    reason=Personal(MEI, "lost in a taxi"),
    proposed_at=AT,
    expires_at=AT + LASTS,
)
APPROVED = FactorResetApproved(reset_id="r-1", party_id=MEI, by=HUA, approved_at=SOON)


def test_two_persons_and_neither_of_them_the_owner() -> None:
    resetting = deciding(FACTOR_RESET)
    propose = ProposeFactorReset(reset_id="r-1", party_id=MEI, by=WEI, reason="lost in a taxi", at=AT)
    approve = ApproveFactorReset(reset_id="r-1", by=HUA, at=SOON)

    resetting().when(propose).then(PROPOSED)
    resetting().when(replace(propose, by=MEI)).then_refused("NOT_FOR_YOURSELF", Kind.PERMISSION)
    resetting(PROPOSED).when(approve).then(APPROVED)
    resetting(PROPOSED).when(replace(approve, by=WEI)).then_refused("SECOND_PERSON_NEEDED")
    resetting(PROPOSED).when(replace(approve, by=MEI)).then_refused("NOT_FOR_YOURSELF")
    resetting(PROPOSED, APPROVED).when(approve).then_refused("FACTOR_RESET_ENDED")
    resetting(PROPOSED).when(replace(approve, at=AT + LASTS)).then_refused("FACTOR_RESET_ENDED")
    resetting().when(approve).then_refused("FACTOR_RESET_UNKNOWN", Kind.NOT_FOUND)
