"""Use cases of facts in areas: what is to be checked again, and how many there are of what."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from libs.query.freshness import Fresh
from libs.query.paging import ListRequest, Page, ascending
from libs.query.reach import Jurisdiction, Permit, area_too_small
from libs.rules.areas import AreaPath, parent_of
from services.identity.application.area import AreaStream, defined
from services.identity.application.household_ports import BuildingReads, HouseholdReads
from services.identity.application.visit import FactsStream, Subject, stream_id
from services.identity.domain import household_refusals as unfit
from services.identity.domain.fact_kinds import RULES, FactKind, SubjectKind
from services.identity.domain.facts import Facts, Standing
from services.identity.domain.values import Level

MOST_SUBJECTS = 5_000
"""So many are opened for one answer."""
LOT = 200
"""So many are opened by one query."""
STEP = 10
"""Facts of people are counted in steps of so many; fewer are not told."""
_ORDER = (ascending("subject_kind"), ascending("subject_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCheck:
    """A fact that is contradicted, or stale."""

    subject: Subject
    kind: FactKind
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What there was in an area at a moment; `by_value` only for those who may read all of it.

    `by_value` is that of the beginning of the day; of people in steps of `STEP`, rounded down.
    """

    buildings: int
    dwellings: int
    households: int
    members: int
    by_value: Mapping[tuple[FactKind, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsInAreas:
    """What can be asked about all facts of an area."""

    stream: FactsStream
    areas: AreaStream
    buildings: BuildingReads
    households: HouseholdReads

    def to_check(
        self,
        request: ListRequest,
        area_id: str,
        at: datetime,
        fresh: Fresh,
        permit: Permit,
        awaited: Callable[[], None],
    ) -> tuple[Sequence[ToCheck], str]:
        """A page of contradictions and of stale facts in an area.

        `awaited` raises when nobody waits for it.
        """
        area_path = defined(self.areas, area_id).path
        permit(Jurisdiction(area_path=area_path))
        page = Page.of(request, _ORDER)
        subjects = self._within(area_path, at, fresh)
        after = page.after
        if after is not None:
            subjects = [each for each in subjects if (each[0].value, each[1]) > after]
        found: list[ToCheck] = []
        token = ""
        for subject, facts in self._opened(subjects, awaited):
            found += _doubtful(subject, facts, at)
            if len(found) >= page.size:
                token = page.token(subject[0].value, subject[1]) if subject != subjects[-1] else ""
                break
        return found, token

    def count(
        self,
        area_id: str,
        at: datetime,
        with_facts: bool,
        fresh: Fresh,
        permit: Permit,
        reads: Callable[[AreaPath], bool],
        awaited: Callable[[], None],
    ) -> Counts:
        """What there was in an area at a moment. `reads`: whether the caller may read all of an area.

        Others get no grid cell and no facts. `awaited` raises when nobody waits for it.
        Refuses AREA_TOO_SMALL, AREA_TOO_LARGE, OUT_OF_REACH.
        """
        area = defined(self.areas, area_id)
        if area.level is Level.GRID_CELL and not reads(area.path):
            raise area_too_small(area.path, parent_of(area.path))
        if with_facts:
            permit(Jurisdiction(area_path=area.path))
        buildings, dwellings = self.buildings.count(area.path, at, fresh)
        households, members = self.households.count(area.path, at, fresh)
        return Counts(
            buildings=buildings,
            dwellings=dwellings,
            households=households,
            members=members,
            by_value=self._by_value(area.path, _day_of(at), fresh, awaited) if with_facts else {},
        )

    def _by_value(
        self, area_path: AreaPath, at: datetime, fresh: Fresh, awaited: Callable[[], None]
    ) -> Mapping[tuple[FactKind, str], int]:
        """Of how many each value is the newest."""
        found: Counter[tuple[FactKind, str]] = Counter()
        for _, facts in self._opened(self._within(area_path, at, fresh), awaited):
            standing = facts.standing(at)
            found.update(
                (kind, each.newest.told.value) for kind, each in standing.items() if RULES[kind].counted
            )
        told = {(kind, value): _in_steps(kind, many) for (kind, value), many in found.items()}
        return {each: many for each, many in told.items() if many}

    def _opened(
        self, subjects: Sequence[Subject], awaited: Callable[[], None]
    ) -> Iterator[tuple[Subject, Facts]]:
        """All that was told of each, read as it is asked for, as long as somebody waits."""
        for begin in range(0, len(subjects), LOT):
            awaited()
            lot = subjects[begin : begin + LOT]
            opened = self.stream.load_many([stream_id(each) for each in lot])
            yield from ((subject, each.state) for subject, each in zip(lot, opened, strict=True))

    def _within(self, area_path: AreaPath, at: datetime, fresh: Fresh) -> Sequence[Subject]:
        """All there is in an area at a moment, in the order of kind and id; refuses AREA_TOO_LARGE."""
        buildings, dwellings = self.buildings.within(area_path, at, MOST_SUBJECTS + 1, fresh)
        households, members = self.households.within(area_path, at, MOST_SUBJECTS + 1, fresh)
        ids = dict(zip(SubjectKind, (buildings, dwellings, households, members), strict=True))
        subjects = [(kind, each) for kind, some in ids.items() for each in some]
        if len(subjects) > MOST_SUBJECTS:
            raise unfit.area_is_too_large(MOST_SUBJECTS)
        return subjects


def _doubtful(subject: Subject, facts: Facts, at: datetime) -> Iterator[ToCheck]:
    for kind, each in facts.standing(at).items():
        if each.stale or each.contradicting:
            yield ToCheck(subject=subject, kind=kind, standing=each)


def _day_of(at: datetime) -> datetime:
    """The beginning of the day in UTC: so no two counts lie around the moment of one move."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _in_steps(kind: FactKind, many: int) -> int:
    return many - many % STEP if RULES[kind].subject.is_of_people else many
