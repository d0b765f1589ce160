"""The rpcs about incidents with personal data."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment, moment_of
from services.identity.application.app import App
from services.identity.application.incident import IncidentHandled, NewIncident
from services.identity.domain.incident.commands import AssessIncident, CloseIncident, RecordNotification
from services.identity.domain.incident.situations import Known
from services.identity.entrypoints.wire.incident import classes_of, incident_file, incident_of, incident_shown
from services.identity.entrypoints.wire.words import DUTIES, INCIDENT_KINDS, RISKS


class IncidentApi:
    """The register of incidents."""

    def __init__(self, app: App) -> None:
        self._app = app

    def report_incident(self, request: pb.ReportIncidentRequest, call: Call) -> pb.ReportIncidentResponse:
        """Record an incident."""
        new = NewIncident(
            kind=INCIDENT_KINDS.from_wire(request.kind),
            classes=classes_of(request.classes),
            persons=request.persons,
            area_id=request.area_id,
            description=request.description,
            noticed_at=moment(request.noticed_time),
            at=call.at,
        )
        handled = self._app.incidents.report(new, call.context(), call.permit)
        return pb.ReportIncidentResponse(incident=_shown(handled), revision=handled.revision)

    def assess_incident(self, request: pb.AssessIncidentRequest, call: Call) -> pb.AssessIncidentResponse:
        """Judge how grave it is."""
        command = AssessIncident(
            incident_id=request.incident_id,
            risk=RISKS.from_wire(request.risk),
            classes=classes_of(request.classes),
            persons=request.persons,
            grounds=request.grounds,
            by=call.me,
            at=call.at,
        )
        handled = self._app.incidents.record(command, call.context(), call.permit)
        return pb.AssessIncidentResponse(incident=_shown(handled), revision=handled.revision)

    def record_incident_notification(
        self, request: pb.RecordIncidentNotificationRequest, call: Call
    ) -> pb.RecordIncidentNotificationResponse:
        """Record that somebody was notified."""
        command = RecordNotification(
            incident_id=request.incident_id,
            duty=DUTIES.from_wire(request.duty),
            note=request.note,
            notified_at=moment_of(request, "notified_time") or call.at,
            by=call.me,
            at=call.at,
        )
        handled = self._app.incidents.record(command, call.context(), call.permit)
        return pb.RecordIncidentNotificationResponse(incident=_shown(handled), revision=handled.revision)

    def close_incident(self, request: pb.CloseIncidentRequest, call: Call) -> pb.CloseIncidentResponse:
        """Say that everything was done."""
        command = CloseIncident(
            incident_id=request.incident_id,
            measures=request.measures,
            keep=self._app.incidents.keep,
            by=call.me,
            at=call.at,
        )
        handled = self._app.incidents.record(command, call.context(), call.permit)
        return pb.CloseIncidentResponse(incident=_shown(handled), revision=handled.revision)

    def get_incident(self, request: pb.GetIncidentRequest, call: Call) -> pb.GetIncidentResponse:
        """Read one, with its texts."""
        known = self._app.incidents.get(request.incident_id, call.permit)
        call.showing(known.reported.incident_id)
        return incident_file(known)

    def list_incidents(self, request: pb.ListIncidentsRequest, call: Call) -> pb.ListIncidentsResponse:
        """Read a page of incidents."""
        rows, next_token = self._app.incidents.list(request, call.reach, Fresh.of(request, call))
        return pb.ListIncidentsResponse(incidents=map(incident_shown, rows), next_page_token=next_token)


def _shown(handled: IncidentHandled) -> pb.Incident:
    """An incident after a command."""
    assert isinstance(handled.state, Known)  # noqa: S101  # every command on it leaves it so
    return incident_shown(incident_of(handled.state))
