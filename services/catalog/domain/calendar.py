"""A calendar: the versions of when work is done. The clocks that count by it live with the cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.text import Text
from libs.rules.due import Limit, reaches
from services.catalog.domain import refusals
from services.catalog.domain.working_time import WorkingTime, calendar_of, checked

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDefined:
    """When work is done from `valid_from` on; without, as if there had been no version before."""

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
    """The newest version; the older ones stand in the ledger."""

    calendar_id: str
    version: int
    name: Text
    working_time: WorkingTime
    valid_from: datetime | None


Calendar = Undefined | Defined


# Evolve


def evolve(calendar: Calendar, event: CalendarDefined) -> Calendar:  # noqa: ARG001 # each version is complete
    """The calendar after the event."""
    return Defined(
        calendar_id=event.calendar_id,
        version=event.version,
        name=event.name,
        working_time=event.working_time,
        valid_from=event.valid_from,
    )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineCalendar:
    """Say when work is done, from a moment on (None: now); other content makes the next version."""

    calendar_id: str
    name: Text
    working_time: WorkingTime
    valid_from: datetime | None = None
    limits: tuple[Limit, ...] = ()  # those that count by it
    at: datetime


# Decide


def decide(command: DefineCalendar, calendar: Calendar) -> Sequence[CalendarDefined]:
    """The first or the next version; the same content once more changes nothing."""
    if not command.name:
        raise refusals.name_is_missing()
    working_time = checked(command.working_time)
    valid_from = command.valid_from
    match calendar:
        case Undefined():
            version = 1
        case Defined():
            if (command.name, working_time) == (calendar.name, calendar.working_time):
                return []
            version = calendar.version + 1
            valid_from = valid_from or command.at
            if calendar.valid_from is not None and valid_from < calendar.valid_from:
                raise refusals.version_is_too_early(calendar.valid_from)
    counting = calendar_of(working_time)
    for limit in command.limits:
        if not reaches(counting, limit, command.at):
            raise refusals.limit_is_out_of_reach(limit, command.calendar_id, "working_time.week")
    return [
        CalendarDefined(
            calendar_id=command.calendar_id,
            version=version,
            name=command.name,
            working_time=working_time,
            valid_from=valid_from,
        )
    ]


CALENDAR: Decider[DefineCalendar, Calendar, CalendarDefined] = Decider(
    category="calendar", initial=Undefined(), decide=decide, evolve=evolve
)
