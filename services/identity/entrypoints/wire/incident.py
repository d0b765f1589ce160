"""Incidents with personal data."""

from collections.abc import Iterable

from linli.identity.v1 import identity_service_pb2 as pb
from linli.identity.v1 import identity_types_pb2 as types
from linli.privacy.v1 import privacy_types_pb2 as privacy

from libs.rpc.labels import label_of
from libs.rpc.moments import stamp, stamp_or_none
from libs.rpc.texts import localized
from services.identity.application.incident_ports import IncidentRow
from services.identity.domain.incident.events import Duty, IncidentAssessed, IncidentNotified
from services.identity.domain.incident.situations import Known
from services.identity.entrypoints.wire.words import DUTIES, INCIDENT_KINDS, RISKS, STAGES

_PREFIX = "PERSONAL_CLASS_"


def classes_of(numbers: Iterable[int]) -> tuple[str, ...]:
    """Classes of personal data by their names without prefix, in the order of the register."""
    named = {each: privacy.PersonalClass.Name(privacy.PersonalClass.ValueType(each)) for each in {*numbers}}
    return tuple(name.removeprefix(_PREFIX) for number, name in sorted(named.items()) if number)


def incident_shown(row: IncidentRow) -> pb.Incident:
    """An incident of the view."""
    standing = row.standing
    kind, state = INCIDENT_KINDS.to_wire(row.kind), STAGES.to_wire(standing.stage)
    due = {duty: stamp(standing.due_at(duty)) for duty in standing.duties}
    return pb.Incident(
        incident_id=row.incident_id,
        kind=kind,
        kind_label=localized(label_of(types.IncidentKind, kind)),
        classes=map(_class, row.classes),
        persons=row.persons,
        risk=RISKS.to_wire(standing.risk) if standing.risk else types.INCIDENT_RISK_UNSPECIFIED,
        state=state,
        state_label=localized(label_of(types.IncidentState, state)),
        area_id=row.area_id,
        area_path=row.area_path,
        noticed_time=stamp(standing.noticed_at),
        reported_time=stamp(row.reported_at),
        authority_due_time=due.get(Duty.AUTHORITY),
        persons_due_time=due.get(Duty.PERSONS),
        due_time=stamp(standing.due_at(standing.open[0])) if standing.open else None,
        overdue=map(DUTIES.to_wire, standing.overdue),
        closed_time=stamp_or_none(row.closed_at),
        recorder_id=row.reporter_id,
        erase_time=stamp_or_none(standing.erase_at),
    )


def incident_of(state: Known) -> IncidentRow:
    """An incident as its stream knows it, without its texts."""
    reported, closed = state.reported, state.closed
    latest = state.assessments[-1] if state.assessments else reported
    return IncidentRow(
        incident_id=reported.incident_id,
        kind=reported.kind,
        classes=latest.classes,
        persons=latest.persons,
        area_id=reported.area_id,
        area_path=reported.area_path,
        reporter_id=reported.reporter_id,
        reported_at=reported.reported_at,
        standing=state.standing,
        closed_at=closed.closed_at if closed else None,
    )


def incident_file(state: Known) -> pb.GetIncidentResponse:
    """An incident with its texts, assessments and notifications."""
    measures = state.closed.measures.value if state.closed else ""
    return pb.GetIncidentResponse(
        incident=incident_shown(incident_of(state)),
        description=state.reported.description.value or "",
        assessments=map(_assessment, state.assessments),
        notifications=map(_notification, state.notifications),
        measures=measures or "",
    )


def _assessment(event: IncidentAssessed) -> pb.IncidentAssessment:
    return pb.IncidentAssessment(
        risk=RISKS.to_wire(event.risk),
        classes=map(_class, event.classes),
        persons=event.persons,
        grounds=event.grounds.value or "",
        assessor_id=event.assessor_id,
        assessed_time=stamp(event.assessed_at),
    )


def _notification(event: IncidentNotified) -> pb.IncidentNotification:
    return pb.IncidentNotification(
        duty=DUTIES.to_wire(event.duty),
        note=event.note.value or "",
        notified_time=stamp(event.notified_at),
        recorder_id=event.recorder_id,
        recorded_time=stamp(event.recorded_at),
    )


def _class(word: str) -> privacy.PersonalClass.ValueType:
    return privacy.PersonalClass.Value(_PREFIX + word)
