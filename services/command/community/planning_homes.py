"""The difference between a file and a platform in buildings and their dwellings, as steps."""

from collections.abc import Iterator
from typing import Any

from services.command.community.model import Building, Community
from services.command.community.rules import put_in_normal_form
from services.command.community.standing import Standing
from services.command.community.steps import Action, Call, Step
from services.command.community.wired import Wired
from services.identity.domain.units import unit_key

_KEPT = ("area_id", "address", "location", "stands_from_time")


def buildings(community: Community, wired: Wired, standing: Standing) -> Iterator[Step]:
    """Each is registered, gets the dwellings that it lacks, or is left alone."""
    for building in community.buildings:
        yield _building(building, wired, standing)


def _building(building: Building, wired: Wired, standing: Standing) -> Step:
    request: Any = wired.building(building)
    put_in_normal_form(request)
    known = standing.buildings().get(building.id)
    call = Call(service="identity", rpc="register_building", request=request)
    if known is None:
        return Step(action=Action.CREATE, section="buildings", name=building.id, calls=(call,))
    differs = [field for field in _KEPT if getattr(known, field) != getattr(request, field)]
    if differs:
        why = f"another {' and '.join(differs)}: a building that is registered keeps it"
        return Step(action=Action.CANNOT, section="buildings", name=building.id, why=why)
    has = {unit_key(unit) for unit in standing.units(building.id)}
    lacks = [unit for unit in request.units if unit_key(unit) not in has]
    if not lacks:
        return Step(action=Action.LEAVE, section="buildings", name=building.id)
    why = f"{len(lacks)} more dwellings"
    return Step(action=Action.CHANGE, section="buildings", name=building.id, why=why, calls=(call,))
