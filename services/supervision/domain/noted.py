"""What supervision keeps of its neighbours' facts: names, ends of areas, and where boundaries put cases."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.noted import Note, Noted, noting
from libs.rules.areas import AreaPath
from libs.rules.terms import Level
from services.supervision.domain.values import Named


@dataclass(frozen=True, slots=True, kw_only=True)
class NameNoted:
    """A thing and what it is called, Chinese and English.

    `path` is the ids from the top of its tree down to it, joined by `/`; a body stands alone. Areas
    have a level.
    """

    named: Named
    id: str
    path: str
    zh: str
    en: str
    level: Level | None = None  # not in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEndNoted:
    """There is no such area from `valid_until` on; its successors are under the same parent."""

    area_id: str
    path: AreaPath
    valid_until: datetime
    successor_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSince:
    """By the boundaries of `since` and later, until the next, a case lies in this area; "": in none."""

    since: datetime
    path: AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAreasNoted:
    """In these areas a case lies, in order of time; before the first, in that of its opening."""

    case_id: str
    areas: tuple[AreaSince, ...]


NameFact = NameNoted | AreaEndNoted
NAME: Decider[Note[NameFact], Noted[NameFact], NameFact] = noting("name")

CASE_AREAS: Decider[Note[CaseAreasNoted], Noted[CaseAreasNoted], CaseAreasNoted] = noting("case_areas")


def name_id(named: Named, subject_id: str) -> str:
    """The id of the stream that keeps the name: `body:lasan`."""
    return f"{named.value}:{subject_id}"
