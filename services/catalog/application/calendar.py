"""Use cases of calendars: when work is done, by which promises are counted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Loaded, Stream
from libs.query.freshness import Fresh
from libs.query.paging import ListRequest
from libs.rules.due import Limit
from services.catalog.application.ports import CalendarReads, CommitmentReads
from services.catalog.domain import refusals
from services.catalog.domain.calendar import Calendar, CalendarDefined, DefineCalendar, Defined
from services.catalog.domain.working_time import KnownDays, OfficialDays, WorkingTime, with_official

CalendarStream = Stream[DefineCalendar, Calendar, CalendarDefined]
CalendarHandled = Handled[Calendar, CalendarDefined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """What can be done with calendars."""

    stream: CalendarStream
    reads: CalendarReads
    commitments: CommitmentReads
    official: Mapping[OfficialDays, Callable[[], KnownDays]]

    def define(self, command: DefineCalendar, context: Context, if_revision: str) -> Loaded[Defined]:
        """The first or the next version. Refuses one by which a limit that counts by it is out of reach."""
        command = replace(command, working_time=self.completed(command.working_time))
        if isinstance(self.stream.load(command.calendar_id).state, Defined):
            command = replace(command, limits=self._limits(command))
        handled = self.stream.handle(command.calendar_id, command, context, if_revision=if_revision or None)
        return _defined(handled, command.calendar_id)

    def completed(self, time: WorkingTime) -> WorkingTime:
        """With the official days that it names, as far as they are known."""
        return time if time.official is None else with_official(time, self.official[time.official]())

    def newest(self, calendar_id: str) -> Loaded[Defined]:
        """A calendar as it is now. Refuses CALENDAR_UNKNOWN."""
        return _defined(self.stream.load(calendar_id), calendar_id)

    def version(self, calendar_id: str, version: int) -> CalendarDefined:
        """An earlier version; each was one event. Refuses CALENDAR_UNKNOWN if there is none such."""
        found = _defined(self.stream.load_at(calendar_id, version=version), calendar_id)
        if found.state.newest.version != version:
            raise refusals.calendar_is_unknown(calendar_id)
        return found.state.newest

    def listed(self, query: ListRequest, fresh: Fresh) -> tuple[Sequence[CalendarDefined], str]:
        """A page of calendars."""
        return self.reads.listed(query, fresh)

    def _limits(self, command: DefineCalendar) -> tuple[Limit, ...]:
        """Those that count by the calendar, now or later."""
        everything = Fresh.as_of_now(self.stream.ledger)
        counting = self.commitments.by_calendar(command.calendar_id, command.at, everything)
        return tuple(limit for each in counting for _, limit in each.terms.limits)


def _defined(found: Loaded[Calendar] | CalendarHandled, calendar_id: str) -> Loaded[Defined]:
    state = found.state
    if not isinstance(state, Defined):
        raise refusals.calendar_is_unknown(calendar_id)
    return Loaded(state=state, version=found.version, position=found.position, life=found.life)
