"""The refusals of corrections of a person's data: code, kind and advice of each."""

from libs.ledger.decider import Kind, Refusal


def reason_is_missing() -> Refusal:
    """Only the person themself needs none."""
    advice = "say why you correct another person's data"
    return Refusal(Kind.INVALID, "CORRECTION_REASON_MISSING", advice, field="reason")


def corrections_are_too_many(most: int) -> Refusal:
    """They would no longer be shown at once."""
    advice = f"the data of a person are corrected {most} times at most"
    return Refusal(Kind.PRECONDITION, "CORRECTIONS_TOO_MANY", advice, most=str(most))


def birth_date_is_unfit() -> Refusal:
    """It is no day, or nobody who lives was born on it."""
    advice = "give the day of birth as YYYY-MM-DD, in the past and at most 150 years ago"
    return Refusal(Kind.INVALID, "BIRTH_DATE_UNFIT", advice, field="birth_date")
