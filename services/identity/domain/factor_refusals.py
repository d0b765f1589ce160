"""The refusals of second factors: code, kind and advice of each."""

from datetime import timedelta
from math import ceil

from libs.ledger.decider import Kind, Refusal


def second_factor_is_needed() -> Refusal:
    """The first factor was right."""
    advice = "give the digits that your app shows, too, or one of your recovery codes"
    return Refusal(Kind.UNAUTHENTICATED, "SECOND_FACTOR_NEEDED", advice)


def second_factor_is_refused() -> Refusal:
    """The digits are wrong, too old, or were used; or the code was."""
    advice = "the digits or the code are wrong, too old or used; wait for the next digits of your app"
    return Refusal(Kind.UNAUTHENTICATED, "SECOND_FACTOR_REFUSED", advice)


def second_factor_must_wait(wait: timedelta) -> Refusal:
    """There were too many wrong guesses by those who know the password."""
    return Refusal(
        Kind.EXHAUSTED,
        "SECOND_FACTOR_CLOSED",
        "there were too many wrong second factors; wait, and change your password if they were not yours",
        retry_after_seconds=str(max(1, ceil(wait.total_seconds()))),
    )


def second_factor_is_to_be_set_up() -> Refusal:
    """Staff need one here."""
    advice = "staff need a second factor here; set one up with EnrolSecondFactor, then log in"
    return Refusal(Kind.PRECONDITION, "SECOND_FACTOR_TO_BE_SET_UP", advice)


def there_is_no_second_factor() -> Refusal:
    """The person is asked for none."""
    advice = "this person has no second factor"
    return Refusal(Kind.PRECONDITION, "NO_SECOND_FACTOR", advice)


def factor_reset_is_unknown(reset_id: str) -> Refusal:
    """Nobody proposed it."""
    advice = "no proposal has this id; propose it first"
    return Refusal(Kind.NOT_FOUND, "FACTOR_RESET_UNKNOWN", advice, reset_id=reset_id)


def factor_reset_has_ended() -> Refusal:
    """It was approved, or nobody did in time."""
    advice = "this proposal was approved or has expired; propose it anew if that is still wanted"
    return Refusal(Kind.PRECONDITION, "FACTOR_RESET_ENDED", advice)
