"""How the alarms of sensors become cases: planned on what is known, and decided again as it is appended."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.ids import derived_id
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task
from libs.query.reach import Jurisdiction, Permit
from services.cases.application.case import CaseStream, surviving_of
from services.cases.application.report import Report, Reports
from services.cases.domain.case.situations import Closed, Confirmed, Merged, Rejected, Resolved, Withdrawn
from services.cases.domain.incident import (
    INCIDENT,
    EndAlarm,
    IncidentCommand,
    IncidentEvent,
    Incidents,
    LinkAlarm,
    belonging,
    follows,
    near,
)
from services.cases.domain.sensor.commands import SensorCommand, TakeReadings
from services.cases.domain.sensor.decide import listen
from services.cases.domain.sensor.events import AlarmRaised, SensorEvent, SensorRegistered
from services.cases.domain.sensor.situations import Registered, Sensor
from services.cases.domain.sensor.terms import Reading
from services.cases.domain.values import Channel

SensorStream = Stream[SensorCommand, Sensor, SensorEvent]
IncidentStream = Stream[IncidentCommand, Incidents, IncidentEvent]

_OVER = Resolved | Confirmed | Closed | Rejected | Withdrawn
"""The situations of a case, or of the one in which it goes on, in which a new alarm contradicts the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Readings of one sensor, as its owner sends them."""

    sensor_id: str
    owner_id: str
    unit: str
    readings: tuple[Reading, ...]
    at: datetime


@dataclass(slots=True, kw_only=True)
class _Plan:
    """What is to be appended together: the commands, and what the incidents are after them."""

    take: TakeReadings
    incidents: Incidents
    tasks: list[Task] = field(default_factory=list)
    over: dict[str, bool] = field(default_factory=dict)  # by case: whether it is resolved or has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """What readings begin and end, beyond the sensor itself."""

    sensors: SensorStream
    incidents: IncidentStream
    cases: CaseStream
    reports: Reports

    def plan(self, batch: Batch, sensor: Registered, context: Context, permit: Permit) -> list[Task]:
        """What these readings come to on the newest state; the deciders decide it again as they append."""
        take = TakeReadings(unit=batch.unit, readings=batch.readings, after=sensor.run.last, at=batch.at)
        plan = _Plan(take=take, incidents=self.incidents.load(sensor.affair_id).state)
        lasting = sensor.alarm.case_id if sensor.alarm else ""
        plan.take = replace(take, case_over=bool(lasting) and self._is_over(plan, lasting))
        context = replace(context, area=sensor.area_path)
        for alarm in listen(plan.take, sensor).alarms:
            if isinstance(alarm, AlarmRaised):
                lasting = self._link(plan, sensor, alarm, context, permit)
            else:
                ended = EndAlarm(sensor_id=sensor.sensor_id, case_id=lasting, at=alarm.ended_at)
                self._add(plan, sensor, ended, context)
        plan.tasks.insert(0, (self.sensors, sensor.sensor_id, plan.take, context))
        return plan.tasks

    def _link(
        self, plan: _Plan, sensor: Registered, alarm: AlarmRaised, context: Context, permit: Permit
    ) -> str:
        """Let an alarm join its incident, or open one with its case. Answers the id of the case."""
        asked = LinkAlarm(
            sensor_id=sensor.sensor_id,
            point=sensor.point,
            area_path=sensor.area_path,
            radius=sensor.terms.radius,
            window=sensor.terms.window,
            value=alarm.value,
            over=frozenset(),
            case_id="",
            number=None,
            at=alarm.raised_at,
        )
        candidates = near(asked, plan.incidents)
        asked = replace(
            asked, over=frozenset(each.case_id for each in candidates if self._is_over(plan, each.case_id))
        )
        found = belonging(asked, plan.incidents)
        number = None if found else plan.incidents.opened + 1
        case_id = found.case_id if found else derived_id("incident", f"{sensor.affair_id}/{number}")
        if found is None:
            self._open(plan, sensor, case_id, follows(asked, plan.incidents), context, permit)
        self._add(plan, sensor, replace(asked, case_id=case_id, number=number), context)
        plan.take = replace(plan.take, cases=(*plan.take.cases, (case_id, found is None)))
        return case_id

    def _add(self, plan: _Plan, sensor: Registered, command: IncidentCommand, context: Context) -> None:
        plan.tasks.append((self.incidents, sensor.affair_id, command, context))
        plan.incidents = INCIDENT.fold(INCIDENT.decide(command, plan.incidents), plan.incidents)

    def _open(
        self,
        plan: _Plan,
        sensor: Registered,
        case_id: str,
        follows_case: str | None,
        context: Context,
        permit: Permit,
    ) -> None:
        """The same as for a report by any other channel: located, routed, promised, and with a receipt."""
        report = Report(
            affair_id=sensor.affair_id,
            channel=Channel.SENSOR,
            at=plan.take.at,
            point=sensor.point,
            area_id=sensor.area_id,
            description=self._description(sensor.sensor_id),
        )
        command, _ = self.reports.prepare(report, case_id)
        area_path = command.facts.area_path
        permit(Jurisdiction(area_path=area_path))
        opening = replace(command, follows=follows_case)
        plan.tasks.append((self.cases, case_id, opening, replace(context, area=area_path)))

    def _is_over(self, plan: _Plan, case_id: str) -> bool:
        if case_id not in plan.over:
            state = self.cases.load(case_id).state
            goes_on = surviving_of(self.cases, state) if isinstance(state, Merged) else state
            plan.over[case_id] = isinstance(goes_on, _OVER)
        return plan.over[case_id]

    def _description(self, sensor_id: str) -> str:
        """What was said of a sensor when it was registered, unless that was erased."""
        registered = next(
            each.event
            for each in self.sensors.ledger.read_stream(self.sensors.name(sensor_id), until=1)
            if isinstance(each.event, SensorRegistered)
        )
        return (registered.description.value or "") if registered.description else ""
