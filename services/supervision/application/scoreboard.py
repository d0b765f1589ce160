"""Scoreboards: groups of cases, counted, and the cases that have been open longest."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.query.freshness import ListQuery
from libs.query.reach import Reach, area_too_small
from libs.rules.areas import NOWHERE, AreaPath, id_of
from libs.rules.areas import within as lies_within
from services.supervision.application.ports import (
    CaseFactReads,
    Ended,
    FreshOfCases,
    Grouping,
    Name,
    NameReads,
    OpenCase,
    Question,
    SuccessionReads,
    Upstream,
)
from services.supervision.domain import refusals
from services.supervision.domain.metrics import Score
from services.supervision.domain.values import Named

_NAMES_OF = {Grouping.BODY: Named.BODY, Grouping.AFFAIR: Named.AFFAIR, Grouping.AREA: Named.AREA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """Groups of cases, what the groups are called, and up to which position of cases they count."""

    scores: Sequence[Score]
    names: Mapping[str, Name]
    cases_position: int
    by_place: bool = False
    ended: frozenset[str] = frozenset()
    """Ids of areas that have ended by the moment asked for, where the groups are areas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboards:
    """What is counted over all cases."""

    reads: CaseFactReads
    names: NameReads
    successions: SuccessionReads
    upstream: Upstream

    def count(
        self,
        question: Question,
        area_id: str,
        affair_id: str,
        areas_at: datetime | None,
        reading: Reach,
        fresh: FreshOfCases,
    ) -> Scoreboard:
        """Count cases by group, within an area and an affair and all below them ("": everywhere, all).

        `areas_at`: by the areas of which moment; None: each case in the area in which it was opened.
        Grid cells are told apart, and places by other boundaries used, for those who may read all cases that
        count (`reading`: their reach by `cases.read`), and for nobody else.

        Raises AREA_UNKNOWN, AREA_TOO_SMALL, BODY_UNKNOWN, AFFAIR_UNKNOWN, AREA_DEPTH_MISSING, PERIOD_EMPTY,
        `ViewBehind`.
        """
        _check(question)
        seen = self.upstream.heard(fresh)
        selection = question.selection
        if selection.body_id and self.names.path_of(Named.BODY, selection.body_id) is None:
            raise refusals.body_unknown(selection.body_id)
        selection = replace(
            selection, area_path=self._area_path(area_id), affair_ids=self._affairs(affair_id)
        )
        ended = self.successions.ended(areas_at, seen) if areas_at else Ended()
        question = replace(question, selection=selection, moved=ended.moved, drawn_at=areas_at)
        by_area = question.group_by is Grouping.AREA
        counted = self.reads.count(question, seen, self._exact(question, reading))
        return Scoreboard(
            scores=counted.scores,
            names=self._called(
                _NAMES_OF.get(question.group_by), [score.group_id for score in counted.scores]
            ),
            cases_position=counted.position,
            by_place=counted.exact and areas_at is not None,
            ended=frozenset(map(id_of, ended.paths)) if by_area else frozenset(),
        )

    def _exact(self, question: Question, reading: Reach) -> Callable[[Sequence[AreaPath]], bool]:
        """Whether a reach covers all that is counted, also from elsewhere. It raises AREA_TOO_SMALL."""
        within, body = question.selection.area_path, question.selection.body_id or None
        areas = [within, *(path for path, after in question.moved.items() if lies_within(after, within))]
        shown = self.reads.public_area(within)

        def covers(come_from: Sequence[AreaPath]) -> bool:
            whole = all(reading.covers(area_path=path or None, body=body) for path in (*areas, *come_from))
            if not whole and shown != within:
                raise area_too_small(within, shown)
            return whole

        return covers

    def longest_open(
        self, query: ListQuery, reach: Reach, reading: Reach, fresh: FreshOfCases
    ) -> tuple[Sequence[OpenCase], Mapping[Named, Mapping[str, Name]], str]:
        """A page of open cases within reach, the names of what they concern, and the next page's token.

        Their grid cells are for those who may read all of them: `reading` is their reach by `cases.read`.
        Others see communities, by any grant in one.
        """
        seen = self.upstream.heard(fresh)
        exact = reading.includes(reach)
        within = reach if exact else reach.over(self.reads.public_area)
        rows, token = self.reads.longest_open(query, within, seen, exact=exact)
        wanted = {
            Named.BODY: [row["body_id"] or "" for row in rows],
            Named.AFFAIR: [row["affair_id"] for row in rows],
            Named.AREA: [id_of(row["area_path"]) for row in rows],
        }
        return rows, self.names.called(wanted) if rows else {}, token

    def _area_path(self, area_id: str) -> AreaPath:
        if not area_id:
            return NOWHERE
        path = self.names.path_of(Named.AREA, area_id)
        if path is None:
            raise refusals.area_unknown(area_id)
        return AreaPath(path)

    def _affairs(self, affair_id: str) -> tuple[str, ...] | None:
        if not affair_id:
            return None
        path = self.names.path_of(Named.AFFAIR, affair_id)
        if path is None:
            raise refusals.affair_unknown(affair_id)
        return tuple(self.names.ids_below(Named.AFFAIR, path))

    def _called(self, named: Named | None, ids: Sequence[str]) -> Mapping[str, Name]:
        return self.names.called({named: ids})[named] if named else {}


def _check(question: Question) -> None:
    """What can be said without looking."""
    if question.group_by is Grouping.AREA and question.area_depth < 1:
        raise refusals.area_depth_missing()
    since, until = question.selection.opened_from, question.selection.opened_until
    if since and until and until <= since:
        raise refusals.period_empty()
