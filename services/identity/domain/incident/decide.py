"""What may be done about an incident.

Whatever is recorded of an incident, the limits that have passed by then are recorded first: nobody who is
faster than the clock hides one.
"""

from collections.abc import Sequence
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from services.identity.domain import incident_refusals as refusals
from services.identity.domain.incident.commands import (
    AssessIncident,
    CloseIncident,
    IncidentCommand,
    PassIncidentLimits,
    RecordNotification,
    ReportIncident,
)
from services.identity.domain.incident.events import (
    IncidentAssessed,
    IncidentClosed,
    IncidentErased,
    IncidentEvent,
    IncidentLimitNear,
    IncidentLimitPassed,
    IncidentNotified,
    IncidentReported,
    Risk,
)
from services.identity.domain.incident.situations import Incident, Known, Standing, Unknown, evolve


def decide(command: IncidentCommand, incident: Incident) -> Sequence[IncidentEvent]:
    """Reported, assessed, notified, closed; the limits run from the notice."""
    match command:
        case ReportIncident():
            return [_reported(command)] if isinstance(incident, Unknown) else []
        case PassIncidentLimits():
            return _limits(incident, command.at) if isinstance(incident, Known) else []
        case AssessIncident() | RecordNotification() | CloseIncident():
            if isinstance(incident, Unknown):
                raise refusals.incident_is_unknown(command.incident_id)
            if incident.closed is not None:
                raise refusals.incident_is_closed()
            return [*_limits(incident, command.at), _step(command, incident)]


def _step(command: AssessIncident | RecordNotification | CloseIncident, incident: Known) -> IncidentEvent:
    match command:
        case AssessIncident():
            return _assessed(command)
        case RecordNotification():
            return _notified(command, incident)
        case CloseIncident():
            return _closed(command, incident)


def _limits(incident: Known, at: datetime) -> list[IncidentEvent]:
    """Of the limits that are open: which have passed, and which draw near."""
    standing, incident_id = incident.standing, incident.reported.incident_id
    if standing.closed:
        return _expired(standing, incident_id, at)
    found: list[IncidentEvent] = []
    for duty in standing.open:
        due_at = standing.due_at(duty)
        if duty in standing.overdue:
            continue
        if at >= due_at:
            found.append(IncidentLimitPassed(incident_id=incident_id, duty=duty, due_at=due_at))
        elif at >= standing.warn_at(duty) and duty not in standing.warned:
            found.append(IncidentLimitNear(incident_id=incident_id, duty=duty, due_at=due_at))
    return found


def _expired(standing: Standing, incident_id: str, at: datetime) -> list[IncidentEvent]:
    """The end of its texts, if their time is over."""
    if standing.erased or standing.erase_at is None or at < standing.erase_at:
        return []
    return [IncidentErased(incident_id=incident_id, erased_at=at)]


def _reported(command: ReportIncident) -> IncidentReported:
    if command.noticed_at > command.at:
        raise refusals.incident_lies_ahead("noticed_time")
    return IncidentReported(
        incident_id=command.incident_id,
        kind=command.kind,
        classes=command.classes,
        persons=command.persons,
        area_id=command.area_id,
        area_path=command.area_path,
        description=Personal(command.incident_id, command.description),
        noticed_at=command.noticed_at,
        authority_due_at=command.noticed_at + command.limits.authority,
        persons_due_at=command.noticed_at + command.limits.persons,
        reporter_id=command.by,
        reported_at=command.at,
    )


def _assessed(command: AssessIncident) -> IncidentAssessed:
    if not command.classes and command.risk is not Risk.NONE:
        raise refusals.classes_are_missing()
    return IncidentAssessed(
        incident_id=command.incident_id,
        risk=command.risk,
        classes=command.classes,
        persons=command.persons,
        grounds=Personal(command.incident_id, command.grounds),
        assessor_id=command.by,
        assessed_at=command.at,
    )


def _notified(command: RecordNotification, incident: Known) -> IncidentNotified:
    if command.notified_at > command.at:
        raise refusals.incident_lies_ahead("notified_time")
    if command.notified_at < incident.reported.noticed_at:
        raise refusals.notified_before_noticed()
    return IncidentNotified(
        incident_id=command.incident_id,
        duty=command.duty,
        note=Personal(command.incident_id, command.note),
        notified_at=command.notified_at,
        recorder_id=command.by,
        recorded_at=command.at,
    )


def _closed(command: CloseIncident, incident: Known) -> IncidentClosed:
    if incident.standing.risk is None:
        raise refusals.incident_is_not_assessed()
    if incident.standing.open:
        raise refusals.notification_is_open(incident.standing.open[0].name)
    return IncidentClosed(
        incident_id=command.incident_id,
        measures=Personal(command.incident_id, command.measures),
        closer_id=command.by,
        closed_at=command.at,
        erase_at=command.at + command.keep,
    )


INCIDENT: Decider[IncidentCommand, Incident, IncidentEvent] = Decider(
    category="incident", initial=Unknown(), decide=decide, evolve=evolve
)
