"""Use cases of calendars and commitments: what is promised, and by which clock it counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.revision import Revision
from libs.ledger.streams.stream import Handled, Loaded, Stream
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import ListRequest
from libs.rules.due import Limit
from libs.rules.routing import most_precise
from services.catalog.application.cited import Cited
from services.catalog.application.ports import CalendarReads, CommitmentReads, Permit
from services.catalog.domain import calendar, commitment, refusals
from services.catalog.domain.commands import DefineCalendar, PublishCommitment
from services.catalog.domain.events import CalendarDefined, CommitmentPublished
from services.catalog.domain.values import commitment_id

CalendarStream = Stream[DefineCalendar, calendar.Calendar, CalendarDefined]
CommitmentStream = Stream[PublishCommitment, commitment.Commitment, CommitmentPublished]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """What can be done with calendars."""

    stream: CalendarStream
    reads: CalendarReads
    commitments: CommitmentReads

    def define(
        self, command: DefineCalendar, context: Context, if_revision: str
    ) -> Handled[calendar.Calendar, CalendarDefined]:
        """The first or the next version. Refuses one by which a limit that counts by it is out of reach."""
        if isinstance(self.stream.load(command.calendar_id).state, calendar.Defined):
            command = replace(command, limits=self._limits(command))
        return self.stream.handle(command.calendar_id, command, context, if_revision=if_revision or None)

    def newest(self, calendar_id: str) -> Loaded[calendar.Defined]:
        """A calendar as it is now. Refuses CALENDAR_UNKNOWN."""
        return _defined(self.stream.load(calendar_id), calendar_id)

    def version(self, calendar_id: str, version: int) -> calendar.Defined:
        """An earlier version; each was one event. Refuses CALENDAR_UNKNOWN if there is none such."""
        found = _defined(self.stream.load_at(calendar_id, version=version), calendar_id)
        if found.state.version != version:
            raise refusals.calendar_is_unknown(calendar_id)
        return found.state

    def listed(self, query: ListRequest, fresh: Fresh) -> tuple[Sequence[CalendarDefined], str]:
        """A page of calendars."""
        return self.reads.listed(query, fresh)

    def _limits(self, command: DefineCalendar) -> tuple[Limit, ...]:
        """Those that count by the calendar, now or later."""
        everything = Fresh(str(Revision(self.stream.ledger.head(), 0)))
        counting = self.commitments.by_calendar(command.calendar_id, command.at, everything)
        limits = (limit for each in counting for limit in (each.first_response, each.resolution))
        return tuple(limit for limit in limits if limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPromise:
    """A commitment as a caller describes it; no area: everywhere."""

    affair_id: str
    area_id: str
    first_response: Limit | None
    resolution: Limit | None
    calendar_id: str
    evidence_kinds: tuple[str, ...]
    conditions: tuple[Text, ...]
    valid_from: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """What can be done with commitments."""

    stream: CommitmentStream
    calendars: Calendars
    cited: Cited
    reads: CommitmentReads

    def publish(
        self, new: NewPromise, context: Context, if_revision: str, permit: Permit
    ) -> Handled[commitment.Commitment, CommitmentPublished]:
        """The first or the next version. The caller must reach the area; without one, everything."""
        area = self.cited.area(new.area_id) if new.area_id else None
        permit(area_path=area.path if area else "")
        counted_by = self.calendars.newest(new.calendar_id).state
        command = PublishCommitment(
            affair=self.cited.affair(new.affair_id),
            area=area,
            first_response=new.first_response,
            resolution=new.resolution,
            calendar_id=new.calendar_id,
            working_time=counted_by.working_time,
            evidence_kinds=new.evidence_kinds,
            conditions=new.conditions,
            valid_from=new.valid_from,
            at=new.at,
        )
        name = commitment_id(new.affair_id, new.area_id)
        context = replace(context, area=area.path if area else None)
        return self.stream.handle(name, command, context, if_revision=if_revision or None)

    def find(self, affair_id: str, area_id: str, at: datetime, fresh: Fresh) -> CommitmentPublished:
        """What is promised for an affair in an area at a moment. Refuses COMMITMENT_UNKNOWN."""
        affair, area = self.cited.affair(affair_id), self.cited.area(area_id)
        holding = self.reads.holding(affair.path, area.path, at, fresh)
        found = most_precise(holding, affair.path, area.path, at)
        if found is None:
            raise refusals.commitment_is_unknown(affair_id)
        return found

    def listed(
        self, query: ListQuery, at: datetime, fresh: Fresh
    ) -> tuple[Sequence[CommitmentPublished], str]:
        """A page of what holds at a moment."""
        return self.reads.listed(query, at, fresh)


def _defined(loaded: Loaded[calendar.Calendar], calendar_id: str) -> Loaded[calendar.Defined]:
    state = loaded.state
    if not isinstance(state, calendar.Defined):
        raise refusals.calendar_is_unknown(calendar_id)
    return Loaded(state=state, version=loaded.version, position=loaded.position)
