"""The refusals of identity: code, kind and advice of each."""

from collections.abc import Sequence

from libs.ledger.decider import Kind, Refusal


def name_is_missing(field: str = "name") -> Refusal:
    """A name that is empty in both languages."""
    advice = "give the name in Chinese, in English, or both"
    return Refusal(Kind.INVALID, "NAME_MISSING", advice, field=field)


def area_is_unknown(area_id: str, field: str = "area_id") -> Refusal:
    """No area has this id."""
    advice = "no area has this id; list the areas, or define it first"
    return Refusal(Kind.NOT_FOUND, "AREA_UNKNOWN", advice, field=field, area_id=area_id)


def area_is_defined_differently(area_id: str) -> Refusal:
    """The id is taken by an area with another parent, level or name."""
    advice = "this area exists with another parent, level or name; give the new area another id"
    return Refusal(Kind.ALREADY_EXISTS, "AREA_DEFINED_DIFFERENTLY", advice, area_id=area_id)


def level_is_not_below(level: str, parent_level: str) -> Refusal:
    """A child must be of a lower level than its parent."""
    advice = "an area's level must be lower than its parent's: city, district, street, community, grid cell"
    facts = {"level": level, "parent_level": parent_level}
    return Refusal(Kind.INVALID, "LEVEL_NOT_BELOW_PARENT", advice, field="level", **facts)


def boundary_is_unusable(reason: str) -> Refusal:
    """The text is no polygon in degrees."""
    return Refusal(
        Kind.INVALID, "BOUNDARY_UNUSABLE", f"the boundary cannot be used: {reason}", field="boundary"
    )


def deadline_is_too_near() -> Refusal:
    """The caller stops waiting before boundaries are compared."""
    message = "the boundaries could not be compared within your deadline; nothing was done, allow more time"
    return Refusal(Kind.EXHAUSTED, "DEADLINE_TOO_NEAR", message)


def place_is_outside_areas() -> Refusal:
    """No boundary valid then has the point inside."""
    advice = "no area contained this point at that moment; check longitude, latitude and time"
    return Refusal(Kind.NOT_FOUND, "PLACE_OUTSIDE_AREAS", advice)


def natural_key_is_blank() -> Refusal:
    """Nothing is left of the key when blanks and dashes are taken away."""
    advice = "the natural key needs letters or digits"
    return Refusal(Kind.INVALID, "NATURAL_KEY_BLANK", advice, field="natural_key")


def natural_key_does_not_fit(advice: str) -> Refusal:
    """This kind of key is not for this kind of party, or it has another form."""
    return Refusal(Kind.INVALID, "NATURAL_KEY_UNFIT", advice, field="natural_key")


def body_is_unknown(body_id: str) -> Refusal:
    """No body has this id."""
    advice = "no body has this id; list the bodies, or register it first"
    return Refusal(Kind.NOT_FOUND, "BODY_UNKNOWN", advice, field="body_id", body_id=body_id)


def body_id_is_taken(body_id: str) -> Refusal:
    """The local code is already the id of a body with another key."""
    advice = "another body has this id; register with another local code"
    return Refusal(Kind.ALREADY_EXISTS, "BODY_ID_TAKEN", advice, body_id=body_id)


def party_is_unknown(party_id: str) -> Refusal:
    """No resident has this id (or they were erased)."""
    advice = "no resident has this id; register the resident first"
    return Refusal(Kind.NOT_FOUND, "PARTY_UNKNOWN", advice, party_id=party_id)


def grant_is_unknown(grant_id: str) -> Refusal:
    """The party does not hold this grant."""
    advice = "the party does not hold this grant; list the party's roles"
    return Refusal(Kind.NOT_FOUND, "GRANT_UNKNOWN", advice, field="grant_id", grant_id=grant_id)


def grant_ends_in_the_past() -> Refusal:
    """It would never be held."""
    advice = "a grant ends after now; to end one that is held, revoke it"
    return Refusal(Kind.INVALID, "GRANT_ENDS_IN_THE_PAST", advice, field="until_time")


def grants_are_too_many(held: int) -> Refusal:
    """A token has no room for more."""
    advice = "a token has no room for another grant of this party; replace several by one for an area above"
    return Refusal(Kind.PRECONDITION, "GRANTS_TOO_MANY", advice, held=str(held))


