"""The refusals of joining: code, kind and advice of each."""

from datetime import timedelta
from math import ceil

from libs.ledger.decider import Kind, Refusal


def codes_are_too_many(wait: timedelta) -> Refusal:
    """Enough codes were asked for at this address, by whomever."""
    return Refusal(
        Kind.EXHAUSTED,
        "TOO_MANY_CODES",
        "enough codes were asked for at this address; use the last one, or wait",
        retry_after_seconds=str(max(1, ceil(wait.total_seconds()))),
    )


def code_is_refused() -> Refusal:
    """The code, its id or its purpose is wrong, or it counts no more; the answer does not show which."""
    advice = "the code is wrong, too old or used up; check it, or ask for another"
    return Refusal(Kind.UNAUTHENTICATED, "CODE_REFUSED", advice)


def invitation_is_refused() -> Refusal:
    """No invitation has this code, or it counts no more; the answer does not show which."""
    advice = "the invitation is wrong, too old or used up; check it, or ask for another at a counter"
    return Refusal(Kind.UNAUTHENTICATED, "INVITATION_REFUSED", advice)


def sign_up_is_closed() -> Refusal:
    """The operator has not opened it."""
    advice = "nobody can sign up here by themselves; ask for an invitation at a counter"
    return Refusal(Kind.PRECONDITION, "SIGN_UP_CLOSED", advice)


def already_registered() -> Refusal:
    """Somebody is registered with the address that the caller proved to be theirs."""
    advice = "somebody is registered with this address; log in, or ask for an invitation at a counter"
    return Refusal(Kind.ALREADY_EXISTS, "ALREADY_REGISTERED", advice)


def address_is_taken() -> Refusal:
    """Another person has confirmed the address."""
    advice = "another person has confirmed this address; ask at a counter if it is yours now"
    return Refusal(Kind.ALREADY_EXISTS, "ADDRESS_TAKEN", advice)


def code_is_not_enough(role: str) -> Refusal:
    """Who may do so much is not let in by what comes by e-mail or text message alone."""
    advice = f"a code is not enough for whoever is {role} and has no second factor; log in by the password"
    return Refusal(Kind.PRECONDITION, "CODE_NOT_ENOUGH", advice, role=role)


def login_exists() -> Refusal:
    """The resident logs in already."""
    advice = "this resident can log in already; who forgot the password gets another, and no invitation"
    return Refusal(Kind.PRECONDITION, "LOGIN_EXISTS", advice)
