"""A boundary in a request: GeoJSON as it is, or the file that holds it, in place of its text."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from libs.runtime.config.guards import CannotStart

_FIELD = "boundary"
"""The name of every field of a request whose text is the GeoJSON of a boundary."""
_WGS84 = re.compile(r"CRS84$|EPSG\W.*\b(4326|4490|4258|4269)$", re.IGNORECASE)
"""Itself, and what lies within two metres of it: China's CGCS2000, ETRS89, NAD83."""
_GEOMETRIES = ("Polygon", "MultiPolygon")


def with_boundaries(given: Any, path: str = "") -> Any:
    """A request of JSON with the text of each boundary that it gives as GeoJSON, or as the file `@FILE`.

    A feature, or a collection of a single one, stands for its geometry. A file is sent only if it holds
    GeoJSON: a request may have been written by somebody else. Raises `CannotStart`.
    """
    if isinstance(given, list):
        return [with_boundaries(each, f"{path}[{number}]") for number, each in enumerate(given)]
    if not isinstance(given, dict):
        return given
    made = {}
    for name, value in given.items():
        where = f"{path}.{name}".removeprefix(".")
        made[name] = _text_of(value, where) if name == _FIELD else with_boundaries(value, where)
    return made


def _text_of(given: Any, field: str) -> Any:
    if isinstance(given, dict):
        return json.dumps(_geometry(given, field))
    if isinstance(given, str) and given.startswith("@"):
        return json.dumps(_geometry(_read(given[1:], field), field))
    return given


def _read(name: str, field: str) -> Any:
    try:
        return json.loads(Path(name).expanduser().read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise CannotStart(f"{field}: {name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise CannotStart(f"{field}: {name} is no GeoJSON") from None


def foreign_crs(document: Mapping[str, Any]) -> str:
    """The coordinate system that a file of before RFC 7946 names; "" if it is WGS 84, or as good."""
    crs = document.get("crs")
    if crs is None:
        return ""
    about = crs.get("properties") if isinstance(crs, dict) else None
    name = about.get("name") if isinstance(about, dict) else None
    return "" if isinstance(name, str) and _WGS84.search(name) else str(name or crs)[:40]


def _geometry(given: Any, field: str) -> dict[str, Any]:
    if isinstance(given, dict) and (crs := foreign_crs(given)):
        raise CannotStart(f"{field}: its coordinate system is {crs}: save it as WGS 84 (EPSG:4326)")
    features = given.get("features") if isinstance(given, dict) else None
    if isinstance(features, list):
        if len(features) != 1:
            raise CannotStart(f"{field}: it has {len(features)} features: give that of the area alone")
        given = features[0]
    if isinstance(given, dict) and given.get("type") == "Feature":
        given = given.get("geometry")
    if not isinstance(given, dict) or given.get("type") not in _GEOMETRIES:
        raise CannotStart(f"{field}: it must be GeoJSON, a Polygon or MultiPolygon")
    return given
