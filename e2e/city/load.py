"""Tells Linli what Los Angeles is: areas, bodies, affairs, who answers, and within what time."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from linli.cases.v1 import cases_service_pb2 as cases
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as terms
from linli.identity.v1 import identity_service_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as kinds
from linli.types.v1.types_pb2 import LocalizedText

from e2e.city import los_angeles as la
from e2e.city.platform import City, until_known

VALID_FROM = datetime.combine(la.SINCE, datetime.min.time(), UTC)
HEARD_WITHIN = 30.0
WORKDAYS = (
    terms.WEEKDAY_MONDAY,
    terms.WEEKDAY_TUESDAY,
    terms.WEEKDAY_WEDNESDAY,
    terms.WEEKDAY_THURSDAY,
    terms.WEEKDAY_FRIDAY,
)
CLOCKS = 2
"""First response and resolution."""
BASIS = "MyLA311: the department that the city's file names most often"


def load(city: City, tell: Callable[[str], None]) -> Mapping[str, str]:
    """Load everything; safe to repeat. Answers the body's id for each owner of the file."""
    areas = list(la.areas())
    for area in areas:
        _define(city, area)
    tell(f"{len(areas)} areas with the boundaries of {sum(bool(area.boundary) for area in areas)} councils")
    bodies = {owner: _register(city, owner, name) for owner, name in la.BODIES.items()}
    tell(f"{len(bodies)} departments as bodies")
    _claim_system(city)
    _define_calendar(city)
    for affair in la.AFFAIRS:
        _define_affair(city, affair)
        _assign(city, affair, bodies[affair.owner])
        _promise(city, affair)
    tell(f"{len(la.AFFAIRS)} request types as affairs, each with its owner and its time limits")
    for affair in la.AFFAIRS:
        _until_routed(city, affair, bodies[affair.owner])
    return bodies


def _define(city: City, area: la.Area) -> None:
    level = {0: kinds.AREA_LEVEL_CITY, 1: kinds.AREA_LEVEL_DISTRICT}.get(
        (area.parent_id != "") + bool(area.boundary), kinds.AREA_LEVEL_COMMUNITY
    )
    city.identity.define_area(
        identity.DefineAreaRequest(
            request_id=f"area-{area.area_id}",
            area_id=area.area_id,
            parent_id=area.parent_id,
            level=level,
            name=LocalizedText(en=area.name),
            boundary=area.boundary,
            valid_from_time=_stamp(VALID_FROM) if area.boundary else None,
        )
    )


def _register(city: City, owner: str, name: str) -> str:
    request = identity.RegisterBodyRequest(
        request_id=f"body-{owner}",
        natural_key=kinds.NaturalKey(kind=kinds.KEY_KIND_LOCAL_CODE, value=owner.lower()),
        kind=kinds.BODY_KIND_GOVERNMENT_DEPARTMENT,
        name=LocalizedText(en=name),
        area_id=la.CITY,
    )
    body_id: str = city.identity.register_body(request).body.body_id
    return body_id


def _claim_system(city: City) -> None:
    """The numbers of the file belong to whoever imports it."""
    request = cases.RegisterExternalSystemRequest(request_id=f"system-{la.SYSTEM}", system=la.SYSTEM)
    city.cases.register_external_system(request)


def _define_calendar(city: City) -> None:
    hours = [terms.Hours(from_minute=la.OPENS * 60, until_minute=la.CLOSES * 60)]
    week = [terms.WeekdayHours(weekday=day, hours=hours) for day in WORKDAYS]
    working_time = terms.WorkingTime(time_zone=la.ZONE, week=week, holidays=la.HOLIDAYS_2020)
    city.catalog.define_calendar(
        catalog.DefineCalendarRequest(
            request_id="calendar",
            calendar_id=la.CALENDAR,
            name=LocalizedText(en="City working days, 7:00 to 17:00"),
            working_time=working_time,
        )
    )


def _define_affair(city: City, affair: la.Affair) -> None:
    city.catalog.define_affair(
        catalog.DefineAffairRequest(
            request_id=f"affair-{affair.affair_id}",
            affair_id=affair.affair_id,
            name=LocalizedText(en=affair.name),
            anonymous_allowed=True,
        )
    )


def _assign(city: City, affair: la.Affair, body_id: str) -> None:
    request = catalog.AssignResponsibilityRequest(
        request_id=f"owner-{affair.affair_id}",
        affair_id=affair.affair_id,
        area_id=la.CITY,
        body_id=body_id,
        legal_basis=BASIS,
        valid_from_time=_stamp(VALID_FROM),
    )
    until_known(city.catalog.assign_responsibility, request)


def _promise(city: City, affair: la.Affair) -> None:
    request = catalog.PublishCommitmentRequest(
        request_id=f"promise-{affair.affair_id}",
        affair_id=affair.affair_id,
        area_id=la.CITY,
        first_response=_working_days(affair.first_response_days),
        resolution=_working_days(affair.resolution_days),
        calendar_id=la.CALENDAR,
        valid_from_time=_stamp(VALID_FROM),
        evidence_kinds=[terms.EVIDENCE_KIND_PHOTO],
        escalation=_escalation(),
    )
    until_known(city.catalog.publish_commitment, request)


def _until_routed(city: City, affair: la.Affair, body_id: str) -> None:
    """Wait until the cases service has heard of all that it needs to route and promise."""
    request = cases.PreviewRoutingRequest(affair_id=affair.affair_id, area_id=la.CITY)
    deadline = time.monotonic() + HEARD_WITHIN
    while time.monotonic() < deadline:
        answer = until_known(city.cases.preview_routing, request)
        if answer.routing.body_id == body_id and len(answer.deadlines) == CLOCKS:
            return
        time.sleep(0.1)
    raise TimeoutError(f"cases has not heard within {HEARD_WITHIN:.0f} s who answers for {affair.name}")


def _escalation() -> terms.Escalation:
    """From the council to its region and the city."""
    told = {
        100: kinds.AREA_LEVEL_COMMUNITY,
        150: kinds.AREA_LEVEL_DISTRICT,
        200: kinds.AREA_LEVEL_CITY,
    }
    return terms.Escalation(
        levels=[
            terms.EscalationLevel(
                percent=percent, recipient=terms.ESCALATION_RECIPIENT_DISPATCHER, area_level=level
            )
            for percent, level in told.items()
        ],
        acknowledgement=_working_days(1),
    )


def _working_days(amount: int) -> terms.Limit:
    return terms.Limit(amount=amount, unit=terms.LIMIT_UNIT_WORKING_DAYS)


def _stamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp
