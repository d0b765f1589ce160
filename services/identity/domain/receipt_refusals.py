"""The refusals about receipts of erasures: code, kind and advice of each."""

from libs.ledger.decider import Kind, Refusal


def erasure_is_unknown() -> Refusal:
    """Nobody was erased under this id, or with this code: the answer does not show more."""
    advice = "no erasure has this id or code; type the code as it stands on the receipt"
    return Refusal(Kind.NOT_FOUND, "ERASURE_UNKNOWN", advice)