def two_persons_are_needed(role: str) -> Refusal:
    """Nobody gives, or takes over, such a role alone."""
    advice = "this role takes two persons: nominate the party, and let another person approve"
    return Refusal(Kind.PRECONDITION, "TWO_PERSONS_NEEDED", advice, role=role)


def roles_exclude_each_other(role: str, held: str) -> Refusal:
    """No party may hold both."""
    advice = f"nobody may be {role} and {held}; choose somebody else, or end the other grant first"
    return Refusal(Kind.PRECONDITION, "ROLES_EXCLUDE_EACH_OTHER", advice, role=role, held=held)


def role_is_not_yours_to_grant(role: str) -> Refusal:
    """None of the caller's roles may grant this one there."""
    advice = "none of your roles may grant this role here; ask somebody who may"
    return Refusal(Kind.PERMISSION, "ROLE_NOT_YOURS_TO_GRANT", advice, role=role)


def not_for_yourself() -> Refusal:
    """Nobody grants to themselves."""
    advice = "nobody gives a right to themselves; ask somebody else to"
    return Refusal(Kind.PERMISSION, "NOT_FOR_YOURSELF", advice)


def consent_is_unknown(consent_id: str) -> Refusal:
    """No consent has this id."""
    advice = "no consent has this id; list the consents"
    return Refusal(Kind.NOT_FOUND, "CONSENT_UNKNOWN", advice, consent_id=consent_id)


def consent_period_is_unfit() -> Refusal:
    """It would end before it begins, or too late."""
    advice = "a consent ends after now, and within a year"
    return Refusal(Kind.INVALID, "CONSENT_PERIOD_UNFIT", advice, field="until_time")


def role_needs_no_nomination(role: str) -> Refusal:
    """One person may grant it."""
    advice = "this role takes one person: grant it"
    return Refusal(Kind.INVALID, "ROLE_NEEDS_NO_NOMINATION", advice, field="role", role=role)


def nomination_is_unknown(nomination_id: str) -> Refusal:
    """No nomination has this id."""
    advice = "no nomination has this id; list the nominations"
    return Refusal(Kind.NOT_FOUND, "NOMINATION_UNKNOWN", advice, nomination_id=nomination_id)


def nomination_has_ended(outcome: str) -> Refusal:
    """It was approved, refused or withdrawn."""
    advice = f"this nomination was {outcome}; nominate the party anew if that is still wanted"
    return Refusal(Kind.PRECONDITION, "NOMINATION_ENDED", advice, outcome=outcome)


def nomination_has_expired() -> Refusal:
    """Nobody decided in time."""
    advice = "this nomination has expired; nominate the party anew if that is still wanted"
    return Refusal(Kind.PRECONDITION, "NOMINATION_EXPIRED", advice)


def nomination_is_not_yours() -> Refusal:
    """Only the nominator withdraws it."""
    advice = "only whoever nominated may withdraw; refuse the nomination instead"
    return Refusal(Kind.PERMISSION, "NOMINATION_NOT_YOURS", advice)


def second_person_is_needed() -> Refusal:
    """The nominator cannot decide."""
    advice = "you nominated the party yourself; let another person decide, or withdraw the nomination"
    return Refusal(Kind.PERMISSION, "SECOND_PERSON_NEEDED", advice)


def nominator_lost_right() -> Refusal:
    """Whoever nominated could not do so now."""
    advice = "the nominator may not grant this role any more; refuse the nomination, and make your own"
    return Refusal(Kind.PRECONDITION, "NOMINATOR_LOST_RIGHT", advice)


def login_name_is_taken() -> Refusal:
    """Somebody logs in with this name already."""
    advice = "this login name is in use; choose another"
    return Refusal(Kind.ALREADY_EXISTS, "LOGIN_NAME_TAKEN", advice, field="login_name")


def login_is_unknown() -> Refusal:
    """Nobody logs in with this name."""
    advice = "no login has this name; create it first"
    return Refusal(Kind.NOT_FOUND, "LOGIN_UNKNOWN", advice, field="login_name")


def client_is_unknown(client_id: str) -> Refusal:
    """No active client has this id."""
    advice = "no client has this id, or it was retired; list the clients"
    return Refusal(Kind.NOT_FOUND, "CLIENT_UNKNOWN", advice, client_id=client_id)


