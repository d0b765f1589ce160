"""Routing by a responsibility list: which body must answer for an affair in an area, and why. Pure.

An item covers the affair and the area that it names and all below both. Of the items that hold the one with
the most precise affair wins, then the one with the most precise area, then the one that holds from the latest
moment. Of one item the version counts that began last. The same items, paths and moment give the same
decision, in whatever order the items come: it can be run again years later, on what was known then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from libs.rules.areas import AreaPath, ids_of
from libs.rules.zones import ticks


class Verdict(StrEnum):
    """What the router found about one version of an item: chosen, or why not."""

    CHOSEN = "chosen"
    LESS_PRECISE_AFFAIR = "less_precise_affair"
    WIDER_AREA = "wider_area"
    OLDER = "older"  # another item for the same affair and area holds from a later moment
    SUPERSEDED = "superseded"  # a later version of the same item holds
    NOT_YET_VALID = "not_yet_valid"
    NO_LONGER_VALID = "no_longer_valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsibility:
    """One version of one item of the responsibility list: who owns an affair in an area, and when.

    `valid_until` is the end of the item, for all its versions: the first moment without it.
    """

    item_id: str
    version: int
    affair_id: str
    area_id: str
    body_id: str
    valid_from: datetime
    valid_until: datetime | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at a moment, unless a later version of the item does."""
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


class Promise(Protocol):
    """One version of what is promised for an affair and all below it."""

    @property
    def version(self) -> int:
        """From 1."""
        ...

    @property
    def affair_id(self) -> str:
        """The affair."""
        ...

    @property
    def area_id(self) -> str | None:
        """The area, with all below it; none: everywhere."""
        ...

    @property
    def valid_from(self) -> datetime:
        """The first moment at which this version holds."""
        ...


Item = TypeVar("Item", bound=Responsibility)
AnyPromise = TypeVar("AnyPromise", bound=Promise)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One version of an item that was looked at."""

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
    area_path: AreaPath
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

    def answers_as(self, other: "Decision") -> bool:
        """Whether both give the same answer to the same question, whatever the words of their traces."""
        return (self.question, self.body_id, self.item_id, self.item_version) == (
            other.question,
            other.body_id,
            other.item_id,
            other.item_version,
        )


def route(items: Iterable[Responsibility], question: Question) -> Decision:
    """Whom the list makes responsible."""
    judged = judge(items, question.affair_path, question.area_path, question.at)
    chosen = chosen_of(judged)
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
                verdict=verdict,
            )
            for item, verdict in judged
        ),
    )


def judge(
    items: Iterable[Item], affair_path: str, area_path: AreaPath, at: datetime
) -> tuple[tuple[Item, Verdict], ...]:
    """All versions that name an affair and an area of the paths, the most precise first, with verdicts.

    Of two items for one affair and area that hold from the same moment, which no list should have, the one
    whose id comes first wins.
    """
    affairs, areas = _places(affair_path), _places(area_path)
    ranked = sorted(
        (item for item in items if item.affair_id in affairs and item.area_id in areas),
        key=lambda item: (
            -affairs[item.affair_id],
            -areas[item.area_id],
            -ticks(item.valid_from),
            item.item_id,
            -item.version,
            item.body_id,
            ticks(item.valid_until) if item.valid_until else 0,
        ),
    )
    newest: dict[str, Item] = {}
    for item in ranked:
        known = newest.get(item.item_id)
        if item.in_force(at) and (known is None or _age(known) < _age(item)):
            newest[item.item_id] = item
    chosen = next((item for item in ranked if newest.get(item.item_id) is item), None)
    return tuple((item, _verdict(item, newest.get(item.item_id), chosen, at)) for item in ranked)


def chosen_of(judged: Iterable[tuple[Item, Verdict]]) -> Item | None:
    """The version that was chosen; None: nobody is responsible."""
    return next((item for item, verdict in judged if verdict is Verdict.CHOSEN), None)


def most_precise(
    promises: Iterable[AnyPromise], affair_path: str, area_path: AreaPath, at: datetime
) -> AnyPromise | None:
    """What is promised at a moment: the most precise affair counts, then area, then the newest version."""
    affairs, areas = _places(affair_path), {"": -1, **_places(area_path)}
    return max(
        (
            promise
            for promise in promises
            if promise.affair_id in affairs and (promise.area_id or "") in areas and promise.valid_from <= at
        ),
        key=lambda promise: (
            affairs[promise.affair_id],
            areas[promise.area_id or ""],
            promise.valid_from,
            promise.version,
        ),
        default=None,
    )


def _verdict(
    item: Responsibility, newest: Responsibility | None, chosen: Responsibility | None, at: datetime
) -> Verdict:
    if at < item.valid_from:
        return Verdict.NOT_YET_VALID
    if chosen is None or not item.in_force(at):
        return Verdict.NO_LONGER_VALID
    if item is chosen:
        return Verdict.CHOSEN
    if item is not newest:
        return Verdict.SUPERSEDED
    if item.affair_id != chosen.affair_id:
        return Verdict.LESS_PRECISE_AFFAIR
    if item.area_id != chosen.area_id:
        return Verdict.WIDER_AREA
    return Verdict.OLDER


def _age(item: Responsibility) -> tuple[datetime, int]:
    return item.valid_from, item.version


def _places(path: str) -> dict[str, int]:
    return {each: place for place, each in enumerate(ids_of(path))}
