"""What an incident can be, and what it calls for."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.identity.domain.incident.events import (
    Duty,
    IncidentAssessed,
    IncidentClosed,
    IncidentErased,
    IncidentEvent,
    IncidentLimitNear,
    IncidentLimitPassed,
    IncidentNotified,
    IncidentReported,
    Risk,
    Stage,
)

WARNED_AFTER = 0.75
"""The part of a limit after which it is recorded that it draws near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an incident calls for: the same to its stream, to the clock and to the list. It holds no text."""

    noticed_at: datetime
    authority_due_at: datetime
    persons_due_at: datetime
    risk: Risk | None = None
    notified: tuple[Duty, ...] = ()
    warned: tuple[Duty, ...] = ()
    overdue: tuple[Duty, ...] = ()
    closed: bool = False
    erase_at: datetime | None = None
    erased: bool = False

    @property
    def duties(self) -> tuple[Duty, ...]:
        """Who has to be notified: the authority, unless no data were concerned; of harm, the persons."""
        match self.risk:
            case Risk.NONE:
                return ()
            case Risk.HIGH:
                return (Duty.AUTHORITY, Duty.PERSONS)
            case Risk.LOW | None:
                return (Duty.AUTHORITY,)

    @property
    def open(self) -> tuple[Duty, ...]:
        """Who still has to be notified, the most urgent first."""
        waiting = [duty for duty in self.duties if duty not in self.notified]
        return tuple(sorted(waiting, key=self.due_at))

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        if self.closed:
            return Stage.CLOSED
        if self.risk is None:
            return Stage.REPORTED
        return Stage.ASSESSED if self.open else Stage.NOTIFIED

    def due_at(self, duty: Duty) -> datetime:
        """Until when somebody is to be notified."""
        return self.authority_due_at if duty is Duty.AUTHORITY else self.persons_due_at

    def warn_at(self, duty: Duty) -> datetime:
        """When the limit draws near."""
        return self.noticed_at + WARNED_AFTER * (self.due_at(duty) - self.noticed_at)

    @property
    def next_moment(self) -> datetime | None:
        """When the clock has something to record next."""
        if self.closed:
            return None if self.erased else self.erase_at
        moments = [self.warn_at(duty) for duty in self.open if duty not in {*self.warned, *self.overdue}]
        moments += [self.due_at(duty) for duty in self.open if duty not in self.overdue]
        return min(moments, default=None)


def standing_after(before: Standing | None, event: IncidentEvent) -> Standing | None:
    """What the incident calls for after an event."""
    match event, before:
        case IncidentReported(), _:
            return Standing(
                noticed_at=event.noticed_at,
                authority_due_at=event.authority_due_at,
                persons_due_at=event.persons_due_at,
            )
        case _, None:
            return None
        case IncidentAssessed(risk=risk), Standing():
            return replace(before, risk=risk)
        case IncidentNotified(duty=duty), Standing():
            return replace(before, notified=_with(before.notified, duty))
        case IncidentLimitNear(duty=duty), Standing():
            return replace(before, warned=_with(before.warned, duty))
        case IncidentLimitPassed(duty=duty), Standing():
            return replace(before, overdue=_with(before.overdue, duty))
        case IncidentClosed(erase_at=erase_at), Standing():
            return replace(before, closed=True, erase_at=erase_at)
        case IncidentErased(), Standing():
            return replace(before, erased=True)


def _with(duties: tuple[Duty, ...], duty: Duty) -> tuple[Duty, ...]:
    return duties if duty in duties else (*duties, duty)


@dataclass(frozen=True, slots=True)
class Unknown:
    """No incident has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An incident, and all that was recorded of it."""

    reported: IncidentReported
    standing: Standing
    assessments: tuple[IncidentAssessed, ...] = ()
    notifications: tuple[IncidentNotified, ...] = ()
    closed: IncidentClosed | None = None


Incident = Unknown | Known


def evolve(incident: Incident, event: IncidentEvent) -> Incident:
    """The incident after the event."""
    standing = standing_after(incident.standing if isinstance(incident, Known) else None, event)
    if standing is None:
        return incident
    match event, incident:
        case IncidentReported(), _:
            return Known(reported=event, standing=standing)
        case _, Unknown():
            return incident
        case IncidentAssessed(), Known():
            return replace(incident, standing=standing, assessments=(*incident.assessments, event))
        case IncidentNotified(), Known():
            return replace(incident, standing=standing, notifications=(*incident.notifications, event))
        case IncidentClosed(), Known():
            return replace(incident, standing=standing, closed=event)
        case ((IncidentLimitNear() | IncidentLimitPassed() | IncidentErased()), Known()):
            return replace(incident, standing=standing)
