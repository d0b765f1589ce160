"""Whether the buildings and households of a file fit together: units, addresses, moments and facts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from libs.ledger.decider import Refusal
from libs.rules.zones import is_zone
from services.command.community.forms import moment_of
from services.command.community.reading import Read, entries
from services.command.community.tree import Spot
from services.identity.domain.fact_kinds import FactKind, value_of
from services.identity.domain.units import address_key, unit_key


def check_homes(read: Read) -> None:
    """Tell what no platform would take: a unit twice or in no building, a fact that has no such value."""
    _check_addresses(read)
    units = {each.id: _units(read, number, each) for number, each in entries(read, "buildings")}
    for number, household in entries(read, "households"):
        known = units.get(household.building)
        if known is not None and unit_key(household.unit) not in known:
            spot = read.spot("households", number, "unit")
            read.problems.add(spot, "unit-unknown", unit=household.unit, name=household.building)
        for path, fact in _facts(number, household):
            try:
                value_of(FactKind(fact.kind), fact.value)
            except Refusal as refusal:
                read.problems.add(read.spot(*path, "value"), "fact-value", said=refusal.message)
    _check_moments(read)


def _units(read: Read, number: int, building: Any) -> set[str]:
    if (building.latitude is None) != (building.longitude is None):
        read.problems.add(read.spot("buildings", number), "coordinates")
    keys = set[str]()
    for place, unit in enumerate(building.units):
        key, spot = unit_key(unit), read.spot("buildings", number, "units", place)
        if not key or key in keys:
            read.problems.add(spot, "unit-twice" if key else "unit-blank", unit=unit)
        keys.add(key)
    return keys


def _check_addresses(read: Read) -> None:
    """An address has one building among areas under one parent, as on a platform."""
    parents = {area.id: area.parent for _, area in entries(read, "areas")}
    seen = dict[tuple[str, str], Spot]()
    for number, building in entries(read, "buildings"):
        spot = read.spot("buildings", number, "address")
        where = parents.get(building.area) or building.area, address_key(building.address)
        if (before := seen.setdefault(where, spot)) != spot:
            read.problems.add(spot, "address-twice", file=before.file, line=before.line)


def _facts(number: int, household: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for place, fact in enumerate(household.facts):
        yield ("households", number, "facts", place), fact
    for member, of in enumerate(household.members):
        for place, fact in enumerate(of.facts):
            yield ("households", number, "members", member, "facts", place), fact


def _check_moments(read: Read) -> None:
    """Nobody lives in a house that does not stand yet, or from tomorrow on."""
    zone = read.community.time_zone
    if not is_zone(zone):
        return
    now = datetime.now(UTC)
    stands = dict[str, datetime]()
    for number, building in entries(read, "buildings"):
        if building.stands_from:
            stands[building.id] = moment_of(building.stands_from, zone)
            if stands[building.id] > now:
                read.problems.add(read.spot("buildings", number, "stands_from"), "not-yet")
    for number, household in entries(read, "households"):
        since, spot = moment_of(household.since, zone), read.spot("households", number, "since")
        if since > now:
            read.problems.add(spot, "not-yet")
        elif since < stands.get(household.building, since):
            read.problems.add(spot, "since-early", name=household.building)
