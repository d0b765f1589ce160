"""A made-up ground for tests: affairs, bodies and areas that a file may name."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from services.command.imports.ground import Boundaries, Ground, Span, Words

SINCE = datetime(2019, 1, 1, tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)


def square(west: float, south: float, size: float) -> str:
    """The GeoJSON of a square."""
    ring = [
        [west, south],
        [west + size, south],
        [west + size, south + size],
        [west, south + size],
        [west, south],
    ]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


GONE = datetime(2020, 6, 1, tzinfo=UTC)
"""When the affair `gone` was retired."""


def listed(_affair: str, _area: str, at: datetime) -> Span | None:
    """Everything has a body since 2019."""
    return (SINCE, FOR_EVER) if at >= SINCE else None


def ground(
    affairs: Mapping[str, str],
    bodies: Mapping[str, str] | None = None,
    areas: Mapping[str, str] | None = None,
    ask: Callable[[str, str, datetime], Span | None] = listed,
    ask_areas: Callable[[datetime], Words] = lambda _at: Words(()),
) -> Ground:
    """Of names by id. The area `mitte` is a square of a tenth of a degree at 52.5 north, 13.3 east."""
    return Ground(
        affairs=Words((found, [name]) for found, name in affairs.items()),
        bodies=Words((found, [name]) for found, name in (bodies or {}).items()),
        areas=Words((found, [name]) for found, name in (areas or {"city": "City", "mitte": "Mitte"}).items()),
        without_names=frozenset(affairs),
        retired={found: GONE for found in affairs if found == "gone"},
        outcomes={found: ("removed",) if found == "tree" else ("resolved", "explained") for found in affairs},
        boundaries=Boundaries([("mitte", square(13.3, 52.5, 0.1), SINCE)]),
        ask=ask,
        ask_areas=ask_areas,
    )
