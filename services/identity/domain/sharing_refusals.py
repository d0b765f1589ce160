"""Why data are not shared."""

from libs.ledger.decider import Kind, Refusal


def data_set_is_unknown(data_set_id: str) -> Refusal:
    """No data set has this id."""
    advice = "no data set has this id; list the data sets"
    return Refusal(Kind.NOT_FOUND, "DATA_SET_UNKNOWN", advice, data_set_id=data_set_id)


def data_set_is_defined_differently(data_set_id: str) -> Refusal:
    """What was granted of it would change."""
    advice = "this data set is defined differently; define another one"
    return Refusal(Kind.ALREADY_EXISTS, "DATA_SET_EXISTS", advice, data_set_id=data_set_id)


def data_set_is_your_own() -> Refusal:
    """A body reads what it keeps without asking."""
    advice = "this body owns the data set; ask for that of another"
    return Refusal(Kind.INVALID, "DATA_SET_YOUR_OWN", advice, field="body_id")


def share_is_unknown(share_id: str) -> Refusal:
    """Nobody asked for it."""
    advice = "no share has this id; list the shares"
    return Refusal(Kind.NOT_FOUND, "SHARE_UNKNOWN", advice, share_id=share_id)


def share_period_is_unfit() -> Refusal:
    """It begins after it ends, is over, or lasts too long."""
    advice = "a share ends after now and after it begins, and within three years of that"
    return Refusal(Kind.INVALID, "SHARE_PERIOD_UNFIT", advice, field="until_time")


def share_is_decided() -> Refusal:
    """The owner has said something else."""
    advice = "the owner decided otherwise; end the share, or ask for another one"
    return Refusal(Kind.PRECONDITION, "SHARE_DECIDED", advice)


def share_is_not_granted() -> Refusal:
    """There is nothing to end."""
    return Refusal(
        Kind.PRECONDITION, "SHARE_NOT_GRANTED", "this share was not granted; there is nothing to end"
    )


def share_is_not_in_force() -> Refusal:
    """It was not granted, has not begun, is over, or was ended."""
    advice = "this share is not in force now; ask for the data set again"
    return Refusal(Kind.PERMISSION, "SHARE_NOT_IN_FORCE", advice)


def purpose_is_another() -> Refusal:
    """The data were granted for something else."""
    advice = "the data were granted for another purpose; ask for the data set for yours"
    return Refusal(Kind.PERMISSION, "SHARE_PURPOSE_OTHER", advice)
