"""Use cases of incidents with personal data: recorded, assessed, told of within their limits, closed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from services.identity.application.area import AreaStream, jurisdiction, within
from services.identity.application.incident_ports import IncidentReads, IncidentRow
from services.identity.domain import incident_refusals as refusals
from services.identity.domain.incident.commands import (
    AssessIncident,
    CloseIncident,
    IncidentCommand,
    Limits,
    RecordNotification,
    ReportIncident,
)
from services.identity.domain.incident.events import IncidentEvent, IncidentKind
from services.identity.domain.incident.situations import Incident, Known

IncidentStream = Stream[IncidentCommand, Incident, IncidentEvent]
IncidentHandled = Handled[Incident, IncidentEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIncident:
    """An incident as a caller describes it."""

    kind: IncidentKind
    classes: tuple[str, ...]
    persons: int
    area_id: str
    description: str
    noticed_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """What can be done with incidents.

    `limits` are those of incidents that are recorded from now on, `keep` is how long the texts are kept of
    those that are closed from now on.
    """

    stream: IncidentStream
    areas: AreaStream
    reads: IncidentReads
    limits: Limits
    keep: timedelta

    def report(self, new: NewIncident, context: Context, permit: Permit) -> IncidentHandled:
        """Record an incident of an area, or of the whole installation."""
        there = within(self.areas, new.area_id, "")
        permit(jurisdiction(there))
        command = ReportIncident(
            incident_id=derived_id(context.actor, context.request_id or ""),
            kind=new.kind,
            classes=new.classes,
            persons=new.persons,
            area_id=new.area_id,
            area_path=there.area_path,
            description=new.description,
            noticed_at=new.noticed_at,
            limits=self.limits,
            by=context.actor,
            at=new.at,
        )
        context = replace(context, area=there.area_path or None)
        return self.stream.handle(command.incident_id, command, context)

    def record(
        self,
        command: AssessIncident | RecordNotification | CloseIncident,
        context: Context,
        permit: Permit,
    ) -> IncidentHandled:
        """Assess it, record who was notified, or close it."""
        known = self.get(command.incident_id, permit)
        context = replace(context, area=known.reported.area_path or None)
        return self.stream.handle(command.incident_id, command, context)

    def get(self, incident_id: str, permit: Permit) -> Known:
        """One incident, with its texts."""
        state = self.stream.load(incident_id).state
        if not isinstance(state, Known):
            raise refusals.incident_is_unknown(incident_id)
        permit(Jurisdiction(area_path=state.reported.area_path or None))
        return state

    def list(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[IncidentRow], str]:
        """A page of incidents, the most urgent first."""
        return self.reads.page(query, reach, fresh)
