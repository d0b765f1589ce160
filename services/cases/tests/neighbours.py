"""A small city as the neighbours tell of it."""

import json
from datetime import UTC, datetime

from linli.catalog.v1 import catalog_events_pb2 as catalog
from linli.catalog.v1 import catalog_types_pb2 as catalog_types
from linli.identity.v1 import identity_events_pb2 as identity
from linli.identity.v1 import identity_types_pb2 as identity_types

from libs.rpc.moments import stamp
from libs.testkit.component import Component

LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
IN_MOLE_STREET = {"latitude": 0.5, "longitude": 0.5}
IN_HARBOUR = {"latitude": 0.5, "longitude": 1.5}
AT_SEA = {"latitude": 40.0, "longitude": 40.0}


def tell(running: Component) -> None:
    """Let a service hear of the whole city."""
    for area_id, path, level, square in (
        ("city", "city", identity_types.AREA_LEVEL_CITY, (0, 0, 10)),
        ("harbour", "city/harbour", identity_types.AREA_LEVEL_DISTRICT, (0, 0, 2)),
        ("mole-street", "city/harbour/mole-street", identity_types.AREA_LEVEL_COMMUNITY, (0, 0, 1)),
        ("hill", "city/hill", identity_types.AREA_LEVEL_DISTRICT, (5, 5, 2)),
    ):
        running.hears("identity", identity.AreaDefined(area_id=area_id, area_path=path, level=level))
        running.hears("identity", boundary(area_id, path, *square))
    for body in ("roads", "parks", "harbour-office"):
        running.hears("identity", identity.BodyRegistered(body_id=body))
    for affair, path, anonymous in (
        ("streets", "streets", False),
        ("potholes", "streets/potholes", False),
        ("graffiti", "streets/graffiti", True),
        ("ufos", "ufos", True),
    ):
        told = catalog.AffairDefined(affair_id=affair, affair_path=path, anonymous_allowed=anonymous)
        running.hears("catalog", told)
    running.hears("catalog", assigned("streets:city:1", "streets", "city", "roads"))
    running.hears("catalog", office_calendar())
    running.hears("catalog", promised("streets", first_response=4, resolution=24))


def boundary(area_id: str, path: str, west: float, south: float, size: float) -> identity.AreaBoundaryChanged:
    """A square."""
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return identity.AreaBoundaryChanged(
        area_id=area_id,
        area_path=path,
        version=1,
        boundary=json.dumps({"type": "Polygon", "coordinates": [ring]}),
        valid_from_time=stamp(LONG_AGO),
    )


def assigned(
    item_id: str,
    affair_id: str,
    area_id: str,
    body_id: str,
    *,
    version: int = 1,
    valid_from: datetime = LONG_AGO,
) -> catalog.ResponsibilityAssigned:
    """A responsibility."""
    return catalog.ResponsibilityAssigned(
        item_id=item_id,
        version=version,
        affair_id=affair_id,
        area_id=area_id,
        body_id=body_id,
        valid_from_time=stamp(valid_from),
    )


def office_calendar() -> catalog.CalendarDefined:
    """Work from eight to four on weekdays, with a holiday and a Saturday that is worked."""
    hours = [catalog_types.Hours(from_minute=8 * 60, until_minute=16 * 60)]
    week = [
        catalog_types.WeekdayHours(weekday=weekday, hours=hours)
        for weekday in catalog_types.Weekday.values()[1:6]
    ]
    return catalog.CalendarDefined(
        calendar_id="office",
        version=1,
        working_time=catalog_types.WorkingTime(
            time_zone="UTC",
            week=week,
            holidays=["2020-01-01"],
            working_dates=[catalog_types.WorkingDate(date="2021-01-09", hours=hours)],
        ),
    )


def promised(affair_id: str, *, first_response: int, resolution: int) -> catalog.CommitmentPublished:
    """Limits in working hours."""
    unit = catalog_types.LIMIT_UNIT_WORKING_HOURS
    return catalog.CommitmentPublished(
        commitment_id=affair_id,
        version=1,
        affair_id=affair_id,
        first_response=catalog_types.Limit(amount=first_response, unit=unit),
        resolution=catalog_types.Limit(amount=resolution, unit=unit),
        calendar_id="office",
        valid_from_time=stamp(LONG_AGO),
    )
