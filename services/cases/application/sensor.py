"""Sensors: what they measure, and how their alarms become cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context
from libs.ledger.streams.decision import concurrent_change
from libs.ledger.streams.stream import Handled, Task, handle_many
from libs.query.freshness import Fresh, ListQuery, PageQuery
from libs.query.reach import Jurisdiction, Permit, Reach
from services.cases.application.incident import Alarms, Batch, IncidentStream, SensorStream
from services.cases.application.owner import Owners
from services.cases.application.ports import (
    AlarmReads,
    AlarmRow,
    IncidentRow,
    Picture,
    SensorReads,
    SensorRow,
)
from services.cases.application.report import Reports
from services.cases.domain.incident import EndAlarm
from services.cases.domain.sensor import refusals
from services.cases.domain.sensor.commands import RegisterSensor, RetireSensor
from services.cases.domain.sensor.events import SensorEvent
from services.cases.domain.sensor.situations import Registered, Sensor
from services.cases.domain.sensor.terms import SensorTerms
from services.cases.domain.values import Point, public_id

SensorHandled = Handled[Sensor, SensorEvent]

_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What an operator says of a sensor."""

    sensor_id: str
    kind: str
    affair_id: str
    point: Point | None
    area_id: str
    owner_id: str
    terms: SensorTerms
    description: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """What can be done with sensors."""

    stream: SensorStream
    owners: Owners
    alarms: Alarms
    incidents: IncidentStream
    reports: Reports
    picture: Picture
    reads: SensorReads
    linked: AlarmReads

    def register(self, asked: Registration, at: datetime, context: Context, permit: Permit) -> SensorHandled:
        """Make a sensor of a client known (OWNER_UNKNOWN). `permit` is asked about the area found."""
        facts = self.picture().facts(asked.affair_id, asked.point, asked.area_id, at)
        permit(Jurisdiction(area_path=facts.area_path))
        command = RegisterSensor(
            sensor_id=asked.sensor_id,
            kind=asked.kind,
            affair_id=asked.affair_id,
            area_id=asked.area_id,
            area_path=facts.area_path,
            owner_id=asked.owner_id,
            terms=asked.terms,
            at=at,
            point=asked.point,
            description=asked.description,
        )
        context = replace(context, area=facts.area_path)
        known = partial(self.owners.require_client, asked.owner_id)
        return self.stream.handle(asked.sensor_id, command, context, if_new=known)

    def retire(self, sensor_id: str, at: datetime, context: Context, permit: Permit) -> SensorHandled:
        """Take a sensor out of use; the alarm that lasts ends with it."""
        sensor = self._registered(sensor_id)
        permit(Jurisdiction(area_path=sensor.area_path))
        context = replace(context, area=sensor.area_path)
        tasks: list[Task] = [(self.stream, sensor_id, RetireSensor(at=at), context)]
        if sensor.alarm is not None:
            ended = EndAlarm(sensor_id=sensor_id, case_id=sensor.alarm.case_id, at=at)
            tasks.append((self.incidents, sensor.affair_id, ended, context))
        return handle_many(self.stream.ledger, tasks)[0]

    def record(self, batch: Batch, context: Context, permit: Permit) -> SensorHandled:
        """Take readings, and open or join the case of each alarm that they begin, all together or not at all.

        `permit` is asked about the area of a case to be opened.
        """
        for _ in range(_TRIES):
            sensor = self._registered(batch.sensor_id)
            if sensor.owner_id != batch.owner_id:
                raise refusals.sensor_not_yours(batch.sensor_id)
            tasks = self.alarms.plan(batch, sensor, context, permit)
            try:
                return handle_many(self.stream.ledger, tasks)[0]
            except Refusal as refusal:
                if refusal.code not in {"INCIDENT_CHANGED", "CASE_EXISTS"}:
                    raise
        raise concurrent_change(self.incidents.name(sensor.affair_id))

    def numbers(self, case_id: str) -> tuple[str, str]:
        """The public number of a case that a sensor opened, and the code of its receipt."""
        return public_id(self.reports.prefix, case_id), self.reports.receipts.code_of(case_id)

    def listed(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[SensorRow], str]:
        """A page of the sensors within reach."""
        return self.reads.sensors(query, reach, fresh)

    def incident(self, case_id: str) -> IncidentRow | None:
        """What a case's incident amounts to, as the view has it; None if no sensor reported it."""
        return self.linked.incident(case_id)

    def linked_alarms(self, query: PageQuery, case_id: str, fresh: Fresh) -> tuple[Sequence[AlarmRow], str]:
        """A page of the alarms of a case's incident."""
        return self.linked.alarms(query, case_id, fresh)

    def _registered(self, sensor_id: str) -> Registered:
        sensor = self.stream.load(sensor_id).state
        if not isinstance(sensor, Registered):
            raise refusals.sensor_not_found(sensor_id)
        return sensor


def area_of(sensor: Sensor) -> str | None:
    """The path of the area that a sensor stands in."""
    return sensor.area_path if isinstance(sensor, Registered) else None
