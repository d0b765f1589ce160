"""What comes of the readings of a sensor, and of what else is asked of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from libs.ledger.decider import Decider
from services.cases.domain.sensor import commands, events, refusals
from services.cases.domain.sensor.situations import Alarm, NotRegistered, Registered, Sensor
from services.cases.domain.sensor.terms import Reading, Run
from services.cases.domain.values import said

AHEAD = timedelta(minutes=1)
"""How far the clock of a sensor may be ahead of ours."""
OLDEST_DAYS = 7
CALLS_AN_HOUR = 120
_HOUR = timedelta(hours=1)


# Evolve


def evolve(state: Sensor, event: events.SensorEvent) -> Sensor:
    """The sensor after one more event."""
    if isinstance(event, events.SensorRegistered):
        return Registered(
            sensor_id=event.sensor_id,
            kind=event.kind,
            affair_id=event.affair_id,
            area_id=event.area_id,
            area_path=event.area_path,
            owner_id=event.owner_id,
            terms=event.terms,
            point=event.point,
        )
    if isinstance(state, NotRegistered):
        raise TypeError(f"a sensor begins with SensorRegistered, not with {type(event).__name__}")
    match event:
        case events.ReadingsTaken(run=run, at=at):
            since = state.calls_since
            if since is None or at - since >= _HOUR:
                return replace(state, run=run, calls=1, calls_since=at)
            return replace(state, run=run, calls=state.calls + 1)
        case events.AlarmRaised(number=number, case_id=case_id):
            return replace(state, alarms=number, alarm=Alarm(number=number, case_id=case_id))
        case events.AlarmEnded():
            return replace(state, alarm=None)
        case events.SensorRetired(at=at):
            return replace(state, retired_at=at)
        case _:
            assert_never(event)


# Decide


def decide(command: commands.SensorCommand, state: Sensor) -> Sequence[events.SensorEvent]:
    """Who sends too much, too late or too early is refused; what is not newer than the rest is left out."""
    if isinstance(command, commands.RegisterSensor):
        if not isinstance(state, NotRegistered):
            raise refusals.sensor_taken(command.sensor_id)
        return [_registered(command)]
    if isinstance(state, NotRegistered):
        raise refusals.sensor_not_found("")
    if isinstance(command, commands.RetireSensor):
        if state.retired_at:
            return []
        return [*_ended(state, state.run, command, case_over=False), events.SensorRetired(at=command.at)]
    return _take(command, state)


def _registered(command: commands.RegisterSensor) -> events.SensorRegistered:
    return events.SensorRegistered(
        sensor_id=command.sensor_id,
        kind=command.kind,
        affair_id=command.affair_id,
        area_id=command.area_id,
        area_path=command.area_path,
        owner_id=command.owner_id,
        terms=command.terms,
        at=command.at,
        point=command.point,
        description=said(command.sensor_id, command.description),
    )


def _take(command: commands.TakeReadings, state: Registered) -> Sequence[events.SensorEvent]:
    if state.retired_at:
        raise refusals.sensor_retired(state.sensor_id)
    _check(command, state)
    if command.after != state.run.last:  # what was planned about its alarms may not hold any more
        raise refusals.incident_changed()
    heard = listen(command, state)
    if not heard.taken:
        return []
    cases = iter(command.cases)
    told = [
        _of_case(event, *next(cases)) if isinstance(event, events.AlarmRaised) else event
        for event in heard.alarms
    ]
    left_out = len(command.readings) - heard.taken
    return [
        *told,
        events.ReadingsTaken(taken=heard.taken, left_out=left_out, run=heard.run, at=command.at),
    ]


def _of_case(alarm: events.AlarmRaised, case_id: str, opened: bool) -> events.AlarmRaised:
    return replace(alarm, case_id=case_id, opened=opened)


def _check(command: commands.TakeReadings, state: Registered) -> None:
    if command.unit != state.terms.unit:
        raise refusals.unit_differs(state.terms.unit)
    for index, reading in enumerate(command.readings):
        if reading.at > command.at + AHEAD:
            raise refusals.reading_in_future(index, command.at)
        if reading.at < command.at - timedelta(days=OLDEST_DAYS):
            raise refusals.reading_too_old(index, OLDEST_DAYS)
    since = state.calls_since
    if since is not None and command.at - since < _HOUR and state.calls >= CALLS_AN_HOUR:
        left = since + _HOUR - command.at
        raise refusals.sensor_quota_used(CALLS_AN_HOUR, max(1, round(left.total_seconds())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What readings say: the alarms that begin (of no case yet) and end by them, in order."""

    taken: int
    alarms: tuple[events.AlarmRaised | events.AlarmEnded, ...]
    run: Run


def listen(command: commands.TakeReadings, state: Registered) -> Heard:
    """What the readings of a request say, in the order of their times, as far as they are new."""
    fresh = list(_fresh(command.readings, state.run.last))
    run, alarms = state.run, list[events.AlarmRaised | events.AlarmEnded]()
    number, lasting = state.alarms, state.alarm is not None
    if lasting and command.case_over and fresh:
        alarms += _ended(state, Run(last=fresh[0]), command, case_over=True)
        run, lasting = run.anew(), False
    for reading in fresh:
        run = run.after(reading, state.terms)
        if not lasting and run.begins_alarm(state.terms):
            number, lasting = number + 1, True
            alarms.append(
                events.AlarmRaised(
                    number=number,
                    value=reading.value,
                    case_id="",
                    opened=False,
                    raised_at=reading.at,
                    at=command.at,
                )
            )
        elif lasting and run.ends_alarm(state.terms):
            lasting = False
            alarms.append(events.AlarmEnded(number=number, ended_at=reading.at, at=command.at))
    return Heard(taken=len(fresh), alarms=tuple(alarms), run=run)


def _fresh(readings: Sequence[Reading], last: Reading | None) -> Iterator[Reading]:
    """The readings that are later than all before, the earliest first."""
    for reading in sorted(readings, key=lambda each: each.at):
        if last is None or reading.at > last.at:
            yield reading
            last = reading


def _ended(
    state: Registered,
    run: Run,
    command: commands.TakeReadings | commands.RetireSensor,
    *,
    case_over: bool,
) -> list[events.AlarmEnded]:
    """That the alarm which lasts is over, at the newest reading."""
    if state.alarm is None or run.last is None:
        return []
    return [
        events.AlarmEnded(number=state.alarm.number, ended_at=run.last.at, at=command.at, case_over=case_over)
    ]


SENSOR: Decider[commands.SensorCommand, Sensor, events.SensorEvent] = Decider(
    category="sensor", initial=NotRegistered(), decide=decide, evolve=evolve
)
