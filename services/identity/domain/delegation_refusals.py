"""Why a power is not delegated."""

from libs.ledger.decider import Kind, Refusal


def delegation_is_unknown(delegation_id: str) -> Refusal:
    """No delegation to this body has this id."""
    advice = "no delegation has this id, or it is to another body; list the delegations"
    return Refusal(Kind.NOT_FOUND, "DELEGATION_UNKNOWN", advice, delegation_id=delegation_id)


def delegation_period_is_unfit() -> Refusal:
    """It begins after it ends, is over, or lasts too long."""
    advice = "a delegation ends after now and after it begins, and within a year from now"
    return Refusal(Kind.INVALID, "DELEGATION_PERIOD_UNFIT", advice, field="until_time")


def delegation_is_a_circle() -> Refusal:
    """The power would come back to a body that has it."""
    advice = "this body has the power already; delegate it to another one"
    return Refusal(Kind.INVALID, "DELEGATION_IN_A_CIRCLE", advice, field="to_body_id")


def delegation_was_passed_on() -> Refusal:
    """Whoever answers for it would be lost in a longer chain."""
    advice = "this power was passed on already; ask the body whose it is to delegate it"
    return Refusal(Kind.PRECONDITION, "DELEGATION_PASSED_ON_ONCE", advice)


def delegation_is_not_in_force() -> Refusal:
    """What was received has ended."""
    advice = "the delegation under which you delegate has ended; ask for another one"
    return Refusal(Kind.PRECONDITION, "DELEGATION_NOT_IN_FORCE", advice)


def delegation_is_too_wide() -> Refusal:
    """More than was received."""
    advice = "this is more than the body received: keep to its power, area, affairs and period"
    return Refusal(Kind.PRECONDITION, "DELEGATION_TOO_WIDE", advice)
