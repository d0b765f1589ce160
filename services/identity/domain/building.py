"""A building: where it stands, and the dwellings in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath
from services.identity.domain import household_refusals as refusals
from services.identity.domain.units import unit_key

MOST_DWELLINGS = 5_000

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingRegistered:
    """A building is known. `address_key`: what is claimed, so that an address has one building."""

    building_id: str
    area_id: str
    area_path: AreaPath
    address: str
    address_key: str
    longitude: float | None
    latitude: float | None
    stands_from: datetime | None
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwelling:
    """A unit of a building. Its id follows from the building and `key`, however the unit was written."""

    dwelling_id: str
    unit: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DwellingsAdded:
    """Dwellings of the building are known."""

    building_id: str
    area_path: AreaPath
    dwellings: tuple[Dwelling, ...]
    added_at: datetime


BuildingEvent = BuildingRegistered | DwellingsAdded


# Situations


@dataclass(frozen=True, slots=True)
class Unregistered:
    """No building has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A building, and its dwellings by their keys."""

    registered: BuildingRegistered
    dwellings: tuple[Dwelling, ...] = ()

    def dwelling(self, key: str) -> Dwelling | None:
        """The dwelling whose unit has this key."""
        return next((each for each in self.dwellings if each.key == key), None)

    def stood(self, at: datetime) -> bool:
        """Whether it stood at a moment, as far as is known."""
        since = self.registered.stands_from
        return since is None or since <= at


Building = Unregistered | Registered


# Evolve


def evolve(building: Building, event: BuildingEvent) -> Building:
    """The building after the event."""
    match event:
        case BuildingRegistered():
            return Registered(registered=event)
        case DwellingsAdded():
            if isinstance(building, Unregistered):
                return building
            return replace(building, dwellings=(*building.dwellings, *event.dwellings))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterBuilding:
    """Make a building known, and dwellings in it."""

    building_id: str
    area_id: str
    area_path: AreaPath
    address: str
    address_key: str
    point: tuple[float, float] | None
    stands_from: datetime | None
    units: tuple[str, ...]
    at: datetime


# Decide


def decide(command: RegisterBuilding, building: Building) -> Sequence[BuildingEvent]:
    """A building is registered once; dwellings are added, and one that is known changes nothing."""
    if command.stands_from is not None and command.stands_from > command.at:
        raise refusals.lies_in_the_future("stands_from_time")
    registered = _registered(command)
    events: list[BuildingEvent] = []
    known: tuple[Dwelling, ...] = ()
    if isinstance(building, Unregistered):
        events.append(registered)
    elif replace(registered, registered_at=building.registered.registered_at) != building.registered:
        raise refusals.building_is_registered_differently(command.building_id)
    else:
        known = building.dwellings
    if added := _added(command, {each.key for each in known}):
        if len(known) + len(added) > MOST_DWELLINGS:
            raise refusals.dwellings_are_too_many(MOST_DWELLINGS)
        events.append(
            DwellingsAdded(
                building_id=command.building_id,
                area_path=command.area_path,
                dwellings=added,
                added_at=command.at,
            )
        )
    return events


def _registered(command: RegisterBuilding) -> BuildingRegistered:
    longitude, latitude = command.point or (None, None)
    return BuildingRegistered(
        building_id=command.building_id,
        area_id=command.area_id,
        area_path=command.area_path,
        address=command.address,
        address_key=command.address_key,
        longitude=longitude,
        latitude=latitude,
        stands_from=command.stands_from,
        registered_at=command.at,
    )


def _added(command: RegisterBuilding, known: set[str]) -> tuple[Dwelling, ...]:
    """Those that are new, in the order in which they were given."""
    added: dict[str, Dwelling] = {}
    for unit in command.units:
        key = unit_key(unit)
        if not key:
            raise refusals.unit_is_blank()
        if key not in known and key not in added:
            added[key] = Dwelling(dwelling_id=dwelling_id(command.building_id, key), unit=unit, key=key)
    return tuple(added.values())


def dwelling_id(building_id: str, key: str) -> str:
    """The id of a dwelling: that of its building is part of what it is made from."""
    return sha256(f"{building_id}|{key}".encode()).hexdigest()[:32]


BUILDING: Decider[RegisterBuilding, Building, BuildingEvent] = Decider(
    category="building", initial=Unregistered(), decide=decide, evolve=evolve
)
