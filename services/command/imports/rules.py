"""The rules for rows that are not clean: what is wrong, and what may be done about it."""

from enum import Enum
from typing import NamedTuple


class Action(Enum):
    """What is done with a row to which a rule applies."""

    REPAIR = "repair"
    REFUSE = "refuse"
    SKIP = "skip"


class Rule(Enum):
    """A rule by its name in the map."""

    BROKEN_LINE = "broken_line"
    UNREADABLE_BYTES = "unreadable_bytes"
    INCOMPLETE = "incomplete"
    BAD_NUMBER = "bad_number"
    TWICE = "twice"
    BAD_TIME = "bad_time"
    FUTURE = "future"
    BEFORE_IN_FORCE = "before_in_force"
    GAP = "gap"
    FOLD = "fold"
    CLOSED_ON_A_DATE = "closed_on_a_date"
    CLOSED_WITHOUT_TIME = "closed_without_time"
    CLOSED_BEFORE_OPENED = "closed_before_opened"
    CLOSED_BUT_OPEN = "closed_but_open"
    RESPONDED_ON_A_DATE = "responded_on_a_date"
    RESPONDED_BEFORE_OPENED = "responded_before_opened"
    RESPONDED_AFTER_CLOSED = "responded_after_closed"
    UNKNOWN_STATE = "unknown_state"
    UNKNOWN_AFFAIR = "unknown_affair"
    RETIRED_AFFAIR = "retired_affair"
    UNKNOWN_OUTCOME = "unknown_outcome"
    UNKNOWN_OWNER = "unknown_owner"
    NOBODY_RESPONSIBLE = "nobody_responsible"
    UNKNOWN_CHANNEL = "unknown_channel"
    NO_PLACE = "no_place"
    AREA_ALONE = "area_alone"
    UNKNOWN_AREA = "unknown_area"
    BAD_COORDINATES = "bad_coordinates"
    OUTSIDE = "outside"
    TOO_LONG = "too_long"
    ANONYMOUS_NOT_ALLOWED = "anonymous_not_allowed"

    @property
    def allowed(self) -> tuple[Action, ...]:
        """What the map may ask for."""
        return tuple(Action) if TERMS[self].repair else (Action.REFUSE, Action.SKIP)

    @property
    def unless_told(self) -> Action:
        """What is done unless the map says otherwise."""
        return TERMS[self].unless_told

    def sentence(self, action: Action) -> str:
        """Of a report: what was wrong and what was done."""
        done = {Action.REPAIR: TERMS[self].repair, Action.REFUSE: "refused", Action.SKIP: "skipped"}
        return f"{TERMS[self].wrong}: {done[action]}"


class Terms(NamedTuple):
    """What is wrong, the repair ("" if there is none), and what is done unless the map says otherwise."""

    wrong: str
    repair: str = ""
    unless_told: Action = Action.REFUSE


TERMS = {
    Rule.BROKEN_LINE: Terms("a row that does not have the fields of the heading"),
    Rule.UNREADABLE_BYTES: Terms(
        "bytes that are no text in the file's encoding", "imported with a mark in their place", Action.REPAIR
    ),
    Rule.INCOMPLETE: Terms("a value is missing without which there is no request"),
    Rule.BAD_NUMBER: Terms("a number that is too long, or has characters of no number"),
    Rule.TWICE: Terms("a number that an earlier row has"),
    Rule.BAD_TIME: Terms("a time that cannot be read"),
    Rule.FUTURE: Terms("a time that has not come yet"),
    Rule.BEFORE_IN_FORCE: Terms(
        "opened before anything that is loaded was in force",
        "loaded, by what is in force nowhere yet: without a body or limits",
    ),
    Rule.GAP: Terms(
        "a local time that the clock change skipped", "moved forward by what was skipped", Action.REPAIR
    ),
    Rule.FOLD: Terms(
        "a local time that the clock change repeats",
        "taken as the first or second of the two, as the map says",
        Action.REPAIR,
    ),
    Rule.CLOSED_ON_A_DATE: Terms(
        "a closing date without a time",
        "its midnight, or the opening if that is later on that day",
        Action.REPAIR,
    ),
    Rule.CLOSED_WITHOUT_TIME: Terms(
        "ended, but no closing time",
        "ended at the last update, or if there is none at the opening",
        Action.REPAIR,
    ),
    Rule.CLOSED_BEFORE_OPENED: Terms("ended before it was opened", "ended as it was opened"),
    Rule.CLOSED_BUT_OPEN: Terms(
        "a closing time, but a state that says it is open",
        "the state holds, the closing time is left out",
        Action.REPAIR,
    ),
    Rule.RESPONDED_ON_A_DATE: Terms(
        "a service date without a time",
        "its midnight, or the opening if that is later on that day",
        Action.REPAIR,
    ),
    Rule.RESPONDED_BEFORE_OPENED: Terms(
        "a service moment before the opening", "left out, the rest of the row is imported", Action.REPAIR
    ),
    Rule.RESPONDED_AFTER_CLOSED: Terms(
        "a service moment after the end", "left out, the rest of the row is imported", Action.REPAIR
    ),
    Rule.UNKNOWN_STATE: Terms("a state that the map does not name"),
    Rule.UNKNOWN_AFFAIR: Terms("a type that is no affair of the catalog"),
    Rule.RETIRED_AFFAIR: Terms("a type whose affair was retired before the request was opened"),
    Rule.UNKNOWN_OUTCOME: Terms("resolved, but the affair has no such outcome: name another in the map"),
    Rule.UNKNOWN_OWNER: Terms(
        "an owner that is no registered body", "left with the body that the responsibility list names"
    ),
    Rule.NOBODY_RESPONSIBLE: Terms(
        "no owner is named, and the responsibility list names none for the affair at that time",
        "opened as an unowned matter; later steps are left out",
    ),
    Rule.UNKNOWN_CHANNEL: Terms(
        "a channel that the map does not name", "counted under import", Action.REPAIR
    ),
    Rule.NO_PLACE: Terms(
        "no coordinates, and no area",
        "filed under the area that the map gives for those without one",
        Action.REPAIR,
    ),
    Rule.AREA_ALONE: Terms("no coordinates, but an area", "filed under that area", Action.REPAIR),
    Rule.UNKNOWN_AREA: Terms(
        "an area that is not registered, and was not on the day of the opening",
        "located by coordinates, or as if it named none",
        Action.REPAIR,
    ),
    Rule.BAD_COORDINATES: Terms(
        "coordinates that are no place on the earth", "left out, as if there were none"
    ),
    Rule.OUTSIDE: Terms(
        "coordinates outside of all areas",
        "filed under the area that it names, or the one for those without",
        Action.REPAIR,
    ),
    Rule.TOO_LONG: Terms("a text that is longer than a case can hold", "cut", Action.REPAIR),
    Rule.ANONYMOUS_NOT_ALLOWED: Terms(
        "anonymous, but the affair takes none without a name", "imported as not anonymous", Action.REPAIR
    ),
}

ALIASES = {rule.value: rule for rule in Rule}
"""Rules by their names in a map."""
