"""The refusals of natural keys of people: code, kind and advice of each. None says who holds a key."""

from libs.ledger.decider import Kind, Refusal


def natural_key_is_taken() -> Refusal:
    """Somebody else is known by it."""
    advice = (
        "somebody else is registered with this key; correct it, have it released there, or merge the two if"
        " they are one person"
    )
    return Refusal(Kind.ALREADY_EXISTS, "NATURAL_KEY_TAKEN", advice, field="natural_key")


def natural_keys_are_of_several() -> Refusal:
    """They belong to more than one person."""
    advice = (
        "these keys belong to more than one registered person; register with one of them, or merge the"
        " people if they are one"
    )
    return Refusal(Kind.ALREADY_EXISTS, "NATURAL_KEYS_OF_SEVERAL", advice, field="more_natural_keys")


def national_id_is_another() -> Refusal:
    """Nobody has two: they share a phone or a mailbox, or one id is mistyped."""
    advice = (
        "who has the other key has another national id: leave out a phone or e-mail address that people share"
        " or that was somebody else's before; if the id there is mistyped, add the right one to that person"
    )
    return Refusal(Kind.ALREADY_EXISTS, "NATIONAL_ID_DIFFERS", advice, field="natural_key")


def natural_key_is_unknown() -> Refusal:
    """This person is not known by it."""
    advice = "this person does not have this key; show the person to see their keys"
    return Refusal(Kind.NOT_FOUND, "NATURAL_KEY_UNKNOWN", advice, field="natural_key")


def natural_keys_are_too_many(most: int) -> Refusal:
    """Nobody has so many."""
    advice = f"nobody has more than {most} keys; release those that are no longer theirs"
    return Refusal(Kind.PRECONDITION, "NATURAL_KEYS_TOO_MANY", advice, most=str(most))


def natural_key_is_the_last() -> Refusal:
    """Without it the person could be found no more, and would be registered again."""
    advice = "this is the only key of this person: add another one before this one goes"
    return Refusal(Kind.PRECONDITION, "LAST_NATURAL_KEY", advice)
