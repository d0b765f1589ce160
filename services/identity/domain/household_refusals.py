"""The refusals of buildings, dwellings, households and facts: code, kind and advice of each."""

from libs.ledger.decider import Kind, Refusal


def building_is_unknown(building_id: str) -> Refusal:
    """No building has this id."""
    advice = "no building has this id; list the buildings, or register it first"
    return Refusal(Kind.NOT_FOUND, "BUILDING_UNKNOWN", advice, field="building_id", building_id=building_id)


def building_is_registered_differently(building_id: str) -> Refusal:
    """The id is taken by a building elsewhere."""
    advice = (
        "this building exists with another area, address, place or beginning; give the new one another id"
    )
    return Refusal(Kind.ALREADY_EXISTS, "BUILDING_REGISTERED_DIFFERENTLY", advice, building_id=building_id)


def building_address_is_taken(building_id: str) -> Refusal:
    """The building at this address is registered under another id."""
    advice = "another building has this address; add the dwellings to that one"
    return Refusal(Kind.ALREADY_EXISTS, "BUILDING_ADDRESS_TAKEN", advice, building_id=building_id)


def building_is_not_standing() -> Refusal:
    """Nobody lived in it, and nobody saw it, before it stood."""
    advice = "the building did not stand yet at this moment; correct the moment"
    return Refusal(Kind.PRECONDITION, "BUILDING_NOT_STANDING", advice)


def unit_is_blank() -> Refusal:
    """Nothing tells the dwelling from others."""
    advice = "a unit needs letters or digits, such as 3-201"
    return Refusal(Kind.INVALID, "UNIT_BLANK", advice, field="units")


def dwellings_are_too_many(most: int) -> Refusal:
    """A building has more than there is room for."""
    advice = f"a building has {most} dwellings at most; register its parts as buildings of their own"
    return Refusal(Kind.PRECONDITION, "DWELLINGS_TOO_MANY", advice, most=str(most))


def dwelling_is_unknown(building_id: str) -> Refusal:
    """The building has no such unit."""
    advice = "this building has no such unit; list its dwellings, or register the building again with it"
    return Refusal(Kind.NOT_FOUND, "DWELLING_UNKNOWN", advice, field="unit", building_id=building_id)


def household_is_unknown(household_id: str) -> Refusal:
    """No household has this id, or all its members were erased."""
    advice = "no household has this id; list the households"
    return Refusal(
        Kind.NOT_FOUND, "HOUSEHOLD_UNKNOWN", advice, field="household_id", household_id=household_id
    )


def household_is_empty() -> Refusal:
    """Nobody lives in it any more."""
    advice = "everybody has left this household; move somebody in, or form another"
    return Refusal(Kind.PRECONDITION, "HOUSEHOLD_EMPTY", advice)


def nobody_lives_there() -> Refusal:
    """A household has at least one member who is known."""
    advice = "name at least one member, each once"
    return Refusal(Kind.INVALID, "MEMBERS_MISSING", advice, field="members")


def not_a_member(resident_id: str) -> Refusal:
    """The person did not live in this household at that moment."""
    advice = "this person was not a member of the household at that moment; move them in first"
    return Refusal(Kind.PRECONDITION, "NOT_A_MEMBER", advice, party_id=resident_id)


def resident_has_no_household() -> Refusal:
    """Nobody has said where the person lives."""
    advice = "this person lives in no household that is known; ask the grid worker to register it"
    return Refusal(Kind.NOT_FOUND, "NO_HOUSEHOLD", advice)


def lies_in_the_future(field: str) -> Refusal:
    """Nobody has seen it, or moved, yet."""
    advice = "this moment has not come yet; give one that has passed"
    return Refusal(Kind.INVALID, "NOT_YET", advice, field=field)


def move_is_too_early() -> Refusal:
    """Somebody would live in two places at once, or in one that did not exist."""
    advice = "a later move is known, or nothing that could be moved was there yet; give a later moment"
    return Refusal(Kind.PRECONDITION, "MOVE_TOO_EARLY", advice)


def home_has_changed() -> Refusal:
    """Somebody else moved the person meanwhile."""
    advice = "the person was moved by somebody else meanwhile; look again"
    return Refusal(Kind.CONFLICT, "HOME_CHANGED", advice)


def subject_is_missing() -> Refusal:
    """A visit is to a household, a dwelling or a building."""
    advice = "name either a household, a dwelling or a building"
    return Refusal(Kind.INVALID, "SUBJECT_MISSING", advice, field="household_id")


def fact_is_of_something_else(kind: str, about: str) -> Refusal:
    """The request does not name what the fact is about."""
    advice = f"{kind} is a fact of a {about}, which this request does not name"
    return Refusal(Kind.INVALID, "FACT_SUBJECT_UNFIT", advice, field="facts", fact_kind=kind, subject=about)


def fact_value_is_unfit(kind: str, advice: str) -> Refusal:
    """The value has another form, or lies out of bounds. The answer does not repeat it."""
    return Refusal(Kind.INVALID, "FACT_VALUE_UNFIT", f"{kind}: {advice}", field="facts", fact_kind=kind)


def source_is_unfit(advice: str) -> Refusal:
    """The source does not fit the caller, or lacks its body."""
    return Refusal(Kind.INVALID, "SOURCE_UNFIT", advice, field="source")


def area_is_too_large(most: int) -> Refusal:
    """Facts of people are opened one by one."""
    advice = f"more than {most} buildings, dwellings, households and people lie here; ask for areas below"
    return Refusal(Kind.PRECONDITION, "AREA_TOO_LARGE", advice, most=str(most))
