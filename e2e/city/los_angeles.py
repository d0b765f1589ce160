"""Los Angeles as Linli sees it: areas, bodies, affairs, commitments.

Areas, bodies and affairs are the city's own, read from its files. The file promises nothing, so the
limits below are ASSUMED for the replay; the report says so.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
REQUESTS = DATA / "myla311-2020.csv.gz"
COUNCILS = DATA / "la-neighborhood-councils.geojson.gz"

CITY = "la"
ZONE = "America/Los_Angeles"
CALENDAR = "la-city"
OPENS, CLOSES = 7, 17
"""Working hours assumed for the replay, Monday to Friday, on the wall clock."""
SYSTEM = "myla311"
SINCE = date(2019, 1, 1)
"""The first day on which the boundaries, departments and limits that are loaded hold."""
HOLIDAYS_OF = 2020
"""The year whose holidays the calendar has."""

HOLIDAYS_2020 = (
    "2020-01-01", "2020-01-20", "2020-02-17", "2020-03-30", "2020-05-25", "2020-07-03", "2020-09-07",
    "2020-11-11", "2020-11-26", "2020-11-27", "2020-12-25",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A node of the city's tree; `boundary` is GeoJSON, empty for the nodes above the councils."""

    area_id: str
    parent_id: str
    name: str
    boundary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Affair:
    """A request type: who answers for it, and the limits (in working days) assumed for the replay."""

    affair_id: str
    name: str
    owner: str
    first_response_days: int
    resolution_days: int


BODIES = {
    "BOS": "Bureau of Sanitation",
    "OCB": "Office of Community Beautification",
    "BSL": "Bureau of Street Lighting",
    "BSS": "Bureau of Street Services",
    "ITA": "Information Technology Agency",
    "LASAN": "LA Sanitation and Environment",
    "LADWP": "Department of Water and Power",
}

AFFAIRS = tuple(
    Affair(affair_id=slug, name=name, owner=owner, first_response_days=first, resolution_days=resolution)
    for slug, name, owner, first, resolution in (
        ("bulky-items", "Bulky Items", "BOS", 2, 5),
        ("graffiti-removal", "Graffiti Removal", "OCB", 2, 3),
        ("illegal-dumping-pickup", "Illegal Dumping Pickup", "BOS", 2, 5),
        ("metal-household-appliances", "Metal/Household Appliances", "BOS", 2, 5),
        ("homeless-encampment", "Homeless Encampment", "BOS", 5, 20),
        ("electronic-waste", "Electronic Waste", "BOS", 2, 5),
        ("dead-animal-removal", "Dead Animal Removal", "BOS", 1, 2),
        ("other", "Other", "ITA", 2, 5),
        ("single-streetlight-issue", "Single Streetlight Issue", "BSL", 5, 10),
        ("multiple-streetlight-issue", "Multiple Streetlight Issue", "BSL", 5, 10),
        ("report-water-waste", "Report Water Waste", "LADWP", 2, 5),
    )
)

CHANNELS = {
    "Call": "CHANNEL_PHONE_OPERATOR",
    "Mobile App": "CHANNEL_MOBILE_APP",
    "Driver Self Report": "CHANNEL_FIELD_REPORT",
    "Self Service": "CHANNEL_WEB",
    "Email": "CHANNEL_EMAIL",
    "Letter": "CHANNEL_LETTER",
    "Council's Office": "CHANNEL_DESK",
}


_ABBREVIATIONS = frozenset({"NC", "NDC", "CC", "LA", "LA-32", "P.I.C.O.", "CANNDU"})
_SMALL = frozenset({"Of", "And", "For", "The"})


def areas() -> Iterator[Area]:
    """The city, its 12 regions and 99 neighbourhood councils, parents before children."""
    yield Area(area_id=CITY, parent_id="", name="City of Los Angeles")
    with gzip.open(COUNCILS, "rt", encoding="utf-8") as packed:
        features = json.load(packed)["features"]
    regions = sorted({feature["properties"]["region"] for feature in features}, key=region_number)
    for region in regions:
        yield Area(area_id=region_id(region), parent_id=CITY, name=spelt(region))
    for feature in features:
        about = feature["properties"]
        yield Area(
            area_id=council_id(about["nc_id"]),
            parent_id=region_id(about["region"]),
            name=spelt(about["name"]),
            boundary=json.dumps(feature["geometry"], separators=(",", ":")),
        )


def spelt(name: str) -> str:
    """`VOICES OF SOUTH LA NC` -> `Voices of South LA NC`: the city's files shout."""
    words = [word if word.strip("()") in _ABBREVIATIONS else word.title() for word in name.split()]
    return " ".join(word.lower() if word in _SMALL else word for word in words)


def region_number(region: str) -> int:
    """`REGION 8 - NORTH EAST LA` -> 8."""
    return int(region.split()[1])


def region_id(region: str) -> str:
    """`REGION 8 - NORTH EAST LA` -> `la-region-8`."""
    return f"{CITY}-region-{region_number(region)}"


def council_id(number: str) -> str:
    """`47` -> `la-nc-47`."""
    return f"{CITY}-nc-{number}"
