"""The refusals of mergers of people: code, kind and advice of each."""

from libs.ledger.decider import Kind, Refusal


def merger_is_unfit(advice: str) -> Refusal:
    """These two cannot be merged as they stand."""
    return Refusal(Kind.PRECONDITION, "MERGER_UNFIT", advice)


def merger_is_unknown() -> Refusal:
    """There is no such proposal, or it was decided."""
    advice = "no open proposal has this id; list the mergers"
    return Refusal(Kind.NOT_FOUND, "MERGER_UNKNOWN", advice, field="merger_id")


def merger_is_open() -> Refusal:
    """Somebody proposed something about this person already."""
    advice = "a proposal about this person is open; have it approved or rejected first"
    return Refusal(Kind.ALREADY_EXISTS, "MERGER_OPEN", advice)


def merger_has_expired() -> Refusal:
    """Nobody decided in time."""
    advice = "this proposal has expired; propose it anew if that is still wanted"
    return Refusal(Kind.PRECONDITION, "MERGER_EXPIRED", advice)


def merger_takes_another_person() -> Refusal:
    """Whoever proposed cannot approve."""
    advice = "you proposed this yourself; let another person approve, or reject it to withdraw"
    return Refusal(Kind.PERMISSION, "MERGER_TAKES_ANOTHER_PERSON", advice)


def merger_is_about_you() -> Refusal:
    """Nobody merges themself."""
    advice = "this is about yourself; let somebody else decide"
    return Refusal(Kind.PERMISSION, "MERGER_ABOUT_YOURSELF", advice)


def registration_is_merged() -> Refusal:
    """A login of it would be one of another registration."""
    advice = "this registration is merged into another one of the same person; use that one"
    return Refusal(Kind.PRECONDITION, "MERGED_REGISTRATION", advice)


def merger_is_of_staff() -> Refusal:
    """One of the two holds a role beyond that of a resident or volunteer."""
    advice = (
        "one of the two has an office, whose rights would go over to whoever logs in as the other; end the"
        " other grants, or keep them apart"
    )
    return Refusal(Kind.PRECONDITION, "MERGER_OF_STAFF", advice)
