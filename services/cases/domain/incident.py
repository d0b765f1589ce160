"""The incidents of one affair: which alarms belong together, and to which case.

One stream for each affair: two processes that hear two sensors of one leak at the same moment append to
the same stream, so one of them opens the case, and the other joins it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.cases.domain.sensor import refusals
from services.cases.domain.values import Point

REMEMBERED = timedelta(days=365)
"""For how long after its last alarm an incident is remembered: to join, or to refer to."""

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened:
    """An alarm belongs to no incident: it opens one, and its case. `follows`: the case of the one before."""

    case_id: str
    follows: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLinked:
    """An alarm belongs to an incident, in which the alarms are counted from 1."""

    case_id: str
    number: int
    sensor_id: str
    point: Point | None
    area_path: AreaPath
    value: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAlarmEnded:
    """That alarm is over."""

    case_id: str
    number: int
    sensor_id: str
    at: datetime


IncidentEvent = IncidentOpened | AlarmLinked | LinkedAlarmEnded


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A sensor of an incident, with its newest alarm there."""

    sensor_id: str
    point: Point | None
    area_path: AreaPath
    number: int
    lasting: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What alarms tell of one place; `last_at`: when the last alarm began or was over."""

    case_id: str
    alarms: int
    members: tuple[Member, ...]
    last_at: datetime

    def member(self, sensor_id: str) -> Member | None:
        """A sensor of it."""
        return next((each for each in self.members if each.sensor_id == sensor_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """Those of one affair that are remembered, the oldest first, and how many there ever were."""

    opened: int = 0
    known: tuple[Incident, ...] = ()

    def of_case(self, case_id: str) -> Incident | None:
        """The incident that a case is about."""
        return next((each for each in self.known if each.case_id == case_id), None)


# Evolve


def evolve(state: Incidents, event: IncidentEvent) -> Incidents:
    """The incidents after one more event."""
    match event:
        case IncidentOpened(case_id=case_id, at=at):
            kept = tuple(each for each in state.known if at - each.last_at < REMEMBERED)
            new = Incident(case_id=case_id, alarms=0, members=(), last_at=at)
            return Incidents(opened=state.opened + 1, known=(*kept, new))
        case AlarmLinked() | LinkedAlarmEnded():
            known = (_after(each, event) if each.case_id == event.case_id else each for each in state.known)
            return replace(state, known=tuple(known))
        case _:
            assert_never(event)


def _after(incident: Incident, event: AlarmLinked | LinkedAlarmEnded) -> Incident:
    others = tuple(each for each in incident.members if each.sensor_id != event.sensor_id)
    last_at = max(incident.last_at, event.at)
    if isinstance(event, AlarmLinked):
        member = Member(
            sensor_id=event.sensor_id, point=event.point, area_path=event.area_path, number=event.number
        )
        return replace(incident, alarms=event.number, members=(*others, member), last_at=last_at)
    had = incident.member(event.sensor_id)
    members = (*others, replace(had, lasting=False)) if had else others
    return replace(incident, members=members, last_at=last_at)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAlarm:
    """Find the incident of an alarm, or open one.

    `over` are the cases that are resolved or have ended. `case_id` is what was planned: the case to join,
    or the one to open as the incident of that `number`.
    """

    sensor_id: str
    point: Point | None
    area_path: AreaPath
    radius: int
    window: timedelta
    value: float
    over: frozenset[str]
    case_id: str
    number: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAlarm:
    """The alarm of a sensor in the incident of a case is over."""

    sensor_id: str
    case_id: str
    at: datetime


IncidentCommand = LinkAlarm | EndAlarm


# Decide


def decide(command: IncidentCommand, state: Incidents) -> Sequence[IncidentEvent]:
    """An alarm joins the incident that it belongs to, or opens one: as was planned, or not at all."""
    match command:
        case EndAlarm(case_id=case_id, sensor_id=sensor_id, at=at):
            incident = state.of_case(case_id)
            member = incident.member(sensor_id) if incident else None
            if member is None or not member.lasting:
                return []
            ended = LinkedAlarmEnded(case_id=case_id, number=member.number, sensor_id=sensor_id, at=at)
            return [ended]
        case LinkAlarm():
            return _link(command, state)


def _link(command: LinkAlarm, state: Incidents) -> Sequence[IncidentEvent]:
    found = belonging(command, state)
    if found is not None:
        if found.case_id != command.case_id:
            raise refusals.incident_changed()
        return [_linked(command, found.alarms + 1)]
    if command.number != state.opened + 1:
        raise refusals.incident_changed()
    opened = IncidentOpened(case_id=command.case_id, follows=follows(command, state), at=command.at)
    return [opened, _linked(command, 1)]


def _linked(command: LinkAlarm, number: int) -> AlarmLinked:
    return AlarmLinked(
        case_id=command.case_id,
        number=number,
        sensor_id=command.sensor_id,
        point=command.point,
        area_path=command.area_path,
        value=command.value,
        at=command.at,
    )


def near(command: LinkAlarm, state: Incidents) -> Sequence[Incident]:
    """The incidents that the alarm could belong to, by the sensor or by the place, the newest first."""
    return [
        each
        for each in reversed(state.known)
        if any(member.sensor_id == command.sensor_id or _is_near(member, command) for member in each.members)
    ]


def belonging(command: LinkAlarm, state: Incidents) -> Incident | None:
    """The incident that the alarm belongs to, unless its case is over."""
    return next(
        (
            each
            for each in near(command, state)
            if each.case_id not in command.over
            and (each.member(command.sensor_id) or _is_recent(each, command))
        ),
        None,
    )


def follows(command: LinkAlarm, state: Incidents) -> str | None:
    """The case that a new one refers to: of the same sensor's incident before, which is over."""
    before = (each for each in near(command, state) if each.case_id in command.over)
    return next((each.case_id for each in before if each.member(command.sensor_id)), None)


def _is_near(member: Member, command: LinkAlarm) -> bool:
    if member.point is None or command.point is None:
        return member.point is command.point and member.area_path == command.area_path
    return member.point.metres_to(command.point) <= command.radius


def _is_recent(incident: Incident, command: LinkAlarm) -> bool:
    lasts = any(member.lasting for member in incident.members)
    return lasts or command.at - incident.last_at <= command.window


INCIDENT: Decider[IncidentCommand, Incidents, IncidentEvent] = Decider(
    category="incident", initial=Incidents(), decide=decide, evolve=evolve
)
