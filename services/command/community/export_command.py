"""`linli community export`: what a platform has, as a community file in its normal form."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from linli.catalog.v1 import catalog_service_pb2 as catalog
from linli.identity.v1 import identity_types_pb2 as kinds
from msgspec.structs import replace

from libs.rpc.moments import moment
from libs.rules.zones import is_zone
from libs.runtime.config.guards import CannotStart
from libs.runtime.host.terminal import say
from services.command.call import answered
from services.command.community.enums import STATUSES
from services.command.community.normal_form import Whole, written
from services.command.community.planning_promises import held
from services.command.community.standing import Standing
from services.command.community.unwired import Unwired
from services.command.connection import Connection, connection, connection_options

_LATEST = datetime(2199, 12, 31, tzinfo=UTC)
_HELP = """\
\b
FOLDER gets community.yaml, and boundaries.geojson if areas have boundaries. Left out are staff and
households (a platform keeps only digests of people's numbers), bodies with a registration number,
earlier versions of boundaries, calendars and commitments, and responsibilities of an affair in an area if
none holds now or for good.
"""


@click.command(epilog=_HELP)
@connection_options
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--time-zone", metavar="ZONE", help="the zone of dates in the file [that of most calendars]")
def export(folder: Path, time_zone: str | None, **options: Any) -> int:
    """Write what a running platform has into FOLDER, as a community file that `apply` takes."""
    if time_zone and not is_zone(time_zone):
        raise CannotStart(f"{time_zone} is no time zone: give an IANA name, such as Asia/Shanghai")

    def send(to: Connection) -> None:
        with to.anonymous() as anonymous, to.client(anonymous) as client:
            whole = exported(Standing(client), time_zone)
        kept, left = _without_loose_ends(whole)
        files = written(kept)
        _write(folder, files)
        say(f"{folder}: {', '.join(files)}")
        for section, names in left.items():
            say(f"left out of {section}, for an area has ended or a body is left out: {', '.join(names)}")

    return answered(connection(**options), send)


def exported(standing: Standing, zone: str | None = None) -> Whole:
    """What a platform has."""
    calendars = standing.calendars()
    zones = Counter(each.working_time.time_zone for each in calendars)
    zone = zone or (zones.most_common(1)[0][0] if zones else "UTC")
    unwired = Unwired(zone)
    parts: dict[str, list[Any]] = {
        "areas": [unwired.area(each) for each in standing.areas.values()],
        "bodies": [
            unwired.body(each)
            for each in standing.bodies.values()
            if each.natural_key.kind == kinds.KEY_KIND_LOCAL_CODE
        ],
        "qualifications": [unwired.qualification(each) for each in standing.qualifications().values()],
        "posts": [unwired.post(each) for each in standing.posts().values()],
        "affairs": [unwired.affair(each, retired=each.retired) for each in standing.affairs.values()],
        "responsibilities": list(_responsibilities(standing, unwired)),
        "calendars": [unwired.calendar(each) for each in calendars],
        "commitments": [unwired.commitment(each) for each in standing.commitments(_LATEST)],
        "services": [unwired.service(each, _status(each)) for each in standing.services()],
        "buildings": [
            unwired.building(each, standing.units(each.building_id)) for each in standing.buildings().values()
        ],
    }
    boundaries = {
        area_id: (has.geojson, moment(has.valid_from_time))
        for area_id, area in standing.areas.items()
        if area.boundary_version and (has := standing.boundary(area_id, _LATEST)) is not None
    }
    return Whole(zone=zone, parts=parts, boundaries=boundaries)


def _without_loose_ends(whole: Whole) -> tuple[Whole, dict[str, list[str]]]:
    """What can be applied elsewhere; by section, what names an area or a body that is not in the file."""
    parts, left = dict(whole.parts), dict[str, list[str]]()
    areas = {"", *(each.id for each in parts["areas"])}
    parts["services"] = [_where_it_still_is(each, areas) for each in parts["services"]]
    bodies = {each.id for each in parts["bodies"] if each.area in areas}
    for section in ("bodies", "posts", "responsibilities", "commitments", "services", "buildings"):
        whole_section, parts[section] = parts[section], []
        for each in whole_section:
            fits = _areas(each) <= areas and _bodies(each) <= bodies
            (parts[section] if fits else left.setdefault(section, [])).append(each if fits else _named(each))
    return Whole(zone=whole.zone, parts=parts, boundaries=whole.boundaries), left


def _where_it_still_is(service: Any, areas: set[str]) -> Any:
    return replace(service, areas=[area for area in service.areas if area in areas] or service.areas)


def _areas(part: Any) -> set[str]:
    in_roles = (each.area for each in getattr(part, "roles", ()))
    return {*getattr(part, "areas", ()), *in_roles, getattr(part, "area", "")}


def _bodies(part: Any) -> set[str]:
    in_roles = (each.body for each in getattr(part, "roles", ()))
    return {*getattr(part, "helpers", ()), *filter(None, [getattr(part, "body", ""), *in_roles])}


def _named(part: Any) -> str:
    return getattr(part, "id", "") or f"{part.affair} in {part.area}"


def _responsibilities(standing: Standing, unwired: Unwired) -> Iterator[Any]:
    pairs = {
        (each.affair_id, each.area_id)
        for moment in (datetime.now(UTC), _LATEST)
        for each in standing.held_at(moment)
    }
    for pair in sorted(pairs):
        for each in held(standing.responsibilities(*pair)):
            yield unwired.responsibility(each.version, each.since, each.until)


def _status(service: catalog.Service) -> str:
    return STATUSES.word(service.status)


def _write(folder: Path, files: dict[str, str]) -> None:
    """Raises `CannotStart` for a folder that has any of them."""
    for name in files:
        if (folder / name).exists():
            raise CannotStart(f"{folder / name} exists: give another folder, or remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotStart(f"{error.filename or folder} cannot be written: {error.strerror}") from None
