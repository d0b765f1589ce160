"""The refusals of the catalog: code, kind and advice of each."""

from datetime import datetime

from libs.ledger.decider import Kind, Refusal
from libs.rules.due import HORIZON_YEARS, Limit


def name_is_missing(field: str = "name") -> Refusal:
    """A name that is empty in both languages."""
    return Refusal(Kind.INVALID, "NAME_MISSING", "give the name in Chinese, in English, or both", field=field)


# -- what a command cites --------------------------------------------------------------------------


def affair_is_unknown(affair_id: str, field: str = "affair_id") -> Refusal:
    """No affair has this id."""
    message = "no affair has this id; list the affairs, or define it first"
    return Refusal(Kind.NOT_FOUND, "AFFAIR_UNKNOWN", message, field=field, affair_id=affair_id)


def affair_is_retired(affair_id: str) -> Refusal:
    """The affair takes nothing new."""
    message = "this affair was retired; name one that is in use"
    return Refusal(Kind.PRECONDITION, "AFFAIR_RETIRED", message, affair_id=affair_id)


def area_is_unknown(area_id: str, field: str = "area_id") -> Refusal:
    """No such area has arrived from identity."""
    message = "no area with this id is known; if it is new, try again in a moment, else define it first"
    return Refusal(Kind.NOT_FOUND, "AREA_UNKNOWN", message, field=field, area_id=area_id)


def body_is_unknown(body_id: str, field: str = "body_id") -> Refusal:
    """No such body has arrived from identity."""
    message = "no body with this id is known; if it is new, try again in a moment, else register it first"
    return Refusal(Kind.NOT_FOUND, "BODY_UNKNOWN", message, field=field, body_id=body_id)


def calendar_is_unknown(calendar_id: str) -> Refusal:
    """No calendar has this id."""
    message = "no calendar has this id; list the calendars, or define it first"
    return Refusal(Kind.NOT_FOUND, "CALENDAR_UNKNOWN", message, field="calendar_id", calendar_id=calendar_id)


# -- affairs ---------------------------------------------------------------------------------------


def affair_is_defined_differently(affair_id: str) -> Refusal:
    """The id is taken by an affair with another parent, name or rule."""
    message = "this affair exists with other content; rename that one, or give the new affair another id"
    return Refusal(Kind.ALREADY_EXISTS, "AFFAIR_DEFINED_DIFFERENTLY", message, affair_id=affair_id)


def affair_tree_is_too_deep(deepest: int) -> Refusal:
    """The tree has a last level."""
    message = f"the tree of affairs has at most {deepest} levels; define this one further up"
    return Refusal(Kind.PRECONDITION, "AFFAIR_TREE_TOO_DEEP", message)


def affair_has_parts(affair_id: str, part: str) -> Refusal:
    """An affair below it is still in use."""
    message = "an affair below this one is in use; retire that one first"
    return Refusal(Kind.PRECONDITION, "AFFAIR_HAS_PARTS", message, affair_id=affair_id, part=part)


# -- responsibilities ------------------------------------------------------------------------------


def period_is_empty() -> Refusal:
    """It would end before it begins."""
    message = "valid_until_time must be later than valid_from_time; leave it out if no end is known"
    return Refusal(Kind.INVALID, "PERIOD_EMPTY", message, field="valid_until_time")


def legal_basis_is_missing() -> Refusal:
    """Nobody answers for anything without a reason in law."""
    message = "name the law, regulation or decision that makes the body responsible"
    return Refusal(Kind.INVALID, "LEGAL_BASIS_MISSING", message, field="legal_basis")


def responsibility_overlaps(item_id: str, start: datetime, end: datetime | None) -> Refusal:
    """Two items would answer for the same affair in the same area at the same moment."""
    return Refusal(
        Kind.PRECONDITION,
        "RESPONSIBILITY_OVERLAPS",
        "another item for this affair and area holds in that period; revise or end that item first",
        item_id=item_id,
        valid_from_time=start.isoformat(),
        valid_until_time=end.isoformat() if end else "",
    )


