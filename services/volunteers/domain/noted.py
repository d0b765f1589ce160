"""What volunteers keeps of its neighbours' facts: where areas lie."""

from dataclasses import dataclass

from libs.ledger.decider import Decider
from libs.ledger.noted import Note, Noted, noting


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaNoted:
    """The identity service defined an area; `area_path` runs from the root."""

    area_id: str
    area_path: str


AREA: Decider[Note[AreaNoted], Noted[AreaNoted], AreaNoted] = noting("area")
