"""What the catalog keeps of its neighbours' facts: which areas and bodies there are."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.noted import Note, Noted, noting
from libs.ledger.text import Text
from libs.rules.areas import AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaNoted:
    """The identity service defined an area."""

    area_id: str
    parent_id: str
    path: AreaPath
    level: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEndNoted:
    """There is no such area from `valid_until` on."""

    area_id: str
    valid_until: datetime


AreaFact = AreaNoted | AreaEndNoted


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyNoted:
    """The identity service registered a body."""

    body_id: str
    kind: str
    name: Text


AREA: Decider[Note[AreaFact], Noted[AreaFact], AreaFact] = noting("area")
BODY: Decider[Note[BodyNoted], Noted[BodyNoted], BodyNoted] = noting("body")
