"""What volunteers keeps of its neighbours' facts: where areas lie, and who is registered."""

from dataclasses import dataclass

from libs.ledger.decider import Decider
from libs.ledger.noted import Note, Noted, noting
from libs.rules.areas import AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaNoted:
    """The identity service defined an area; `area_path` runs from the root."""

    area_id: str
    area_path: AreaPath


AREA: Decider[Note[AreaNoted], Noted[AreaNoted], AreaNoted] = noting("area")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentNoted:
    """The identity service registered somebody under this id, in which nobody can be recognised."""

    resident_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidentErasureNoted:
    """The identity service erased them: the id is nobody's from now on."""

    resident_id: str


ResidentFact = ResidentNoted | ResidentErasureNoted
RESIDENT: Decider[Note[ResidentFact], Noted[ResidentFact], ResidentFact] = noting("resident")
