"""Why a consent is not confirmed, or not sent for confirmation."""

from libs.ledger.decider import Kind, Refusal


def consent_is_not_confirmed() -> Refusal:
    """Only the resident records a consent at once, and only for reporting cases."""
    advice = "this takes the resident's confirmation: propose it, read it to them, and have it confirmed"
    return Refusal(Kind.PRECONDITION, "CONSENT_NOT_CONFIRMED", advice)


def helper_is_unknown(helper_id: str) -> Refusal:
    """Nobody could say to the resident who that is."""
    advice = "no person or client is registered under this id; register them first"
    return Refusal(Kind.NOT_FOUND, "HELPER_UNKNOWN", advice, helper_id=helper_id)


def consent_has_lapsed() -> Refusal:
    """What was read a day ago is not confirmed any more."""
    advice = "nobody confirmed it in time; propose it again, and read it to the resident"
    return Refusal(Kind.PRECONDITION, "CONSENT_LAPSED", advice)


def consent_is_revoked() -> Refusal:
    """It was taken back."""
    return Refusal(Kind.PRECONDITION, "CONSENT_REVOKED", "this consent was revoked; propose another")


def confirmation_is_unfit() -> Refusal:
    """What came along shows nothing, or another way of confirming."""
    advice = "give the code for CODE, signature_reference for SIGNATURE, and neither for the others"
    return Refusal(Kind.INVALID, "CONFIRMATION_UNFIT", advice, field="confirmation")


def code_is_wrong() -> Refusal:
    """It is not the code that the resident was sent."""
    return Refusal(Kind.PRECONDITION, "CODE_WRONG", "this is not the code that was sent; ask for it again")


def no_code_was_sent() -> Refusal:
    """What nobody was sent is only guessed."""
    advice = "no code was sent for this consent; propose it with send_code, or confirm it in another way"
    return Refusal(Kind.PRECONDITION, "CODE_WAS_NOT_SENT", advice)


def code_is_spent() -> Refusal:
    """Too many wrong ones were given, for this consent or lately for all of the resident's."""
    advice = "too many wrong codes were given; confirm it in another way, or propose it again in an hour"
    return Refusal(Kind.PRECONDITION, "CODE_SPENT", advice)


def code_has_no_address() -> Refusal:
    """There is no address that the resident chose, and none with which they are registered."""
    advice = "no code can be sent to this resident; have it confirmed in another way"
    return Refusal(Kind.PRECONDITION, "CODE_HAS_NO_ADDRESS", advice)


def code_is_not_sent() -> Refusal:
    """The channel does not take it at the moment."""
    advice = "the code could not be sent; repeat the request in a moment"
    return Refusal(Kind.UNAVAILABLE, "CODE_NOT_SENT", advice)
