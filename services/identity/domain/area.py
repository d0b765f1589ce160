"""An area: its place in the tree and the versions of its boundary."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from libs.ledger.decider import Decider, Refusal
from libs.ledger.text import Text
from libs.rules.areas import AreaPath, below
from services.identity.domain import refusals
from services.identity.domain.values import Level

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDefined:
    """The tree has a new area; `path` are the ids from the root to it, joined by `/`."""

    area_id: str
    parent_id: str
    level: Level
    name: Text
    path: AreaPath
    defined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryChanged:
    """An area has another boundary (GeoJSON) from `valid_from` on; `note` says what was repaired."""

    area_id: str
    path: AreaPath
    version: int
    boundary: str
    valid_from: datetime
    note: str


AreaEvent = AreaDefined | BoundaryChanged


# Situations


@dataclass(frozen=True, slots=True)
class Undefined:
    """No area has this id yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """An area of the tree; of its boundary only the newest version's fingerprint is kept here."""

    area_id: str
    parent_id: str
    level: Level
    name: Text
    path: AreaPath
    boundary_version: int = 0
    boundary_digest: str = ""
    boundary_valid_from: datetime | None = None


Area = Undefined | Defined


# Evolve


def evolve(area: Area, event: AreaEvent) -> Area:
    """The area after the event."""
    match event, area:
        case AreaDefined(), _:
            return Defined(
                area_id=event.area_id,
                parent_id=event.parent_id,
                level=event.level,
                name=event.name,
                path=event.path,
            )
        case BoundaryChanged(), Defined():
            return replace(
                area,
                boundary_version=event.version,
                boundary_digest=_digest(event.boundary),
                boundary_valid_from=event.valid_from,
            )
        case BoundaryChanged(), Undefined():
            return area


def _digest(boundary: str) -> str:
    return sha256(boundary.encode()).hexdigest()


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What an area must know of the one above it."""

    area_id: str
    level: Level
    path: AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBoundary:
    """Give an area another boundary, which has been checked; without `valid_from` from now on.

    `objection` is what stands against it on the map, as far as it would be new.
    """

    area_id: str
    boundary: str
    note: str
    valid_from: datetime | None
    at: datetime
    objection: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineArea:
    """Put an area into the tree (without a parent as a root), with its boundary if that is known."""

    area_id: str
    parent: Parent | None
    level: Level
    name: Text
    boundary: ChangeBoundary | None
    at: datetime


AreaCommand = DefineArea | ChangeBoundary


# Decide


def decide(command: AreaCommand, area: Area) -> Sequence[AreaEvent]:
    """What happens to an area; the same definition or boundary once more changes nothing."""
    match command:
        case DefineArea():
            return _define(command, area)
        case ChangeBoundary():
            return _change_boundary(command, area)


def _define(command: DefineArea, area: Area) -> Sequence[AreaEvent]:
    events: list[AreaEvent] = []
    if isinstance(area, Undefined):
        events.append(_defined(command))
    else:
        parent_id = command.parent.area_id if command.parent else ""
        if (parent_id, command.level, command.name) != (area.parent_id, area.level, area.name):
            raise refusals.area_is_defined_differently(area.area_id)
    if command.boundary is None:
        return events
    return [*events, *_change_boundary(command.boundary, AREA.fold(events, area))]


def _defined(command: DefineArea) -> AreaDefined:
    parent = command.parent
    if not command.name:
        raise refusals.name_is_missing()
    if parent is not None and not command.level.is_below(parent.level):
        raise refusals.level_is_not_below(command.level.value, parent.level.value)
    return AreaDefined(
        area_id=command.area_id,
        parent_id=parent.area_id if parent else "",
        level=command.level,
        name=command.name,
        path=below(parent.path if parent else "", command.area_id),
        defined_at=command.at,
    )


def _change_boundary(command: ChangeBoundary, area: Area) -> Sequence[AreaEvent]:
    if isinstance(area, Undefined):
        raise refusals.area_is_unknown(command.area_id)
    same_moment = command.valid_from is None or command.valid_from == area.boundary_valid_from
    if same_moment and area.boundary_digest == _digest(command.boundary):
        return []
    if command.objection is not None:
        raise command.objection
    return [
        BoundaryChanged(
            area_id=area.area_id,
            path=area.path,
            version=area.boundary_version + 1,
            boundary=command.boundary,
            valid_from=command.valid_from or command.at,
            note=command.note,
        )
    ]


AREA: Decider[AreaCommand, Area, AreaEvent] = Decider(
    category="area", initial=Undefined(), decide=decide, evolve=evolve
)
