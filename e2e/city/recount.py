"""The scoreboard, counted again from the city's file alone: by other code, in another way.

Nothing here is shared with the platform: places are found by casting rays, due moments by walking the
calendar hour by hour, percentiles by sorting. What both agree on is believed.
"""

import gzip
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from e2e.city.los_angeles import (
    AFFAIRS,
    CITY,
    CLOSES,
    COUNCILS,
    HOLIDAYS,
    OPENS,
    ZONE,
    council_id,
    region_id,
)
from e2e.city.rows import Request

Ring = list[list[float]]

_HOLIDAYS = frozenset(date.fromisoformat(day) for day in HOLIDAYS)
_ZONE = ZoneInfo(ZONE)
_AFFAIRS = {affair.name: affair for affair in AFFAIRS}


@dataclass(slots=True)
class Cell:
    """One line of the scoreboard; durations in seconds, of closed cases."""

    total: int = 0
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    on_time: int = 0
    late: int = 0
    durations: list[int] = field(default_factory=list)

    def percentile(self, share: float) -> int | None:
        """The smallest duration that at least `share` of the closed cases do not exceed."""
        ordered = sorted(self.durations)
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else None


@dataclass(frozen=True, slots=True)
class _Council:
    number: str
    region: str
    box: tuple[float, float, float, float]
    polygons: list[list[Ring]]


class Places:
    """Which council a point lies in, by casting rays against every boundary whose box holds it."""

    def __init__(self) -> None:
        with gzip.open(COUNCILS, "rt", encoding="utf-8") as packed:
            features = json.load(packed)["features"]
        self._councils = [_council(feature) for feature in features]

    def council(self, latitude: float, longitude: float) -> tuple[str, str] | None:
        """(area id of the council, area id of its region), or None outside of all."""
        for council in self._councils:
            west, south, east, north = council.box
            if west <= longitude <= east and south <= latitude <= north:
                for polygon in council.polygons:
                    inside = [_inside(longitude, latitude, ring) for ring in polygon]
                    if inside[0] and not any(inside[1:]):
                        return council_id(council.number), region_id(council.region)
        return None

    def _named(self, number: str) -> tuple[str, str] | None:
        of_number = (council for council in self._councils if council.number == number)
        return next(((council_id(number), region_id(council.region)) for council in of_number), None)

    def paths(self, request: Request) -> tuple[str, ...]:
        """Area ids of a request: the city, then region and council if a council holds the place.

        A request without a place stands in the council that it names, if that has a boundary.
        """
        found = self.council(*request.place) if request.place else self._named(request.council)
        return (CITY, found[1], found[0]) if found else (CITY,)


def _council(feature: dict[str, object]) -> _Council:
    about, geometry = feature["properties"], feature["geometry"]
    assert isinstance(about, dict)
    assert isinstance(geometry, dict)
    polygons: list[list[Ring]] = geometry["coordinates"]
    points = [point for polygon in polygons for point in polygon[0]]
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    box = (min(xs), min(ys), max(xs), max(ys))
    return _Council(number=about["nc_id"], region=about["region"], box=box, polygons=polygons)


def _inside(x: float, y: float, ring: Ring) -> bool:
    """True if a ray from the point to the east crosses the ring an odd number of times."""
    odd = False
    x1, y1 = ring[-1]
    for x2, y2 in ring:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
        x1, y1 = x2, y2
    return odd


def due(opened: datetime, working_days: int) -> datetime:
    """The moment `working_days` after `opened`, found by walking."""
    moment = opened.astimezone(_ZONE)
    if not _at_work(moment):
        moment = moment.replace(minute=0, second=0, microsecond=0)
        while not _at_work(moment):
            moment += timedelta(hours=1)
    left = working_days
    while left:
        moment += timedelta(days=1)  # the same time on the wall clock
        left -= _is_working_day(moment.date())
    return moment.astimezone(UTC)


def _at_work(moment: datetime) -> bool:
    return _is_working_day(moment.date()) and OPENS <= moment.hour < CLOSES


def _is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _HOLIDAYS


def state(request: Request) -> str:
    """The end state that the platform must show for a row."""
    match request.status:
        case "Closed":
            return "CLOSED"
        case "Cancelled":
            return "WITHDRAWN"
        case "Referred Out":
            return "REJECTED"
        case "Pending":
            return "IN_PROGRESS"
        case _:
            return "ROUTED"


def recount(requests: Iterable[Request], keys: Callable[[Request], Iterable[str]]) -> dict[str, Cell]:
    """Counts requests into a cell for each of their `keys`."""
    cells: dict[str, Cell] = defaultdict(Cell)
    for request in requests:
        ended = request.ended if request.status == "Closed" else None
        for key in keys(request):
            cell = cells[key]
            cell.total += 1
            cell.states[state(request)] += 1
            if ended is not None:
                cell.durations.append(int((ended - request.created).total_seconds()))
                limit = due(request.created, _AFFAIRS[request.affair].resolution_days)
                if ended <= limit:
                    cell.on_time += 1
                else:
                    cell.late += 1
    return dict(cells)
