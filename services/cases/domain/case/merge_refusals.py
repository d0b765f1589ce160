"""Why cases are not merged, and what a merged one refuses."""

from libs.ledger.decider import Kind, Refusal


def case_merged(into_case_id: str, into_public_id: str) -> Refusal:
    """It goes on in another case."""
    message = f"this case was merged into {into_public_id} and goes on there: use that one"
    return Refusal(
        Kind.PRECONDITION,
        "CASE_MERGED",
        message,
        into_case_id=into_case_id,
        into_public_id=into_public_id,
    )


def merged_with_itself() -> Refusal:
    """There must be two."""
    message = "a case cannot be merged into itself: name another case in into_case_id"
    return Refusal(Kind.INVALID, "MERGED_WITH_ITSELF", message, field="into_case_id")


def affairs_differ(affair_id: str, into_affair_id: str) -> Refusal:
    """They are about different kinds of matter, by different promises."""
    message = "these cases are about different affairs: only cases of the same affair can be merged"
    facts = {"affair_id": affair_id, "into_affair_id": into_affair_id}
    return Refusal(Kind.PRECONDITION, "AFFAIRS_DIFFER", message, **facts)


def history_not_merged() -> Refusal:
    """The clocks of imported history do not run yet."""
    message = "imported history is merged once whoever imports it has finished (FinishImport): wait for that"
    return Refusal(Kind.PRECONDITION, "HISTORY_NOT_MERGED", message)


def not_merged() -> Refusal:
    """There is nothing to take apart."""
    message = "this case is not merged into another one: read the case to see its state"
    return Refusal(Kind.PRECONDITION, "CASE_NOT_MERGED", message)


def others_reported_it() -> Refusal:
    """One of several reporters does not end the matter for all."""
    message = "others reported the same matter, so it goes on for them: this case cannot be withdrawn"
    return Refusal(Kind.PRECONDITION, "OTHERS_REPORTED_IT", message)


def changed_meanwhile(case_id: str) -> Refusal:
    """The other case has changed since it was read."""
    message = "one of the two cases keeps changing at the same moment: try again shortly"
    return Refusal(Kind.CONFLICT, "CONCURRENT_CHANGE", message, subject=f"case-{case_id}")
