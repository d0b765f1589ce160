"""The refusals about letters on paper."""

from libs.ledger.decider import Kind, Refusal


def postal_address_is_missing() -> Refusal:
    """No letter can be sent: there is no address."""
    advice = "give a postal address if you choose letters: none was registered"
    return Refusal(Kind.INVALID, "POSTAL_ADDRESS_MISSING", advice, field="postal_address")


def letters_are_unknown(batch: str) -> Refusal:
    """No letters were gathered under this number."""
    return Refusal(Kind.NOT_FOUND, "LETTERS_UNKNOWN", f"there is no batch {batch} of letters", batch=batch)


def letters_are_being_printed() -> Refusal:
    """Another process prints letters at the moment."""
    advice = "another run prints letters at the moment: wait until it has ended"
    return Refusal(Kind.PRECONDITION, "LETTERS_BEING_PRINTED", advice)
