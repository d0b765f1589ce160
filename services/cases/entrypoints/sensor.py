"""The rpcs about sensors and what they report."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.application.incident import Batch
from services.cases.application.sensor import Registration
from services.cases.domain.sensor.events import AlarmRaised, ReadingsTaken
from services.cases.entrypoints.report import opening_within
from services.cases.entrypoints.wire.sensor import (
    alarm_shown,
    readings_of,
    sensor_listed,
    sensor_shown,
    terms_of_sensor,
)
from services.cases.entrypoints.wire.words import point_of


class SensorApi:
    """What sensors there are, and what they say."""

    def __init__(self, app: App) -> None:
        self._app = app

    def register_sensor(self, request: pb.RegisterSensorRequest, call: Call) -> pb.RegisterSensorResponse:
        """Make a sensor known."""
        asked = Registration(
            sensor_id=request.sensor_id,
            kind=request.kind,
            affair_id=request.affair_id,
            point=point_of(request),
            area_id=request.area_id,
            owner_id=request.owner_id,
            terms=terms_of_sensor(request.terms),
            description=request.description,
        )
        handled = self._app.sensors.register(asked, call.now(), call.context(), call.permit)
        return pb.RegisterSensorResponse(sensor=sensor_shown(handled.state), revision=handled.revision)

    def retire_sensor(self, request: pb.RetireSensorRequest, call: Call) -> pb.RetireSensorResponse:
        """Take a sensor out of use."""
        context = call.context(reason=request.reason)
        handled = self._app.sensors.retire(request.sensor_id, call.now(), context, call.permit)
        return pb.RetireSensorResponse(sensor=sensor_shown(handled.state), revision=handled.revision)

    def list_sensors(self, request: pb.ListSensorsRequest, call: Call) -> pb.ListSensorsResponse:
        """A page of the sensors within the caller's reach."""
        rows, token = self._app.sensors.listed(request, call.reach, Fresh.of(request, call))
        return pb.ListSensorsResponse(sensors=map(sensor_listed, rows), next_page_token=token)

    def record_readings(self, request: pb.RecordReadingsRequest, call: Call) -> pb.RecordReadingsResponse:
        """Take what a sensor of the caller's measured."""
        batch = Batch(
            sensor_id=request.sensor_id,
            owner_id=call.me,
            unit=request.unit,
            readings=readings_of(request),
            at=call.now(),
        )
        handled = self._app.sensors.record(batch, call.context(), opening_within(call))
        taken = sum(each.taken for each in handled.events if isinstance(each, ReadingsTaken))
        return pb.RecordReadingsResponse(
            taken=taken,
            left_out=len(request.readings) - taken,
            alarms=[self._raised(each) for each in handled.events if isinstance(each, AlarmRaised)],
            revision=handled.revision,
        )

    def _raised(self, alarm: AlarmRaised) -> pb.RaisedAlarm:
        public_id, code = self._app.sensors.numbers(alarm.case_id)
        return pb.RaisedAlarm(
            alarm=alarm.number,
            raised_time=stamp(alarm.raised_at),
            case_id=alarm.case_id,
            public_id=public_id,
            opened=alarm.opened,
            receipt_code=code if alarm.opened else "",
        )

    def list_incident_alarms(
        self, request: pb.ListIncidentAlarmsRequest, call: Call
    ) -> pb.ListIncidentAlarmsResponse:
        """A page of the alarms that belong to a case."""
        call.permit(permits.area_and_body(self._app.conversations.case(request.case_id)))
        rows, token = self._app.sensors.linked_alarms(request, request.case_id, Fresh.of(request, call))
        return pb.ListIncidentAlarmsResponse(alarms=map(alarm_shown, rows), next_page_token=token)
