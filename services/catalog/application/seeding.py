"""Loads the nine standard affairs with their calendar, commitments and, if wanted, a body that answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.revision import Revision
from libs.ledger.streams.stream import Task, handle_many
from services.catalog.application.affair import Affairs
from services.catalog.application.calendar import Calendars
from services.catalog.application.commitment import Commitments
from services.catalog.application.responsibility import ResponsibilityList
from services.catalog.domain import affair, calendar, commitment
from services.catalog.domain.affair import DefineAffair
from services.catalog.domain.calendar import DefineCalendar
from services.catalog.domain.commitment import PublishCommitment
from services.catalog.domain.responsibility import AssignResponsibility
from services.catalog.domain.standard import (
    CALENDAR_ID,
    CALENDAR_NAME,
    STANDARD_AFFAIRS,
    ZONE,
    StandardAffair,
    working_time,
)
from services.catalog.domain.values import AffairRef, AreaRef, Period, pair_id
from services.catalog.domain.working_time import WorkingTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The body that answers for the standard affairs in an area until others are named."""

    area: AreaRef
    body_id: str
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeding:
    """Defines what is missing and leaves alone what is there, changed or not, in one transaction."""

    affairs: Affairs
    responsibilities: ResponsibilityList
    calendars: Calendars
    commitments: Commitments

    def seed(
        self, zone: str, owner: Owner | None, at: datetime, context: Context
    ) -> tuple[list[affair.Defined], str]:
        """The nine as they stand afterwards, and the revision from which on they can be read."""
        tasks = list(self._tasks(zone or ZONE, owner, at, context))
        answers = handle_many(self.affairs.stream.ledger, tasks) if tasks else []
        loaded = [self.affairs.defined(standard.affair_id) for standard in STANDARD_AFFAIRS]
        position = max([each.position for each in answers] + [each.position for each in loaded])
        return [each.state for each in loaded], str(Revision(position, loaded[-1].version, loaded[-1].life))

    def _tasks(self, zone: str, owner: Owner | None, at: datetime, context: Context) -> Iterator[Task]:
        time = self.calendars.completed(working_time(zone))
        match self.calendars.stream.load(CALENDAR_ID).state:
            case calendar.Undefined():
                define = DefineCalendar(calendar_id=CALENDAR_ID, name=CALENDAR_NAME, working_time=time, at=at)
                yield self.calendars.stream, CALENDAR_ID, define, context
            case calendar.Defined(newest=newest):
                time = newest.working_time
        for standard in STANDARD_AFFAIRS:
            yield from self._of(standard, owner, time, at, context)

    def _of(
        self, standard: StandardAffair, owner: Owner | None, time: WorkingTime, at: datetime, context: Context
    ) -> Iterator[Task]:
        affair_id = standard.affair_id
        match self.affairs.stream.load(affair_id).state:
            case affair.Undefined():
                ref = AffairRef(affair_id=affair_id, path=affair_id)
                yield self.affairs.stream, affair_id, _define(standard, at), context
            case affair.Defined(retired=True):
                return
            case affair.Defined() as defined:
                ref = defined.ref
        if isinstance(self.commitments.stream.load(affair_id).state, commitment.Unpublished):
            yield self.commitments.stream, affair_id, _promise(standard, ref, time, at), context
        if owner is not None:
            pair = pair_id(affair_id, owner.area.area_id)
            if not self.responsibilities.stream.load(pair).state.items:
                yield self.responsibilities.stream, pair, _assign(ref, owner, at), context


def _define(standard: StandardAffair, at: datetime) -> DefineAffair:
    return DefineAffair(
        affair_id=standard.affair_id,
        name=standard.name,
        anonymous_allowed=standard.anonymous_allowed,
        keywords=standard.keywords,
        outcomes=standard.outcomes,
        at=at,
    )


def _promise(standard: StandardAffair, ref: AffairRef, time: WorkingTime, at: datetime) -> PublishCommitment:
    return PublishCommitment(
        affair=ref,
        area=None,
        terms=standard.terms,
        calendar_id=CALENDAR_ID,
        working_time=time,
        valid_from=at,
        at=at,
    )


def _assign(ref: AffairRef, owner: Owner, at: datetime) -> AssignResponsibility:
    return AssignResponsibility(
        affair=ref,
        area=owner.area,
        body_id=owner.body_id,
        legal_basis=owner.legal_basis,
        period=Period(start=at),
        at=at,
    )
