"""In which areas the place of a case lies by the boundaries of other moments than that of its opening.

The case itself keeps its area. This is for reports that are cut by earlier or later boundaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Decider
from libs.rules.areas import AreaPath

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaSince:
    """By the boundaries of `since` and later, until the next, the place lies in this area; "": in none."""

    since: datetime
    area_path: AreaPath


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLocated:
    """In these areas, in order of time; before the first, and if there are none, in that of the opening."""

    case_id: str
    areas: tuple[AreaSince, ...]
    at: datetime


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAreas:
    """What was found last."""

    areas: tuple[AreaSince, ...] = ()


# Evolve


def evolve(state: CaseAreas, event: CaseLocated) -> CaseAreas:  # noqa: ARG001  # the last one has it all
    """The areas after the event."""
    return CaseAreas(areas=event.areas)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class LocateCase:
    """Take in what the newest boundaries say."""

    case_id: str
    areas: tuple[AreaSince, ...]
    at: datetime


# Decide


def decide(command: LocateCase, state: CaseAreas) -> Sequence[CaseLocated]:
    """Nothing, if it was known."""
    if command.areas == state.areas:
        return []
    return [CaseLocated(case_id=command.case_id, areas=command.areas, at=command.at)]


CASE_AREAS: Decider[LocateCase, CaseAreas, CaseLocated] = Decider(
    category="case_areas", initial=CaseAreas(), decide=decide, evolve=evolve
)
