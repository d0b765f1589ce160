"""A calendar: the versions of when work is done. The clocks that count by it live with the cases."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from libs.rules.due import Limit, reaches
from services.catalog.domain import refusals
from services.catalog.domain.working_time import WorkingTime, calendar_of, checked

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDefined:
    """When work is done from `valid_from` on, instead of all versions before it that begin then or later.

    Without a moment it holds as if there had been no version before.
    """

    calendar_id: str
    version: int
    name: Text
    working_time: WorkingTime
    valid_from: datetime | None = None


# Situations


@dataclass(frozen=True, slots=True)
class Undefined:
    """No calendar has this id yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """The versions that hold, each from a later moment than the one before.

    The replaced ones stand in the ledger.
    """

    held: tuple[CalendarDefined, ...]

    @property
    def newest(self) -> CalendarDefined:
        """The version defined last; it is the last to begin, too."""
        return self.held[-1]


Calendar = Undefined | Defined
_Held = tuple[CalendarDefined, ...]


# Evolve


def evolve(calendar: Calendar, event: CalendarDefined) -> Calendar:
    """The calendar after the event: a version replaces those that begin at its moment or later."""
    if isinstance(calendar, Undefined) or event.valid_from is None:
        return Defined(held=(event,))
    first, *others = calendar.held
    kept = (each for each in others if each.valid_from and each.valid_from < event.valid_from)
    return Defined(held=(first, *kept, event))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineCalendar:
    """Say when work is done, from a moment on (None: now); other content makes the next version.

    `replaces` names a version that was wrong: it and those after it no longer hold. Without a moment
    the new version begins when that one did. `reason` is kept with the events, not in them.
    """

    calendar_id: str
    name: Text
    working_time: WorkingTime
    valid_from: datetime | None = None
    replaces: int = 0
    reason: str = ""
    limits: tuple[Limit, ...] = ()  # those that count by it
    at: datetime


# Decide


def decide(command: DefineCalendar, calendar: Calendar) -> Sequence[CalendarDefined]:
    """The first or the next version; the same content once more changes nothing."""
    if not command.name:
        raise refusals.name_is_missing()
    working_time = checked(command.working_time)
    first = CalendarDefined(
        calendar_id=command.calendar_id, version=1, name=command.name, working_time=working_time
    )
    match calendar:
        case Undefined():
            if command.replaces:
                raise refusals.calendar_is_unknown(command.calendar_id)
            versions = [first]
        case Defined():
            versions = [] if _in_place(command, first, calendar) else _next(command, first, calendar)
    counting = calendar_of(working_time)
    for limit in command.limits if versions else ():
        if not reaches(counting, limit, command.at):
            raise refusals.limit_is_out_of_reach(limit, command.calendar_id, "working_time.week")
    return versions


def _in_place(command: DefineCalendar, content: CalendarDefined, calendar: Defined) -> bool:
    """Whether the newest version says the same from the same moment. Refuses the same from another moment."""
    newest = calendar.newest
    if _says(content) != _says(newest) or command.replaces in {each.version for each in calendar.held[:-1]}:
        return False
    since = newest.valid_from
    if since is None or since == (
        command.valid_from or (since if command.replaces else min(since, command.at))
    ):
        return True
    if command.replaces:
        return False
    raise refusals.version_is_unchanged(newest.version, since)


def _next(command: DefineCalendar, content: CalendarDefined, calendar: Defined) -> list[CalendarDefined]:
    """The new version.

    If it begins later than the one that it replaces, the version before holds until then, as one more.
    """
    number = calendar.newest.version + 1
    begins, kept, replaced = _divided(command, calendar)
    begun = [each for each in replaced if each.valid_from is None or each.valid_from < command.at]
    if begun and not command.reason:
        raise refusals.correction_needs_a_reason(begun[0].version)
    if not kept:
        return [replace(content, version=number)]
    versions = [replace(content, version=number, valid_from=begins)]
    since = replaced[0].valid_from if replaced else None
    if since and since < begins:
        until = replace(kept[-1], version=number, valid_from=since)
        versions = [until, replace(versions[0], version=number + 1)]
    return versions


def _divided(command: DefineCalendar, calendar: Defined) -> tuple[datetime, _Held, _Held]:
    """When the new version begins, the versions that hold before it, and those that it replaces."""
    held = calendar.held
    numbers = [each.version for each in held]
    if command.replaces and command.replaces not in numbers:
        raise refusals.version_is_unknown(command.replaces)
    place = numbers.index(command.replaces) if command.replaces else len(held)
    meant = held[place].valid_from if command.replaces else None
    begins = command.valid_from or meant or command.at
    last = held[place - 1].valid_from if place else None
    if last and begins < last:
        raise refusals.version_is_too_early(last)
    if last == begins:
        place -= 1
    return begins, held[:place], held[place:]


def _says(version: CalendarDefined) -> tuple[Text, WorkingTime]:
    return version.name, version.working_time


CALENDAR: Decider[DefineCalendar, Calendar, CalendarDefined] = Decider(
    category="calendar", initial=Undefined(), decide=decide, evolve=evolve
)
