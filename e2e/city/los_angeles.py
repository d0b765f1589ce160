"""Los Angeles as Linli sees it: areas, bodies, affairs, commitments, out of its community file.

The file says what of it is assumed.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from services.command.community.checking import community_of
from services.command.community.forms import hours_of, limit_of, moment_of
from services.command.community.shipping import SHIPPED

DATA = Path(__file__).parents[1] / "data"
REQUESTS = DATA / "myla311-2020.csv.gz"
COMMUNITY = SHIPPED / "los-angeles"
COUNCILS = COMMUNITY / "councils.geojson.gz"
_FILE = community_of(COMMUNITY)
[_CALENDAR] = _FILE.calendars

CITY = "la"
ZONE = _FILE.time_zone
SYSTEM = "myla311"
VALID_FROM = moment_of(_FILE.valid_from, ZONE)
"""From when the boundaries, departments and limits that are loaded hold."""
SINCE = VALID_FROM.astimezone(UTC).date()
OPENS, CLOSES = (minutes // 60 for [stretch] in [hours_of(_CALENDAR.week.monday)] for minutes in stretch)
"""Working hours assumed for the replay, Monday to Friday, on the wall clock."""
HOLIDAYS = tuple(_CALENDAR.holidays)
HOLIDAYS_OF = int(HOLIDAYS[0][:4])
"""The year whose holidays the calendar has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A node of the city's tree; `boundary` is GeoJSON, empty for the nodes above the councils."""

    area_id: str
    parent_id: str
    name: str
    boundary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affair:
    """A request type: who answers for it, and the limit (in working days) assumed for the replay."""

    affair_id: str
    name: str
    owner: str
    resolution_days: int


BODIES = {body.id.upper(): body.name.en for body in _FILE.bodies}
"""The departments by their codes in the file of requests."""


def _affairs() -> Iterator[Affair]:
    owners = {item.affair: item.body.upper() for item in _FILE.responsibilities}
    limits = {promise.affair: limit_of(promise.resolution).amount for promise in _FILE.commitments}
    for each in _FILE.affairs:
        yield Affair(
            affair_id=each.id, name=each.name.en, owner=owners[each.id], resolution_days=limits[each.id]
        )


AFFAIRS = tuple(_affairs())

CHANNELS = {
    "Call": "CHANNEL_PHONE_OPERATOR",
    "Mobile App": "CHANNEL_MOBILE_APP",
    "Driver Self Report": "CHANNEL_FIELD_REPORT",
    "Self Service": "CHANNEL_WEB",
    "Email": "CHANNEL_EMAIL",
    "Letter": "CHANNEL_LETTER",
    "Council's Office": "CHANNEL_DESK",
}


def areas() -> Iterator[Area]:
    """The city, its 12 regions and 99 neighbourhood councils, parents before children."""
    [beside] = _FILE.boundaries
    with gzip.open(COMMUNITY / beside.file, "rt", encoding="utf-8") as packed:
        features = json.load(packed)["features"]
    boundaries = {
        f"{beside.prefix}{feature['properties'][beside.property]}": json.dumps(
            feature["geometry"], separators=(",", ":")
        )
        for feature in features
    }
    for area in _FILE.areas:
        yield Area(
            area_id=area.id,
            parent_id=area.parent,
            name=area.name.en,
            boundary=boundaries.get(area.id, ""),
        )


def region_id(region: str) -> str:
    """`REGION 8 - NORTH EAST LA` -> `la-region-8`."""
    return f"{CITY}-region-{int(region.split()[1])}"


def council_id(number: str) -> str:
    """`47` -> `la-nc-47`."""
    return f"{CITY}-nc-{number}"
