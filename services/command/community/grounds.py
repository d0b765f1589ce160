"""The boundaries of a file: in it or beside it as GeoJSON, each fit for the map and within its parent's."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from libs.geo.boundary import BoundaryUnusable, check_boundary, geometry_of
from libs.geo.strips import outside
from services.command.community.model import Boundaries
from services.command.community.reading import Read, entries
from services.command.community.tree import Spot
from services.command.geojson import foreign_crs

_MOST_BYTES = 256_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The boundary of an area, in its canonical form; `valid_from` as it is said with it.

    `repaired`: why it was drawn anew, such as a crossing with itself; "" if it was not.
    """

    geojson: str
    repaired: str = ""
    valid_from: str
    spot: Spot


def boundaries(read: Read, folder: Path) -> dict[str, Boundary]:
    """The boundary of each area that has one; what is wrong with any is told."""
    found: dict[str, Boundary] = {}
    for area_id, text, valid_from, spot, where in _given(read, folder):
        if area_id in found:
            read.problems.add(spot, "boundary-twice", name=area_id)
            continue
        try:
            drawn = check_boundary(text)
        except BoundaryUnusable as error:
            read.problems.add(spot, "boundary-unusable", name=area_id, said=f"{where}{error}")
            continue
        if not valid_from and not read.says_since:
            read.problems.add(spot, "since-missing")
        found[area_id] = Boundary(
            geojson=drawn.geojson, repaired=drawn.note, valid_from=valid_from, spot=spot
        )
    _check_within(read, found)
    return found


def extent(found: Iterable[Boundary]) -> tuple[float, float, float, float]:
    """The least and the greatest longitude, and the least and the greatest latitude, of all of them."""
    west, south, east, north = zip(*(geometry_of(each.geojson).bounds for each in found), strict=True)
    return min(west), max(east), min(south), max(north)


def _given(read: Read, folder: Path) -> Iterator[tuple[str, str, str, Spot, str]]:
    """Area, text, since when, the spot, and the feature beside the file, if it is one."""
    for number, area in entries(read, "areas"):
        if area.boundary:
            spot = read.spot("areas", number, "boundary")
            yield area.id, json.dumps(area.boundary), area.valid_from, spot, ""
    for number, beside in entries(read, "boundaries"):
        spot = read.spot("boundaries", number, "file")
        document = _document(read, folder, beside.file, spot)
        if document is None:
            continue
        if crs := foreign_crs(document):
            read.problems.add(spot, "boundary-crs", name=beside.file, crs=crs)
        else:
            yield from _features(read, document, beside, number)


def _document(read: Read, folder: Path, name: str, spot: Spot) -> Any:
    if Path(name).name != name:
        read.problems.add(spot, "boundary-outside", name=name)
        return None
    try:
        with (gzip.open if name.endswith(".gz") else open)(folder / name, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ValueError(f"> {_MOST_BYTES:,} bytes")
        document = json.loads(content)
        if not isinstance(document, dict) or not isinstance(document.get("features"), list):
            raise ValueError("no GeoJSON FeatureCollection")  # noqa: TRY004 # told as what is unreadable
    except (OSError, EOFError, ValueError, RecursionError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        read.problems.add(spot, "boundary-file", name=name, said=said)
        return None
    return document


def _features(
    read: Read, document: Mapping[str, Any], beside: Boundaries, number: int
) -> Iterator[tuple[str, str, str, Spot, str]]:
    known, spot = read.names.get("areas", {}), read.spot("boundaries", number)
    for place, feature in enumerate(document["features"], start=1):
        about = feature.get("properties") if isinstance(feature, dict) else None
        value = about.get(beside.property) if isinstance(about, dict) else None
        if value is None:
            read.problems.add(
                spot,
                "boundary-property",
                number=place,
                property=beside.property,
                known=", ".join(about or ()),
            )
            continue
        area_id = f"{beside.prefix}{value}"
        if area_id not in known:
            read.problems.add(spot, "boundary-nobody", number=place, name=area_id)
            continue
        where = f"{beside.file}, feature {place}: "
        yield area_id, json.dumps(feature.get("geometry")), beside.valid_from, known[area_id], where


def _check_within(read: Read, found: Mapping[str, Boundary]) -> None:
    parents = {area.id: area.parent for _, area in entries(read, "areas")}
    grounds = {area_id: geometry_of(each.geojson) for area_id, each in found.items()}
    for area_id, ground in grounds.items():
        above, seen = parents.get(area_id, ""), {area_id}
        while above and above not in grounds and above not in seen:
            seen.add(above)
            above = parents.get(above, "")
        strip = outside(ground, grounds[above]) if above in grounds and above != area_id else None
        if strip is not None:
            read.problems.add(
                found[area_id].spot,
                "boundary-beyond",
                name=area_id,
                above=above,
                metres=round(strip.square_metres),
                longitude=strip.longitude,
                latitude=strip.latitude,
            )
