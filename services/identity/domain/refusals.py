"""The refusals of identity: code, kind and advice of each."""

from collections.abc import Sequence

from libs.ledger.decider import Kind, Refusal
from services.identity.domain.values import Encroachment


def name_is_missing() -> Refusal:
    """A name that is empty in both languages."""
    return Refusal(
        Kind.INVALID, "NAME_MISSING", "give the name in Chinese, in English, or both", field="name"
    )


def area_is_unknown(area_id: str, field: str = "area_id") -> Refusal:
    """No area has this id."""
    return Refusal(
        Kind.NOT_FOUND,
        "AREA_UNKNOWN",
        "no area has this id; list the areas, or define it first",
        field=field,
        area_id=area_id,
    )


def area_is_defined_differently(area_id: str) -> Refusal:
    """The id is taken by an area with another parent, level or name."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "AREA_DEFINED_DIFFERENTLY",
        "this area exists with another parent, level or name; give the new area another id",
        area_id=area_id,
    )


def level_is_not_below(level: str, parent_level: str) -> Refusal:
    """A child must be of a lower level than its parent."""
    return Refusal(
        Kind.INVALID,
        "LEVEL_NOT_BELOW_PARENT",
        "an area's level must be lower than its parent's: city, district, street, community, grid cell",
        field="level",
        level=level,
        parent_level=parent_level,
    )


def boundary_is_unusable(reason: str) -> Refusal:
    """The text is no polygon in degrees."""
    return Refusal(
        Kind.INVALID, "BOUNDARY_UNUSABLE", f"the boundary cannot be used: {reason}", field="boundary"
    )


def deadline_is_too_near() -> Refusal:
    """The caller stops waiting before boundaries are compared."""
    message = "the boundaries could not be compared within your deadline; nothing was done, allow more time"
    return Refusal(Kind.EXHAUSTED, "DEADLINE_TOO_NEAR", message)


def boundary_is_beyond(on: Encroachment) -> Refusal:
    """Ground outside the area above that has a boundary."""
    return Refusal(
        Kind.PRECONDITION,
        "BOUNDARY_BEYOND_PARENT",
        f"the boundary reaches beyond that of {on.area_id}, which bounds it, {on}; draw it within"
        " that one, or have that one changed first",
        field="boundary",
        area_id=on.area_id,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )


def boundary_leaves_out(on: Encroachment) -> Refusal:
    """Ground of an area below lies outside."""
    return Refusal(
        Kind.PRECONDITION,
        "BOUNDARY_LEAVES_OUT_AREA",
        f"{on.area_id}, an area below, reaches beyond this boundary, {on}; change that one first",
        field="boundary",
        area_id=on.area_id,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )


def ground_is_out_of_reach(on: Encroachment) -> Refusal:
    """Ground of an area that somebody else plans, or that no area of the caller's holds."""
    return Refusal(
        Kind.PERMISSION,
        "GROUND_OUT_OF_REACH",
        f"the boundary takes ground that your grants do not let you plan, of {on.area_id}, {on}; leave that"
        " out, or ask somebody who may plan it, too",
        field="boundary",
        area_id=on.area_id,
        longitude=f"{on.longitude:.6f}",
        latitude=f"{on.latitude:.6f}",
        square_metres=f"{on.square_metres:.0f}",
        since=on.since.isoformat(),
    )


def place_is_outside_areas() -> Refusal:
    """No boundary valid then has the point inside."""
    return Refusal(
        Kind.NOT_FOUND,
        "PLACE_OUTSIDE_AREAS",
        "no area contained this point at that moment; check longitude, latitude and time",
    )


def natural_key_is_blank() -> Refusal:
    """Nothing is left of the key when blanks and dashes are taken away."""
    return Refusal(
        Kind.INVALID, "NATURAL_KEY_BLANK", "the natural key needs letters or digits", field="natural_key"
    )


def natural_key_does_not_fit(advice: str) -> Refusal:
    """This kind of key is not for this kind of party, or it has another form."""
    return Refusal(Kind.INVALID, "NATURAL_KEY_UNFIT", advice, field="natural_key")


