"""The router: which body must answer for an affair in an area, and why. A pure function.

The same items, paths and moment always give the same decision, so a decision can be run again
years later, on what was known then, and must come out the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibility:
    """One version of one item of the responsibility list: who owns an affair in an area, and when."""

    item_id: str
    version: int
    affair_id: str
    area_id: str
    body_id: str
    valid_from: datetime
    valid_until: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether the item holds at a moment; its end is the first moment at which it does not."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class Verdict(Enum):
    """What the router found about one item: chosen, or what the chosen one has before it."""

    CHOSEN = "chosen"
    LESS_PRECISE_AFFAIR = "less_precise_affair"
    WIDER_AREA = "wider_area"
    OLDER = "older"
    NOT_YET_VALID = "not_yet_valid"
    NO_LONGER_VALID = "no_longer_valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One item that was looked at."""

    item_id: str
    version: int
    affair_id: str
    area_id: str
    body_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the router is asked: the paths from the top, the moment, and up to where facts were known.

    `known` is the ledger position of the newest fact that was looked at: the decision can be run
    again on exactly these facts.
    """

    affair_path: str
    area_path: str
    at: datetime
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer: the body (None: nobody is responsible), the item that says so, and the trace."""

    question: Question
    body_id: str | None
    item_id: str | None
    item_version: int
    trace: tuple[TraceLine, ...]


def route(items: Iterable[Responsibility], question: Question) -> Decision:
    """Whom the list makes responsible.

    An item covers the affair and the area it names and all below them. Of the items in force
    the one with the most precise affair wins, then the one with the most precise area, then the
    one valid from the latest moment; item id and version break the tie that a careless list leaves.
    """
    affairs = question.affair_path.split("/")
    areas = question.area_path.split("/")
    ranked = sorted(
        (item for item in items if item.affair_id in affairs and item.area_id in areas),
        key=lambda item: (
            not item.in_force(question.at),
            -affairs.index(item.affair_id),
            -areas.index(item.area_id),
            -item.valid_from.timestamp(),
            item.item_id,
            -item.version,
        ),
    )
    chosen = ranked[0] if ranked and ranked[0].in_force(question.at) else None
    return Decision(
        question=question,
        body_id=chosen.body_id if chosen else None,
        item_id=chosen.item_id if chosen else None,
        item_version=chosen.version if chosen else 0,
        trace=tuple(
            TraceLine(
                item_id=item.item_id,
                version=item.version,
                affair_id=item.affair_id,
                area_id=item.area_id,
                body_id=item.body_id,
                verdict=_verdict(item, chosen, question.at),
            )
            for item in ranked
        ),
    )


def _verdict(item: Responsibility, chosen: Responsibility | None, at: datetime) -> Verdict:
    if item is chosen:
        return Verdict.CHOSEN
    if at < item.valid_from:
        return Verdict.NOT_YET_VALID
    if chosen is None or not item.in_force(at):
        return Verdict.NO_LONGER_VALID
    if item.affair_id != chosen.affair_id:
        return Verdict.LESS_PRECISE_AFFAIR
    if item.area_id != chosen.area_id:
        return Verdict.WIDER_AREA
    return Verdict.OLDER