def responsibility_is_unknown(item_id: str) -> Refusal:
    """No item has this id."""
    message = "no responsibility item has this id; list the responsibilities"
    return Refusal(Kind.NOT_FOUND, "RESPONSIBILITY_UNKNOWN", message, field="item_id", item_id=item_id)


def responsibility_has_ended(item_id: str, end: datetime) -> Refusal:
    """The item has an end that is not later than the moment given."""
    return Refusal(
        Kind.PRECONDITION,
        "RESPONSIBILITY_ENDED",
        "the item ends at that moment or earlier; assign a new item for the time after its end",
        item_id=item_id,
        valid_until_time=end.isoformat(),
    )


def version_is_too_early(valid_from: datetime, field: str = "valid_from_time") -> Refusal:
    """A version that would hold before the one that it follows."""
    return Refusal(
        Kind.PRECONDITION,
        "VERSION_TOO_EARLY",
        "a new version cannot become valid before the newest one; give the same moment or a later one"
        " (of a calendar, replaces_version names a version that was wrong)",
        field=field,
        valid_from_time=valid_from.isoformat(),
    )


def version_is_unchanged(version: int, valid_from: datetime) -> Refusal:
    """Nothing but the moment would be new, which is no change from that moment on."""
    return Refusal(
        Kind.PRECONDITION,
        "VERSION_UNCHANGED",
        "the newest version says the same from another moment on; to correct that moment, repeat the version"
        " before it for the time until then (of a calendar, name the wrong version in replaces_version)",
        field="valid_from_time",
        version=str(version),
        valid_from_time=valid_from.isoformat(),
    )


# -- calendars and commitments ---------------------------------------------------------------------


def version_is_unknown(version: int) -> Refusal:
    """Nothing holds under this number."""
    message = "no version with this number holds: it was replaced, or never defined; name one that holds"
    return Refusal(Kind.NOT_FOUND, "VERSION_UNKNOWN", message, field="replaces_version", version=str(version))


def correction_needs_a_reason(version: int) -> Refusal:
    """What was in force is not replaced without a word."""
    message = "the version to be replaced has been in force; give the reason for the correction"
    return Refusal(Kind.INVALID, "REASON_MISSING", message, field="reason", version=str(version))


def time_zone_is_unknown(field: str) -> Refusal:
    """Not an IANA time zone."""
    message = "give an IANA time zone that is the same on every machine, for instance Asia/Shanghai"
    return Refusal(Kind.INVALID, "TIME_ZONE_UNKNOWN", message, field=field)


def week_is_empty() -> Refusal:
    """No work on any weekday."""
    message = "give the hours of at least one weekday; without any, no limit would ever fall due"
    return Refusal(Kind.INVALID, "WEEK_EMPTY", message, field="working_time.week")


def weekday_is_given_twice(weekday: str, field: str) -> Refusal:
    """One weekday, two lists of hours."""
    message = "give each weekday once, with all its hours"
    return Refusal(Kind.INVALID, "WEEKDAY_REPEATED", message, field=field, weekday=weekday)


def hours_are_out_of_order(field: str) -> Refusal:
    """Stretches that are empty, overlap or run backwards."""
    message = "give each day's hours in order and without overlap, each ending after it begins, by 1440"
    return Refusal(Kind.INVALID, "HOURS_OUT_OF_ORDER", message, field=field)


def date_is_unreadable(field: str) -> Refusal:
    """A date that no calendar has, such as 30 February."""
    return Refusal(Kind.INVALID, "DATE_INVALID", "give a date that exists, as YYYY-MM-DD", field=field)


def date_is_given_twice(date: str) -> Refusal:
    """One date, two rules."""
    message = "give each date once, either as a holiday or with its own hours"
    return Refusal(Kind.INVALID, "DATE_REPEATED", message, field="working_time.working_dates", date=date)


