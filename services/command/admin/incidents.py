"""What a data protection officer does about incidents with personal data."""

from services.command.admin.act import Act, Noun

INCIDENT = Noun(
    summary="incidents with personal data, and who must be notified of them until when",
    acts={
        "report": Act(
            rpc="identity.ReportIncident",
            summary="record an incident",
            more="The time limits run from --noticed on. It takes the role DATA_PROTECTION_OFFICER.",
            asks=("description",),
            words={"area_id": "the area whose people it is about [the whole installation]"},
        ),
        "list": Act(
            rpc="identity.ListIncidents",
            summary="list incidents, those first of which somebody must still be notified",
            filters={"state": "state", "kind": "kind", "open": "open", "overdue": "overdue", "area": "area"},
            columns=("incident_id", "kind", "state", "risk", "due_time", "overdue", "persons", "erase_time"),
        ),
        "show": Act(
            rpc="identity.GetIncident", summary="show an incident with its texts", takes=("incident_id",)
        ),
        "assess": Act(
            rpc="identity.AssessIncident",
            summary="record how grave an incident is",
            more="With INCIDENT_RISK_HIGH the persons must be notified, too; with INCIDENT_RISK_NONE nobody.",
            takes=("incident_id",),
            asks=("grounds",),
        ),
        "notified": Act(
            rpc="identity.RecordIncidentNotification",
            summary="record that the authority or the persons were notified",
            takes=("incident_id",),
            asks=("note",),
        ),
        "close": Act(
            rpc="identity.CloseIncident",
            summary="close an incident of which everybody was notified",
            takes=("incident_id",),
            asks=("measures",),
            follows="Nothing more can be recorded of it, and its texts are erased when their time is over.",
        ),
    },
)
