"""Sensors and their alarms on the wire."""

from datetime import timedelta

from linli.cases.v1 import cases_service_pb2 as pb
from linli.types.v1.types_pb2 import Point as WirePoint

from libs.rpc.moments import moment, stamp, stamp_or_none
from services.cases.application.ports import AlarmRow, IncidentRow, SensorRow
from services.cases.domain.sensor.situations import Registered, Sensor
from services.cases.domain.sensor.terms import Reading, SensorTerms, Side
from services.cases.entrypoints.wire.words import SIDES


def terms_of_sensor(given: pb.SensorTerms) -> SensorTerms:
    """The terms that a request states."""
    return SensorTerms(
        unit=given.unit,
        threshold=given.threshold,
        side=SIDES.from_wire(given.side),
        hold=timedelta(seconds=given.hold_seconds),
        hold_readings=max(1, given.hold_readings),
        clear=timedelta(seconds=given.clear_seconds),
        radius=given.incident_radius_metres,
        window=timedelta(seconds=given.incident_window_seconds),
    )


def _terms_shown(terms: SensorTerms) -> pb.SensorTerms:
    return pb.SensorTerms(
        unit=terms.unit,
        threshold=terms.threshold,
        side=SIDES.to_wire(terms.side),
        hold_seconds=round(terms.hold.total_seconds()),
        hold_readings=terms.hold_readings,
        clear_seconds=round(terms.clear.total_seconds()),
        incident_radius_metres=terms.radius,
        incident_window_seconds=round(terms.window.total_seconds()),
    )


def readings_of(request: pb.RecordReadingsRequest) -> tuple[Reading, ...]:
    """The readings of a request."""
    return tuple(Reading(at=moment(each.time), value=each.value) for each in request.readings)


def sensor_shown(state: Sensor) -> pb.Sensor:
    """A sensor as folded from its stream."""
    if not isinstance(state, Registered):
        raise TypeError("a command that was answered left a registered sensor")
    place, last = state.point, state.run.last
    return pb.Sensor(
        sensor_id=state.sensor_id,
        kind=state.kind,
        affair_id=state.affair_id,
        location=WirePoint(latitude=place.latitude, longitude=place.longitude) if place else None,
        area_path=state.area_path,
        owner_id=state.owner_id,
        terms=_terms_shown(state.terms),
        last_time=stamp_or_none(last.at if last else None),
        last_value=last.value if last else 0.0,
        unchanged_since_time=stamp_or_none(state.run.same_since),
        alarms=state.alarms,
        alarm_case_id=state.alarm.case_id if state.alarm else "",
        retired_time=stamp_or_none(state.retired_at),
    )


def sensor_listed(row: SensorRow) -> pb.Sensor:
    """A sensor as the view has it."""
    terms = SensorTerms(
        unit=row["unit"],
        threshold=row["threshold"],
        side=Side(row["side"]),
        hold=timedelta(seconds=row["hold_seconds"]),
        hold_readings=row["hold_readings"],
        clear=timedelta(seconds=row["clear_seconds"]),
        radius=row["radius"],
        window=timedelta(seconds=row["window_seconds"]),
    )
    latitude, longitude = row["latitude"], row["longitude"]
    placed = latitude is not None and longitude is not None
    return pb.Sensor(
        sensor_id=row["sensor_id"],
        kind=row["kind"],
        affair_id=row["affair_id"],
        location=WirePoint(latitude=latitude or 0, longitude=longitude or 0) if placed else None,
        area_path=row["area_path"],
        owner_id=row["owner_id"],
        terms=_terms_shown(terms),
        last_time=stamp_or_none(row["last_time"]),
        last_value=row["last_value"] or 0.0,
        unchanged_since_time=stamp_or_none(row["same_since"]),
        alarms=row["alarms"],
        alarm_case_id=row["alarm_case_id"] or "",
        retired_time=stamp_or_none(row["retired_time"]),
    )


def alarm_shown(row: AlarmRow) -> pb.IncidentAlarm:
    """An alarm of an incident."""
    return pb.IncidentAlarm(
        number=row["number"],
        sensor_id=row["sensor_id"],
        raised_time=stamp(row["raised_time"]),
        value=row["value"],
        ended_time=stamp_or_none(row["ended_time"]),
    )


def incident_shown(row: IncidentRow | None) -> pb.Incident:
    """What the alarms of a case amount to; the view may not have the first one yet."""
    if row is None:
        return pb.Incident()
    return pb.Incident(
        alarms=row["alarms"],
        sensors=row["sensors"],
        lasting=row["lasting"],
        first_time=stamp(row["first_time"]),
        last_time=stamp(row["last_time"]),
    )