def limit_is_out_of_reach(limit: Limit, calendar_id: str, field: str) -> Refusal:
    """So many hours or days of work take decades."""
    return Refusal(
        Kind.PRECONDITION,
        "LIMIT_OUT_OF_REACH",
        f"by this calendar the limit would take longer than {HORIZON_YEARS} years; check the calendar's hours"
        " (minutes after midnight: 540 is nine o'clock), or shorten the limit",
        field=field,
        calendar_id=calendar_id,
        amount=str(limit.amount),
        unit=limit.unit.value,
    )


def commitment_is_empty() -> Refusal:
    """Nothing is promised."""
    message = "promise a first response, a resolution, or both"
    return Refusal(Kind.INVALID, "COMMITMENT_EMPTY", message, field="resolution")


def limits_contradict(field: str) -> Refusal:
    """A part would take longer than the whole."""
    message = (
        "this limit is longer than the whole that it is part of: answer and dispatch come before the first"
        " response, that before the resolution, and no pause is longer than all together or the resolution"
    )
    return Refusal(Kind.INVALID, "LIMITS_CONTRADICT", message, field=field)


def limit_is_too_long(field: str, days: int) -> Refusal:
    """Nobody means that."""
    message = f"this limit may take {days} days at most; check its unit, or shorten it"
    return Refusal(Kind.INVALID, "LIMIT_TOO_LONG", message, field=field, days=str(days))


def code_is_repeated(field: str, code: str) -> Refusal:
    """Two entries of a list that nobody could tell apart."""
    message = "give each entry of the list a code of its own"
    return Refusal(Kind.INVALID, "CODE_REPEATED", message, field=field, repeated=code)


def escalation_moment_is_invalid() -> Refusal:
    """No moment, two, or one before the due moment."""
    message = "give each level either a percent, from 100 to 1000, or a time after the due moment"
    return Refusal(Kind.INVALID, "ESCALATION_MOMENT_INVALID", message, field="escalation.levels")


def escalation_is_out_of_order() -> Refusal:
    """Down the tree, or back in time."""
    message = (
        "give the levels in order, each later than the one before and in the same or a higher area;"
        " of several times after the due moment give all in the same unit"
    )
    return Refusal(Kind.INVALID, "ESCALATION_OUT_OF_ORDER", message, field="escalation.levels")


def commitment_is_unknown(affair_id: str) -> Refusal:
    """Nothing is promised there and then."""
    message = "nothing is promised for this affair in this area at this moment"
    return Refusal(Kind.NOT_FOUND, "COMMITMENT_UNKNOWN", message, affair_id=affair_id)


# -- services --------------------------------------------------------------------------------------


def service_is_unknown(service_id: str) -> Refusal:
    """No service has this id."""
    message = "no service has this id; search the services"
    return Refusal(Kind.NOT_FOUND, "SERVICE_UNKNOWN", message, field="service_id", service_id=service_id)


def service_is_published_differently(service_id: str) -> Refusal:
    """The id is taken by a service with other content."""
    message = "another service already has this id; change that one, or publish under another id"
    return Refusal(Kind.ALREADY_EXISTS, "SERVICE_PUBLISHED_DIFFERENTLY", message, service_id=service_id)


def service_state_forbids(service_id: str, state: str) -> Refusal:
    """The service is in a state that does not allow the command."""
    message = f"the service is {state}, which does not allow this command"
    name = f"SERVICE_STATUS_{state.upper()}"  # as the contract calls it
    return Refusal(Kind.PRECONDITION, "SERVICE_STATE_FORBIDS", message, service_id=service_id, state=name)


def ages_contradict() -> Refusal:
    """The maximum age is below the minimum age."""
    message = "the maximum age cannot be below the minimum age"
    return Refusal(Kind.INVALID, "AGES_CONTRADICT", message, field="details.eligibility.maximum_age")


def cost_contradicts(message: str, field: str) -> Refusal:
    """The cost makes no sense."""
    return Refusal(Kind.INVALID, "COST_CONTRADICTS", message, field=field)


def resume_is_expected_in_the_past() -> Refusal:
    """The expected moment has passed."""
    message = "give a moment in the future, or leave the field out"
    return Refusal(Kind.INVALID, "RESUME_IN_PAST", message, field="expected_resume_time")
