"""The normal form of a community file: what is usual left out, in one order, texts as they are kept.

Two files that say the same have the same normal form, and so has what a platform exports that is as they say.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import yaml

from libs.rpc.moments import moment, moment_of
from services.command.community.checking import Checked
from services.command.community.forms import moment_written
from services.command.community.model import Boundaries, Community
from services.command.community.planning import normal
from services.command.community.unwired import Unwired
from services.command.community.wired import Wired

HEAD = "community.yaml"
_PROPERTY = "area"
_WIDTH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Parts of a file, with all moments said, and boundaries by area: the canonical text and since when."""

    zone: str
    parts: Mapping[str, list[Any]]
    boundaries: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)


def of_file(file: Checked) -> Whole:
    """The parts of a file, as if a platform had said them. Staff and households are left out."""
    community, wired, unwired = file.community, Wired(file.community), Unwired(file.community.time_zone)
    responsibilities = []
    for item in community.responsibilities:
        request = normal(wired.responsibility(item))
        since, until = moment(request.valid_from_time), moment_of(request, "valid_until_time")
        responsibilities.append(unwired.responsibility(request, since, until))
    parts: dict[str, list[Any]] = {
        "areas": [unwired.area(normal(wired.area(each))) for each in community.areas],
        "bodies": [unwired.body(normal(wired.body(each))) for each in community.bodies],
        "qualifications": [
            unwired.qualification(normal(wired.qualification(each))) for each in community.qualifications
        ],
        "posts": [unwired.post(normal(wired.post(each))) for each in community.posts],
        "affairs": [
            unwired.affair(normal(wired.affair(each)), retired=each.retired) for each in community.affairs
        ],
        "responsibilities": responsibilities,
        "calendars": [unwired.calendar(normal(wired.calendar(each))) for each in community.calendars],
        "commitments": [unwired.commitment(normal(wired.commitment(each))) for each in community.commitments],
        "services": [
            unwired.service(normal(wired.service(each)), each.status) for each in community.services
        ],
        "buildings": [
            unwired.building(request, request.units)
            for request in (normal(wired.building(each)) for each in community.buildings)
        ],
    }
    since_of = {
        area_id: (each.geojson, wired.since(each.valid_from) or datetime.now(UTC))
        for area_id, each in file.boundaries.items()
    }
    return Whole(zone=community.time_zone, parts=parts, boundaries=since_of)


def written(whole: Whole) -> dict[str, str]:
    """The files of the normal form, by their names."""
    usual = _usual_moment(whole)
    beside, files = _beside(whole, usual)
    parts = {name: sorted(entries, key=_KEYS[name]) for name, entries in whole.parts.items()}
    for name in ("responsibilities", "commitments"):
        parts[name] = [_without(each, usual) for each in parts[name]]
    parts["areas"] = _in_tree(parts["areas"])
    parts["affairs"] = _in_tree(parts["affairs"])
    community = Community(linli=1, time_zone=whole.zone, valid_from=usual, boundaries=beside, **parts)
    text = yaml.dump(
        _said(community),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=_WIDTH,
        default_flow_style=None,
    )
    return {HEAD: text, **files}


def _said(part: Any) -> Any:
    """A part without what is left out: fields that are required, or say something else than nothing."""
    if isinstance(part, list):
        return [_said(each) for each in part]
    if not isinstance(part, msgspec.Struct):
        return part
    return {
        each.encode_name: _said(getattr(part, each.name))
        for each in msgspec.structs.fields(part)
        if each.required or getattr(part, each.name) not in (each.default, [], {})
    }


class _Dumper(yaml.CSafeDumper):
    """Without aliases: a file is read by people."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_KEYS: Mapping[str, Any] = {
    "areas": lambda each: each.id,
    "bodies": lambda each: each.id,
    "affairs": lambda each: each.id,
    "responsibilities": lambda each: (each.affair, each.area, each.valid_from),
    "calendars": lambda each: each.id,
    "commitments": lambda each: (each.affair, each.area, each.valid_from),
    "services": lambda each: each.id,
    "qualifications": lambda each: each.id,
    "posts": lambda each: each.id,
    "buildings": lambda each: each.id,
}


def _usual_moment(whole: Whole) -> str:
    """The moment that most parts name; the earliest of several."""
    said = Counter(
        each.valid_from for name in ("responsibilities", "commitments") for each in whole.parts[name]
    )
    said.update(moment_written(since, whole.zone) for _, since in whole.boundaries.values())
    return min(said, key=lambda moment: (-said[moment], moment)) if said else ""


def _without(entry: Any, usual: str) -> Any:
    return msgspec.structs.replace(entry, valid_from="") if entry.valid_from == usual else entry


def _in_tree(nodes: Iterable[Any]) -> list[Any]:
    """Sorted nodes, each after what is above it."""
    below: dict[str, list[Any]] = {}
    ids = set()
    for node in nodes:
        below.setdefault(node.parent, []).append(node)
        ids.add(node.id)
    ordered, left = [], [node for parent, of in below.items() if parent not in ids for node in of]
    left.reverse()
    while left:
        node = left.pop()
        ordered.append(node)
        left += reversed(below.get(node.id, []))
    return ordered


def _beside(whole: Whole, usual: str) -> tuple[list[Boundaries], dict[str, str]]:
    """The GeoJSON files of the boundaries: one for each moment from which some of them hold."""
    by_moment: dict[str, list[str]] = {}
    for area_id, (geojson, since) in sorted(whole.boundaries.items()):
        feature = {"type": "Feature", "properties": {_PROPERTY: area_id}, "geometry": json.loads(geojson)}
        line = json.dumps(feature, separators=(",", ":"), ensure_ascii=False)
        by_moment.setdefault(moment_written(since, whole.zone), []).append(line)
    beside, files = [], {}
    for number, (since_when, lines) in enumerate(sorted(by_moment.items()), start=1):
        name = f"boundaries{'' if number == 1 else f'-{number}'}.geojson"
        own = "" if since_when == usual else since_when
        beside.append(Boundaries(file=name, property=_PROPERTY, valid_from=own))
        files[name] = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    return beside, files