def client_exists(client_id: str) -> Refusal:
    """The id is taken."""
    return Refusal(Kind.ALREADY_EXISTS, "CLIENT_EXISTS", "a client has this id already", client_id=client_id)


def scopes_beyond_reach(lacking: Sequence[str]) -> Refusal:
    """A caller cannot give scopes that they do not hold there; `lacking` are those."""
    return Refusal(
        Kind.PERMISSION,
        "SCOPES_BEYOND_REACH",
        f"you can only give a client scopes that you hold yourself: you do not hold {', '.join(lacking)}",
        scopes=",".join(lacking),
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
    advice = "this installation has had its first operator; an operator nominates the next"
    return Refusal(Kind.ALREADY_EXISTS, "FIRST_OPERATOR_EXISTS", advice)


def other_operators_exist() -> Refusal:
    """The machine stands in for a second person only where there is none."""
    advice = "this installation has several operators: let one of them approve"
    return Refusal(Kind.PRECONDITION, "OTHER_OPERATORS_EXIST", advice)


def last_operator_stays() -> Refusal:
    """Without an operator nobody could make another."""
    advice = "this is the only operator without limits; make another before this one goes"
    return Refusal(Kind.PRECONDITION, "LAST_OPERATOR", advice)


def credentials_are_refused() -> Refusal:
    """The name, the password, or both are wrong; the answer does not show which."""
    advice = "the name or the secret is wrong; check both, for a few wrong ones block this name for a while"
    return Refusal(Kind.UNAUTHENTICATED, "CREDENTIALS_REFUSED", advice)


def logins_are_busy() -> Refusal:
    """As many secrets as may be are being checked already."""
    return Refusal(
        Kind.EXHAUSTED,
        "LOGINS_BUSY",
        "too many logins at once; nothing was checked, try again in a moment",
        retry_after_seconds="1",
    )


def notice_is_unknown(notice_id: str) -> Refusal:
    """There is no such notice, or it is another person's: the answer does not show which."""
    advice = "you have no notice with this id; list your notices"
    return Refusal(Kind.NOT_FOUND, "NOTICE_UNKNOWN", advice, field="notice_id", notice_id=notice_id)


def time_zone_is_unknown(name: str) -> Refusal:
    """It is no IANA time zone."""
    advice = "give the IANA name of a time zone, such as Asia/Shanghai"
    return Refusal(Kind.INVALID, "TIME_ZONE_UNKNOWN", advice, field="time_zone", time_zone=name)


def email_is_unfit() -> Refusal:
    """It is no address of a mailbox, or it is missing. The answer does not repeat it."""
    advice = "give an address such as name@example.org, in ASCII, if you choose e-mail"
    return Refusal(Kind.INVALID, "EMAIL_UNFIT", advice, field="email")


def phone_is_unfit() -> Refusal:
    """No text message can be sent to it, or it is missing. The answer does not repeat it."""
    advice = "give a number such as +8613800138000, without an extension, if you choose text messages"
    return Refusal(Kind.INVALID, "PHONE_UNFIT", advice, field="phone")


def channel_is_not_offered(channel: str, offered: Sequence[str]) -> Refusal:
    """Nobody has set it up here; `offered` are those that were."""
    beside = f"{', '.join(offered)}, and the web inbox" if offered else "only the web inbox"
    advice = f"this installation does not offer {channel}: there is {beside}"
    return Refusal(
        Kind.PRECONDITION, "CHANNEL_NOT_OFFERED", advice, channel=channel, offered=",".join(offered)
    )


def delivery_is_not_parked(delivery_id: str) -> Refusal:
    """There is no such delivery, or it waits, has arrived, or was for somebody who is erased."""
    advice = "no parked delivery has this id; list the parked ones"
    return Refusal(Kind.NOT_FOUND, "DELIVERY_NOT_PARKED", advice, delivery_id=delivery_id)


def quiet_hours_are_unfit() -> Refusal:
    """They begin and end at the same minute."""
    advice = "quiet hours begin and end at different minutes; to be told nothing, choose no channel"
    return Refusal(Kind.INVALID, "QUIET_HOURS_UNFIT", advice, field="quiet_hours")
