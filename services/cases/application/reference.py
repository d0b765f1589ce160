"""What is known of areas, bodies, affairs, responsibilities and commitments, ready to be asked.

An immutable picture, folded from the noted facts up to a ledger position; the next facts give
the next picture. Opening a case asks it and nothing else, so it costs no query.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from libs.geo.index import AreaIndex
from libs.rules.areas import AreaPath, ids_of, path_of
from libs.rules.routing import Decision, Question, Responsibility, most_precise, route
from libs.rules.terms import standard
from libs.rules.working_time import Versions
from services.cases.application.area_index import index_of, other_areas
from services.cases.domain import area_refusals, refusals
from services.cases.domain.case.commands import Facts
from services.cases.domain.case.pausing import ALWAYS
from services.cases.domain.case.terms import CaseTerms
from services.cases.domain.clocks import Commitment
from services.cases.domain.escalation import Tree
from services.cases.domain.noted import (
    AffairNoted,
    AffairRetirementNoted,
    AreaEndNoted,
    AreaNoted,
    BodyNoted,
    BoundaryNoted,
    CalendarNoted,
    CommitmentNoted,
    NotedFact,
    ResponsibilityEndNoted,
    ResponsibilityNoted,
)
from services.cases.domain.values import Point

NotedAt = tuple[int, NotedFact]
"""A fact, and the ledger position at which it was noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The picture as of ledger position `known`. Ask it; never change what it holds."""

    known: int = 0
    areas: Mapping[str, AreaNoted] = field(default_factory=dict)
    area_ends: Mapping[str, AreaEndNoted] = field(default_factory=dict)
    boundaries: Mapping[str, tuple[BoundaryNoted, ...]] = field(default_factory=dict)
    bodies: frozenset[str] = frozenset()
    affairs: Mapping[str, AffairNoted] = field(default_factory=dict)
    retired: Mapping[str, datetime | None] = field(default_factory=dict)
    items: Mapping[str, tuple[ResponsibilityNoted, ...]] = field(default_factory=dict)
    ends: Mapping[str, datetime] = field(default_factory=dict)
    commitments: Mapping[str, tuple[CommitmentNoted, ...]] = field(default_factory=dict)
    calendars: Mapping[str, Versions] = field(default_factory=dict)
    index: AreaIndex = field(default_factory=AreaIndex.empty)
    responsibilities: Mapping[str, tuple[Responsibility, ...]] = field(default_factory=dict)

    def after(self, noted: Sequence[NotedAt]) -> "Reference":
        """The picture after more facts, given in the order they were noted."""
        if not noted:
            return self
        changes = _Changes(self)
        for _, fact in noted:
            changes.take(fact)
        return changes.picture(known=noted[-1][0])

    def facts(self, affair_id: str, point: Point | None, area_id: str, at: datetime) -> Facts:
        """What must be known to open a case; refuses affairs and places that nobody knows."""
        affair = self.affairs.get(affair_id)
        if affair is None:
            raise refusals.affair_unknown(affair_id)
        if affair_id in self.retired and not _before(at, self.retired[affair_id]):
            raise refusals.affair_retired(affair_id)
        area_path = self.locate(point, area_id, at)
        commitment = self._commitment(affair.affair_path, area_path, at)
        return Facts(
            affair_path=affair.affair_path,
            area_path=area_path,
            anonymous_allowed=affair.anonymous_allowed,
            responsibilities=self._of_affairs(affair.affair_path),
            commitment=commitment,
            terms=CaseTerms.of(commitment.terms if commitment else standard(), affair.outcomes),
            calendar=self.counting(commitment.calendar_id) if commitment else None,
            known=self.known,
            tree=self.tree(area_path),
            redrawn=point is not None and bool(other_areas(self.index, self.area_ends, point, area_path, at)),
        )

    def counting(self, calendar_id: str) -> Versions:
        """What counts by a calendar: day and night while it is not known, so that no promise is lost."""
        return self.calendars.get(calendar_id) or Versions.of(ALWAYS)

    def tree(self, area_path: AreaPath) -> Tree:
        """The areas along a path with their levels, from the top."""
        ids = ids_of(area_path)
        levels = [self.areas[each].level if each in self.areas else None for each in ids]
        return tuple((level, path_of(ids[:depth])) for depth, level in enumerate(levels, 1))

    def locate(self, point: Point | None, area_id: str, at: datetime) -> AreaPath:
        """The path of the most precise area that contains the point; where none does, of the area given."""
        if point is not None:
            located = self.index.locate(point.longitude, point.latitude, at)
            if located is not None:
                return path_of(located.chain)
        if not area_id:
            raise refusals.place_outside_areas()
        area = self.areas.get(area_id)
        if area is None:
            raise refusals.area_unknown(area_id)
        end = self.area_ends.get(area_id)
        if end is not None and end.valid_until <= at:
            raise area_refusals.area_ended(area_id, end.valid_until, end.successor_ids)
        return area.area_path

    def item(self, item_id: str, at: datetime) -> Responsibility | None:
        """The version of an item of the responsibility list that is in force, if one is."""
        affairs = {version.affair_id for version in self.items.get(item_id, ())}
        known = (item for affair_id in affairs for item in self.responsibilities.get(affair_id, ()))
        holding = [item for item in known if item.item_id == item_id and _holds(item, at)]
        return max(holding, key=lambda item: (item.valid_from, item.version), default=None)

    def decide(self, question: Question) -> Decision:
        """What the router says on these facts."""
        return route(self._of_affairs(question.affair_path), question)

    def _of_affairs(self, affair_path: str) -> tuple[Responsibility, ...]:
        found = (self.responsibilities.get(affair_id, ()) for affair_id in ids_of(affair_path))
        return tuple(item for items in found for item in items)

    def _commitment(self, affair_path: str, area_path: AreaPath, at: datetime) -> Commitment | None:
        known = (noted for affair_id in ids_of(affair_path) for noted in self.commitments.get(affair_id, ()))
        noted = most_precise(known, affair_path, area_path, at)
        if noted is None:
            return None
        named = {"commitment_id": noted.commitment_id, "calendar_id": noted.calendar_id}
        return Commitment(version=noted.version, terms=noted.terms, **named)


class _Changes:
    """Collects what some facts change, copying only what does."""

    def __init__(self, before: Reference) -> None:
        self.before = before
        self.areas = dict(before.areas)
        self.area_ends = dict(before.area_ends)
        self.boundaries = dict(before.boundaries)
        self.bodies = set(before.bodies)
        self.affairs = dict(before.affairs)
        self.retired = dict(before.retired)
        self.items = dict(before.items)
        self.ends = dict(before.ends)
        self.commitments = dict(before.commitments)
        self.calendars = dict(before.calendars)

    def take(self, fact: NotedFact) -> None:
        match fact:
            case AreaNoted() | AreaEndNoted() | BoundaryNoted():
                self._take_place(fact)
            case BodyNoted():
                self.bodies.add(fact.body_id)
            case AffairNoted():
                self.affairs[fact.affair_id] = fact
            case AffairRetirementNoted():
                self.retired[fact.affair_id] = fact.at
            case ResponsibilityNoted():
                self.items[fact.item_id] = (*self.items.get(fact.item_id, ()), fact)
            case ResponsibilityEndNoted():
                self.ends[fact.item_id] = fact.valid_until
            case CommitmentNoted():
                self.commitments[fact.affair_id] = (*self.commitments.get(fact.affair_id, ()), fact)
            case CalendarNoted():
                self.calendars[fact.calendar_id] = _calendar(self.calendars.get(fact.calendar_id), fact)
            case _:
                assert_never(fact)

    def _take_place(self, fact: AreaNoted | AreaEndNoted | BoundaryNoted) -> None:
        match fact:
            case AreaNoted():
                self.areas[fact.area_id] = fact
            case AreaEndNoted():
                self.area_ends[fact.area_id] = fact
            case BoundaryNoted():
                versions = {each.version: each for each in self.boundaries.get(fact.area_id, ())}
                versions[fact.version] = fact
                self.boundaries[fact.area_id] = tuple(versions[n] for n in sorted(versions))

    def picture(self, known: int) -> Reference:
        before = self.before
        ground = self.areas, self.boundaries, self.area_ends
        same_ground = ground == (before.areas, before.boundaries, before.area_ends)
        return replace(
            before,
            known=known,
            areas=self.areas,
            area_ends=self.area_ends,
            boundaries=self.boundaries,
            bodies=frozenset(self.bodies),
            affairs=self.affairs,
            retired=self.retired,
            items=self.items,
            ends=self.ends,
            commitments=self.commitments,
            calendars=self.calendars,
            index=before.index if same_ground else index_of(*ground),
            responsibilities=_by_affair(self.items, self.ends),
        )


def _by_affair(
    items: Mapping[str, tuple[ResponsibilityNoted, ...]], ends: Mapping[str, datetime]
) -> Mapping[str, tuple[Responsibility, ...]]:
    by_affair: dict[str, list[Responsibility]] = defaultdict(list)
    for item_id, versions in items.items():
        newest = max(versions, key=lambda version: version.version)
        end = ends.get(item_id, newest.valid_until)
        for version in versions:
            by_affair[version.affair_id].append(_responsibility(version, end))
    return {affair_id: tuple(found) for affair_id, found in by_affair.items()}


def _before(at: datetime, moment: datetime | None) -> bool:
    return moment is not None and at < moment


def _holds(item: Responsibility, at: datetime) -> bool:
    return item.valid_from <= at and (item.valid_until is None or at < item.valid_until)


def _responsibility(noted: ResponsibilityNoted, end: datetime | None) -> Responsibility:
    return Responsibility(
        item_id=noted.item_id,
        version=noted.version,
        affair_id=noted.affair_id,
        area_id=noted.area_id,
        body_id=noted.body_id,
        valid_from=noted.valid_from,
        valid_until=end,
    )


def _calendar(known: Versions | None, noted: CalendarNoted) -> Versions:
    """The calendar with one more version; one without a beginning takes the place of all before it."""
    calendar = noted.calendar()
    if known is None or noted.valid_from is None:
        return Versions.of(calendar)
    return known.then(calendar, noted.valid_from)