def body_is_unknown(body_id: str) -> Refusal:
    """No body has this id."""
    return Refusal(
        Kind.NOT_FOUND,
        "BODY_UNKNOWN",
        "no body has this id; list the bodies, or register it first",
        field="body_id",
        body_id=body_id,
    )


def body_id_is_taken(body_id: str) -> Refusal:
    """The local code is already the id of a body with another key."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "BODY_ID_TAKEN",
        "another body has this id; register with another local code",
        body_id=body_id,
    )


def party_is_unknown(party_id: str) -> Refusal:
    """No resident has this id (or they were erased)."""
    return Refusal(
        Kind.NOT_FOUND,
        "PARTY_UNKNOWN",
        "no resident has this id; register the resident first",
        party_id=party_id,
    )


def grant_is_unknown(grant_id: str) -> Refusal:
    """The party does not hold this grant."""
    return Refusal(
        Kind.NOT_FOUND,
        "GRANT_UNKNOWN",
        "the party does not hold this grant; list the party's roles",
        field="grant_id",
        grant_id=grant_id,
    )


def grants_are_too_many(held: int) -> Refusal:
    """A token has no room for more."""
    return Refusal(
        Kind.PRECONDITION,
        "GRANTS_TOO_MANY",
        "a token has no room for another grant of this party; replace several by one for an area above",
        held=str(held),
    )


def login_name_is_taken() -> Refusal:
    """Somebody logs in with this name already."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "LOGIN_NAME_TAKEN",
        "this login name is in use; choose another",
        field="login_name",
    )


def login_is_unknown() -> Refusal:
    """Nobody logs in with this name."""
    return Refusal(
        Kind.NOT_FOUND, "LOGIN_UNKNOWN", "no login has this name; create it first", field="login_name"
    )


def client_is_unknown(client_id: str) -> Refusal:
    """No active client has this id."""
    return Refusal(
        Kind.NOT_FOUND,
        "CLIENT_UNKNOWN",
        "no client has this id, or it was retired; list the clients",
        client_id=client_id,
    )


def client_exists(client_id: str) -> Refusal:
    """The id is taken."""
    return Refusal(Kind.ALREADY_EXISTS, "CLIENT_EXISTS", "a client has this id already", client_id=client_id)


def scopes_beyond_reach(scopes: str) -> Refusal:
    """A caller cannot give scopes that they do not hold."""
    return Refusal(
        Kind.PERMISSION,
        "SCOPES_BEYOND_REACH",
        "you can only give a client scopes that you hold yourself",
        scopes=scopes,
    )


def scopes_are_unknown(scopes: Sequence[str], known: Sequence[str]) -> Refusal:
    """No role gives these; `known` are those that there are."""
    return Refusal(
        Kind.INVALID,
        "SCOPES_UNKNOWN",
        f"there is no scope {', '.join(scopes)}; there are {', '.join(known)}",
        field="scopes",
        scopes=",".join(scopes),
        known=",".join(known),
    )


def first_operator_exists() -> Refusal:
    """The installation has had its first operator."""
    return Refusal(
        Kind.ALREADY_EXISTS,
        "FIRST_OPERATOR_EXISTS",
        "this installation has had its first operator; an operator nominates the next",
    )


def last_operator_stays() -> Refusal:
    """Without an operator nobody could make another."""
    return Refusal(
        Kind.PRECONDITION,
        "LAST_OPERATOR",
        "this is the only operator without limits; make another before this one goes",
    )


def credentials_are_refused() -> Refusal:
    """The name, the password, or both are wrong; the answer does not show which."""
    return Refusal(Kind.UNAUTHENTICATED, "CREDENTIALS_REFUSED", "the name or the secret is wrong; try again")


def too_many_attempts(seconds: int) -> Refusal:
    """Somebody tried too often under this name, from this address, or in all."""
    return Refusal(
        Kind.EXHAUSTED,
        "TOO_MANY_ATTEMPTS",
        "there were too many failed attempts; wait before the next",
        retry_after_seconds=str(seconds),
    )


def logins_are_busy() -> Refusal:
    """As many secrets as may be are being checked already."""
    return Refusal(
        Kind.EXHAUSTED,
        "LOGINS_BUSY",
        "too many logins at once; nothing was checked, try again in a moment",
        retry_after_seconds="1",
    )
