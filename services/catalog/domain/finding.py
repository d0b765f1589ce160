"""Whom the responsibility list makes answer, and why; and what is promised. Pure functions.

Rule: an item covers the affair and the area it names and all below both. Of the items that hold,
the most precise affair wins, then the most precise area. (Of one item the newest version that
holds; two items for the same pair never overlap.)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.catalog.domain.events import CommitmentPublished


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One version of one item, as it stands in the list."""

    item_id: str
    version: int
    affair_id: str
    area_id: str
    body_id: str
    legal_basis: str
    helper_ids: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether the version can hold at a moment, unless a later one of the item replaces it."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class Verdict(StrEnum):
    """What came of one line."""

    CHOSEN = "chosen"
    LESS_PRECISE_AFFAIR = "less_precise_affair"
    WIDER_AREA = "wider_area"
    SUPERSEDED = "superseded"
    NOT_YET_VALID = "not_yet_valid"
    NO_LONGER_VALID = "no_longer_valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer (None: nobody), and every line that was looked at, the most precise first."""

    chosen: Line | None
    trace: tuple[tuple[Line, Verdict], ...]


def find_responsible(lines: Iterable[Line], affair_path: str, area_path: str, at: datetime) -> Finding:
    """Who answers for the affair in the area at the moment; paths run from the top, joined by `/`."""
    affairs, areas = affair_path.split("/"), area_path.split("/")
    ranked = sorted(
        (line for line in lines if line.affair_id in affairs and line.area_id in areas),
        key=lambda line: (
            -affairs.index(line.affair_id),
            -areas.index(line.area_id),
            -line.valid_from.timestamp(),
            -line.version,
        ),
    )
    chosen = next((line for line in ranked if line.holds(at)), None)
    return Finding(chosen=chosen, trace=tuple((line, _verdict(line, chosen, at)) for line in ranked))


def _verdict(line: Line, chosen: Line | None, at: datetime) -> Verdict:
    if line is chosen:
        return Verdict.CHOSEN
    if at < line.valid_from:
        return Verdict.NOT_YET_VALID
    if chosen is None or not line.holds(at):
        return Verdict.NO_LONGER_VALID
    if line.affair_id != chosen.affair_id:
        return Verdict.LESS_PRECISE_AFFAIR
    if line.area_id != chosen.area_id:
        return Verdict.WIDER_AREA
    return Verdict.SUPERSEDED


def most_precise(
    holding: Iterable[CommitmentPublished], affair_path: str, area_path: str
) -> CommitmentPublished | None:
    """Of the commitments that hold, the one for the most precise affair, then area (none is the widest)."""
    affairs, areas = affair_path.split("/"), ["", *area_path.split("/")]
    return max(
        (each for each in holding if each.affair_id in affairs and each.area_id in areas),
        key=lambda each: (affairs.index(each.affair_id), areas.index(each.area_id)),
        default=None,
    )
