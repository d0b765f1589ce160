"""What may happen to an area: its place in the tree, its names, the versions of its boundary, and its end."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from libs.ledger.decider import Decider
from libs.rules.areas import below
from services.identity.domain import area_refusals, refusals
from services.identity.domain.area.commands import (
    AreaCommand,
    ChangeBoundary,
    DefineArea,
    EndArea,
    RenameArea,
)
from services.identity.domain.area.events import (
    AreaDefined,
    AreaEnded,
    AreaEvent,
    AreaRenamed,
    BoundaryChanged,
)
from services.identity.domain.area.situations import Area, Defined, Undefined

# Evolve


def evolve(area: Area, event: AreaEvent) -> Area:
    """The area after the event."""
    if isinstance(event, AreaDefined):
        return Defined(
            area_id=event.area_id,
            parent_id=event.parent_id,
            level=event.level,
            name=event.name,
            path=event.path,
        )
    if isinstance(area, Undefined):
        return area
    match event:
        case BoundaryChanged():
            return replace(
                area,
                boundary_version=event.version,
                boundary_digest=_digest(event.boundary),
                boundary_valid_from=event.valid_from,
            )
        case AreaRenamed():
            return replace(area, name=event.name, first_name=area.first_name or area.name)
        case AreaEnded():
            return replace(area, valid_until=event.valid_until, successor_ids=event.successor_ids)


def _digest(boundary: str) -> str:
    return sha256(boundary.encode()).hexdigest()


# Decide


def decide(command: AreaCommand, area: Area) -> Sequence[AreaEvent]:
    """What happens to an area; the same definition or boundary once more changes nothing."""
    match command:
        case DefineArea():
            return _define(command, area)
        case ChangeBoundary():
            return _change_boundary(command, area)
        case RenameArea():
            return _rename(command, area)
        case EndArea():
            return _end(command, area)


def _define(command: DefineArea, area: Area) -> Sequence[AreaEvent]:
    events: list[AreaEvent] = []
    if isinstance(area, Undefined):
        events.append(_defined(command))
    else:
        parent_id = command.parent.area_id if command.parent else ""
        same_place = (parent_id, command.level) == (area.parent_id, area.level)
        if not (same_place and area.is_called(command.name)):
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
    if parent is not None and parent.valid_until is not None:
        raise area_refusals.area_ends(parent.area_id, parent.valid_until, field="parent_id")
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
    valid_from = command.valid_from or command.at
    if area.valid_until is not None and area.has_ended(valid_from):
        raise area_refusals.area_ends(area.area_id, area.valid_until)
    if command.objection is not None:
        raise command.objection
    return [
        BoundaryChanged(
            area_id=area.area_id,
            path=area.path,
            version=area.boundary_version + 1,
            boundary=command.boundary,
            valid_from=valid_from,
            note=command.note,
        )
    ]


def _rename(command: RenameArea, area: Area) -> Sequence[AreaEvent]:
    if isinstance(area, Undefined):
        raise refusals.area_is_unknown(command.area_id)
    if not command.name:
        raise refusals.name_is_missing()
    if command.name == area.name:
        return []
    if area.valid_until is not None and area.has_ended(command.at):
        raise area_refusals.area_ends(area.area_id, area.valid_until)
    valid_from = command.valid_from or command.at
    if valid_from > command.at:
        raise area_refusals.name_lies_ahead()
    if command.objection is not None:
        raise command.objection
    return [
        AreaRenamed(
            area_id=area.area_id,
            parent_id=area.parent_id,
            level=area.level,
            path=area.path,
            name=command.name,
            valid_from=valid_from,
        )
    ]


def _end(command: EndArea, area: Area) -> Sequence[AreaEvent]:
    """Until it has come, an end may be replaced by another one."""
    if isinstance(area, Undefined):
        raise refusals.area_is_unknown(command.area_id)
    ended = area.has_ended(command.at)
    same_moment = command.valid_until == area.valid_until or (command.valid_until is None and ended)
    if area.valid_until is not None and same_moment and command.successor_ids == area.successor_ids:
        return []
    if area.valid_until is not None and ended:
        raise area_refusals.area_ends(area.area_id, area.valid_until)
    valid_until = command.valid_until or command.at
    if valid_until < command.at:
        raise area_refusals.end_is_past()
    if command.objection is not None:
        raise command.objection
    return [
        AreaEnded(
            area_id=area.area_id,
            path=area.path,
            valid_until=valid_until,
            successor_ids=command.successor_ids,
        )
    ]


AREA: Decider[AreaCommand, Area, AreaEvent] = Decider(
    category="area", initial=Undefined(), decide=decide, evolve=evolve
)
