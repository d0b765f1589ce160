"""An area, as the identity service told of it: volunteers need its path."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.ledger.decider import Decider
from services.volunteers.domain.commands import NoteArea
from services.volunteers.domain.events import AreaNoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where the area stands in the tree; empty until it was heard of."""

    area_path: str = ""


def decide(command: NoteArea, state: Area) -> Sequence[AreaNoted]:
    """Note it, unless nothing is new."""
    if state.area_path == command.area_path:
        return []
    return [AreaNoted(area_id=command.area_id, area_path=command.area_path)]


def evolve(_state: Area, event: AreaNoted) -> Area:
    """The area after `event`."""
    return Area(area_path=event.area_path)


AREA: Decider[NoteArea, Area, AreaNoted] = Decider(
    category="area", initial=Area(), decide=decide, evolve=evolve
)
