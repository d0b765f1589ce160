"""The refusals of supervision: each has a stable code and advice."""

from libs.ledger.decider import Kind, Refusal


def case_unknown() -> Refusal:
    """Nothing was noted about such a case."""
    return Refusal(
        Kind.NOT_FOUND,
        "CASE_UNKNOWN",
        "supervision knows no such case; if it was opened a moment ago, pass the revision from the answer "
        "of OpenCase as `cases_at_least`",
    )


def opening_missing(version: int) -> Refusal:
    """Something happened to a case that was never opened: the events are out of order."""
    return Refusal(
        Kind.PRECONDITION,
        "OPENING_MISSING",
        "the opening of this case has not arrived: retry this event when it has",
        version=str(version),
    )


def case_not_closed() -> Refusal:
    """Only what has come to an end is rated."""
    return Refusal(
        Kind.PRECONDITION,
        "CASE_NOT_CLOSED",
        "only a closed case can be rated; if it was closed a moment ago, pass the revision from the "
        "answer of CloseCase as `cases_at_least`",
    )


def case_rated_already() -> Refusal:
    """Once for each person."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "CASE_RATED_ALREADY",
        "you have already rated this case: each person rates a case once",
    )


def works_for_the_body() -> Refusal:
    """Nobody says how good their own work was."""
    return Refusal(
        Kind.PERMISSION,
        "WORKS_FOR_THE_BODY",
        "you work for the body that had this case: others rate it",
    )


def stars_out_of_range(stars: int) -> Refusal:
    """There are five."""
    return Refusal(Kind.INVALID, "STARS_OUT_OF_RANGE", "give 1 to 5 stars", field="stars", stars=str(stars))


def area_unknown(area_id: str) -> Refusal:
    """No such area is known here."""
    return Refusal(
        Kind.NOT_FOUND, "AREA_UNKNOWN", "supervision knows no such area", field="area_id", area_id=area_id
    )


def body_unknown(body_id: str) -> Refusal:
    """No such body is known here."""
    return Refusal(
        Kind.NOT_FOUND, "BODY_UNKNOWN", "supervision knows no such body", field="body_id", body_id=body_id
    )


def affair_unknown(affair_id: str) -> Refusal:
    """No such affair is known here."""
    return Refusal(
        Kind.NOT_FOUND,
        "AFFAIR_UNKNOWN",
        "supervision knows no such affair",
        field="affair_id",
        affair_id=affair_id,
    )


def area_depth_missing() -> Refusal:
    """Rows of areas lie at one depth."""
    return Refusal(
        Kind.INVALID,
        "AREA_DEPTH_MISSING",
        "give the depth of the rows' areas in the tree: 1 is the root",
        field="area_depth",
    )


def period_empty() -> Refusal:
    """From and until the wrong way round."""
    return Refusal(
        Kind.INVALID,
        "PERIOD_EMPTY",
        "no moment lies in this period: `opened_until_time` must come after `opened_from_time`",
        field="opened_until_time",
    )
