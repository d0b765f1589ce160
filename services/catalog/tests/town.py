"""A small town for tests over the wire: areas, bodies, and words to call the catalog."""

from datetime import datetime
from typing import Any

import pytest
from linli.catalog.v1 import catalog_service_pb2 as pb
from linli.catalog.v1 import catalog_types_pb2 as types
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types
from linli.types.v1.types_pb2 import LocalizedText

from libs.rpc.access import Grant
from libs.rpc.failures import RpcFailed
from libs.rpc.moments import stamp_or_none
from libs.testkit.clocks import moment
from libs.testkit.component import Component
from libs.testkit.ids import Ids

DESCRIPTOR = pb.DESCRIPTOR.services_by_name["CatalogService"]
NEW_YEAR = moment("2020-01-01 00:00")
SPRING = moment("2020-04-01 00:00")
SUMMER = moment("2020-07-01 00:00")
NEXT_CENTURY = moment("2100-01-01 00:00")
request_id = Ids("catalog component")

AREAS = {
    "town": ("town", identity_types.AREA_LEVEL_CITY),
    "north": ("town/north", identity_types.AREA_LEVEL_DISTRICT),
    "south": ("town/south", identity_types.AREA_LEVEL_DISTRICT),
    "elm": ("town/north/elm", identity_types.AREA_LEVEL_STREET),
}
BODIES = ("kitchen", "cleaners", "welfare-office")


def settle(running: Component) -> None:
    """Identity tells of the areas and bodies."""
    for area_id, (path, level) in AREAS.items():
        defined = identity.AreaDefined(
            area_id=area_id,
            parent_id=path.split("/")[-2] if "/" in path else "",
            level=level,
            area_path=path,
            name=LocalizedText(en=area_id.title()),
        )
        running.hears("identity", defined)
    for body_id in BODIES:
        kind = identity_types.BODY_KIND_THIRD_PARTY_PROVIDER
        name = LocalizedText(en=body_id)
        running.hears("identity", identity.BodyRegistered(body_id=body_id, kind=kind, name=name))


def stub(running: Component, role: str, *, area: str = "", body: str = "") -> Any:
    """The rpcs as somebody with one role, within an area, for a body, or without limits."""
    path = AREAS[area][0] if area else ""
    return running.client(running.mint.person(role, area=area, path=path, body=body)).service(DESCRIPTOR)


def provider(running: Component, body_id: str) -> Any:
    """The rpcs as the own system of a provider."""
    token = running.mint.client(
        "catalog.read", "services.write", subject=f"client-{body_id}", grants=[Grant("PARTNER", body=body_id)]
    )
    return running.client(token).service(DESCRIPTOR)


def refused(reason: str) -> Any:
    """The call inside is refused for this reason."""
    return pytest.raises(RpcFailed, check=lambda failed: failed.reason == reason)


def define(rpcs: Any, affair_id: str, parent_id: str = "", *keywords: str, **name: str) -> Any:
    """Define an affair."""
    return rpcs.define_affair(
        pb.DefineAffairRequest(
            request_id=request_id(),
            affair_id=affair_id,
            parent_id=parent_id,
            name=LocalizedText(**(name or {"en": affair_id.title()})),
            keywords=keywords,
        )
    )


def assign(
    rpcs: Any,
    affair_id: str,
    area_id: str,
    body_id: str = "kitchen",
    start: datetime = NEW_YEAR,
    end: datetime | None = None,
    request: str = "",
) -> Any:
    """Make a body answer."""
    return rpcs.assign_responsibility(
        pb.AssignResponsibilityRequest(
            request_id=request or request_id(),
            affair_id=affair_id,
            area_id=area_id,
            body_id=body_id,
            legal_basis="Decision 7 of 2019",
            valid_from_time=stamp_or_none(start),
            valid_until_time=stamp_or_none(end),
        )
    )


def find(rpcs: Any, affair_id: str, area_id: str, at: datetime = SPRING, at_least: str = "") -> Any:
    """Who answers?"""
    return rpcs.find_responsible(
        pb.FindResponsibleRequest(
            affair_id=affair_id, area_id=area_id, at_time=stamp_or_none(at), at_least=at_least
        )
    )


def define_calendar(
    rpcs: Any, calendar_id: str, *holidays: str, start: datetime | None = None, **others: Any
) -> Any:
    """Monday to Friday, 9 to 17."""
    hours = [types.Hours(from_minute=540, until_minute=1020)]
    week = [types.WeekdayHours(weekday=types.Weekday.ValueType(day), hours=hours) for day in range(1, 6)]
    return rpcs.define_calendar(
        pb.DefineCalendarRequest(
            request_id=request_id(),
            calendar_id=calendar_id,
            name=LocalizedText(en=calendar_id),
            working_time=types.WorkingTime(time_zone="Asia/Shanghai", week=week, holidays=holidays),
            valid_from_time=stamp_or_none(start),
            **others,
        )
    )


def promise(rpcs: Any, affair_id: str, area_id: str, days: int, start: datetime = NEW_YEAR) -> Any:
    """So many working days."""
    return rpcs.publish_commitment(
        pb.PublishCommitmentRequest(
            request_id=request_id(),
            affair_id=affair_id,
            area_id=area_id,
            resolution=types.Limit(amount=days, unit=types.LIMIT_UNIT_WORKING_DAYS),
            calendar_id="office",
            evidence_kinds=[types.EVIDENCE_KIND_PHOTO],
            valid_from_time=stamp_or_none(start),
        )
    )


def details(
    affair_id: str, *area_ids: str, zh: str = "", en: str = "", **others: Any
) -> types.ServiceDetails:
    """What is said about a service."""
    name = LocalizedText(zh=zh, en=en)
    return types.ServiceDetails(affair_id=affair_id, area_ids=area_ids, name=name, **others)


def publish(rpcs: Any, body_id: str, said: types.ServiceDetails, service_id: str = "") -> Any:
    """Offer a service."""
    return rpcs.publish_service(
        pb.PublishServiceRequest(
            request_id=request_id(), service_id=service_id, body_id=body_id, details=said
        )
    )


def search(rpcs: Any, query: str = "", **others: Any) -> list[str]:
    """The ids of the services found, the best first."""
    found = rpcs.search_services(pb.SearchServicesRequest(query=query, **others))
    return [each.service.service_id for each in found.results]
