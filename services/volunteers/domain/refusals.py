"""The refusals of the volunteers service: each has a stable code and advice."""

from libs.ledger.decider import Kind, Refusal


def volunteer_enrolled(volunteer_id: str) -> Refusal:
    """They are a volunteer already."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "VOLUNTEER_ENROLLED",
        "this party is already enrolled: revise the profile instead",
        volunteer_id=volunteer_id,
    )


def volunteer_not_found() -> Refusal:
    """Nobody of that id is enrolled."""
    return Refusal(Kind.NOT_FOUND, "VOLUNTEER_NOT_FOUND", "no volunteer with this id is enrolled")


def need_not_found() -> Refusal:
    """No such need."""
    return Refusal(Kind.NOT_FOUND, "NEED_NOT_FOUND", "there is no need with this id")


def proposal_not_found() -> Refusal:
    """No such proposal."""
    return Refusal(Kind.NOT_FOUND, "PROPOSAL_NOT_FOUND", "there is no proposal with this id")


def offer_not_found() -> Refusal:
    """This volunteer was not asked for this need."""
    return Refusal(Kind.NOT_FOUND, "OFFER_NOT_FOUND", "this volunteer was not asked for this need")


def profile_invalid(field: str, message: str) -> Refusal:
    """A part of the profile makes no sense."""
    return Refusal(Kind.INVALID, "PROFILE_INVALID", message, field=f"profile.{field}")


def resident_unknown(resident_id: str) -> Refusal:
    """The id belongs to no registered resident: nobody could erase what is stored under it."""
    return Refusal(
        Kind.PRECONDITION,
        "RESIDENT_UNKNOWN",
        "nobody is registered under this id: give the resident_id from identity's answer"
        " (a new resident is known after a moment: try again)",
        field="volunteer_id",
        volunteer_id=resident_id,
    )


def area_unknown(area_id: str) -> Refusal:
    """No such area has arrived from identity."""
    return Refusal(
        Kind.PRECONDITION,
        "AREA_UNKNOWN",
        "this area is not known: take an id that ListAreas of the identity service shows",
        area_id=area_id,
    )


def shift_ends_before_it_starts() -> Refusal:
    """End and start are the wrong way round, or equal."""
    return Refusal(
        Kind.PRECONDITION, "SHIFT_ENDS_BEFORE_IT_STARTS", "give an end_time later than the start_time"
    )


def shift_in_the_past() -> Refusal:
    """The shift has begun before anybody could be asked."""
    return Refusal(Kind.PRECONDITION, "SHIFT_IN_THE_PAST", "give a start_time in the future")


def nothing_to_match(area_id: str) -> Refusal:
    """No open need in the area."""
    return Refusal(
        Kind.PRECONDITION, "NOTHING_TO_MATCH", "the area has no open need: raise one first", area_id=area_id
    )


def need_ended(need_id: str) -> Refusal:
    """The need was withdrawn."""
    return Refusal(
        Kind.PRECONDITION,
        "NEED_ENDED",
        "the need was withdrawn: it takes no more volunteers",
        need_id=need_id,
    )


def need_filled(need_id: str) -> Refusal:
    """As many as wanted have accepted."""
    return Refusal(
        Kind.PRECONDITION,
        "NEED_FILLED",
        "as many volunteers as wanted have already accepted",
        need_id=need_id,
    )


def offer_expired() -> Refusal:
    """The answer comes too late."""
    return Refusal(
        Kind.PRECONDITION, "OFFER_EXPIRED", "the time to answer is over: ask the coordinator for a new offer"
    )


def offer_not_accepted() -> Refusal:
    """Hours are recorded only for those who said yes."""
    return Refusal(
        Kind.PRECONDITION, "OFFER_NOT_ACCEPTED", "the volunteer has not accepted an offer for this need"
    )


def booked_elsewhere(need_id: str) -> Refusal:
    """The shift overlaps another booking."""
    return Refusal(
        Kind.PRECONDITION,
        "BOOKED_ELSEWHERE",
        "the volunteer is booked for another shift at that time: decline that one first",
        need_id=need_id,
    )


def shift_not_begun() -> Refusal:
    """Hours of a shift that is still to come."""
    return Refusal(
        Kind.PRECONDITION, "SHIFT_NOT_BEGUN", "record the hours when the shift has begun, or later"
    )


def hours_already_recorded() -> Refusal:
    """The hours of this volunteer for this need stand in the ledger."""
    return Refusal(
        Kind.PRECONDITION, "HOURS_ALREADY_RECORDED", "the hours for this need are recorded already"
    )
