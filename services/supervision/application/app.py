"""What the supervision service offers: its table of contents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Handled, Stream
from libs.query.paging import Page
from services.supervision.application.ports import FreshOfCases, Name, Reads
from services.supervision.application.scoreboard import Grouping, Question, Score
from services.supervision.application.trail import TrailEntry, trail_of
from services.supervision.domain import refusals
from services.supervision.domain.case_record import Blank, Noted, State
from services.supervision.domain.commands import Command, RateCase
from services.supervision.domain.events import CaseRated, Event
from services.supervision.domain.names import NameNoted, NoteName
from services.supervision.domain.values import Named

Permit = Callable[[Noted], None]
"""Raises `Refusal` if the caller may not do this to the record of that case."""

_NAMES_OF = {Grouping.BODY: Named.BODY, Grouping.AFFAIR: Named.AFFAIR, Grouping.AREA: Named.AREA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """Groups of cases, what the groups are called, and up to which position of cases they count."""

    scores: Sequence[Score]
    names: Mapping[str, Name]
    cases_position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service. `own_source`: the name of our own events in the feed."""

    records: Stream[Command, State, Event]
    names: Stream[NoteName, NameNoted | None, NameNoted]
    reads: Reads
    own_source: str

    # counting

    def scoreboard(self, question: Question, area_id: str, affair_id: str, fresh: FreshOfCases) -> Scoreboard:
        """Count cases by group, within an area and an affair and all below them ("": everywhere, all).

        Raises AREA_UNKNOWN, BODY_UNKNOWN, AFFAIR_UNKNOWN, AREA_DEPTH_MISSING, PERIOD_EMPTY, `ViewBehind`.
        """
        _check(question)
        seen = self.reads.heard(fresh)
        selection = question.selection
        if selection.body_id and self.reads.path_of(Named.BODY, selection.body_id) is None:
            raise refusals.body_unknown(selection.body_id)
        selection = replace(
            selection, area_path=self._area_path(area_id), affair_ids=self._affairs(affair_id)
        )
        scores, position = self.reads.count(replace(question, selection=selection), seen)
        return Scoreboard(
            scores=scores,
            names=self._called(_NAMES_OF.get(question.group_by), [score.group_id for score in scores]),
            cases_position=position,
        )

    def longest_open(
        self, filter_text: str, page: Page, fresh: FreshOfCases
    ) -> tuple[Sequence[Mapping[str, Any]], Mapping[Named, Mapping[str, Name]], str]:
        """A page of open cases, the names of what they concern, and the token of the next page."""
        seen = self.reads.heard(fresh)
        rows, token = self.reads.longest_open(filter_text, page, seen)
        wanted = {
            Named.BODY: [row["body_id"] or "" for row in rows],
            Named.AFFAIR: [row["affair_id"] for row in rows],
            Named.AREA: [row["area_path"].rpartition("/")[2] for row in rows],
        }
        return rows, self.reads.called(wanted) if rows else {}, token

    # one case

    def rate(
        self, case_id: str, command: RateCase, context: Context, permit: Permit, fresh: FreshOfCases
    ) -> Handled[State, Event]:
        """Say how well a closed case was dealt with.

        Raises CASE_UNKNOWN, CASE_NOT_CLOSED, CASE_RATED_ALREADY.
        """
        self.reads.heard(fresh)

        def permitted(state: State) -> None:
            if isinstance(state, Blank):
                raise refusals.case_unknown()
            permit(state.noted)

        return self.records.handle(case_id, command, context, permit=permitted)

    def ratings(self, case_id: str, permit: Permit) -> Sequence[CaseRated]:
        """The ratings of a case with their comments, the earliest first. Raises CASE_UNKNOWN."""
        self._known(case_id, permit)
        history = self.records.history(case_id)
        return [recorded.event for recorded in history if isinstance(recorded.event, CaseRated)]

    def trail(self, case_id: str, permit: Permit, fresh: FreshOfCases) -> tuple[Noted, Sequence[TrailEntry]]:
        """All that happened to a case, in the order in which it was recorded. Raises CASE_UNKNOWN."""
        self.reads.heard(fresh)
        noted = self._known(case_id, permit)
        return noted, trail_of(self.records.history(case_id), self.own_source)

    def public_trail(self, public_id: str) -> Sequence[TrailEntry]:
        """What of it everybody may see: internal notes are left out. Raises CASE_UNKNOWN."""
        case_id = self.reads.case_of(public_id)
        if case_id is None:
            raise refusals.case_unknown()
        trail = trail_of(self.records.history(case_id), self.own_source)
        return [entry for entry in trail if not entry.internal]

    # inside

    def _known(self, case_id: str, permit: Permit) -> Noted:
        state = self.records.load(case_id).state
        if isinstance(state, Blank):
            raise refusals.case_unknown()
        permit(state.noted)
        return state.noted

    def _area_path(self, area_id: str) -> str:
        if not area_id:
            return ""
        path = self.reads.path_of(Named.AREA, area_id)
        if path is None:
            raise refusals.area_unknown(area_id)
        return path

    def _affairs(self, affair_id: str) -> tuple[str, ...] | None:
        if not affair_id:
            return None
        path = self.reads.path_of(Named.AFFAIR, affair_id)
        if path is None:
            raise refusals.affair_unknown(affair_id)
        return tuple(self.reads.ids_below(Named.AFFAIR, path))

    def _called(self, named: Named | None, ids: Sequence[str]) -> Mapping[str, Name]:
        return self.reads.called({named: ids})[named] if named else {}


def _check(question: Question) -> None:
    """What can be said without looking."""
    if question.group_by is Grouping.AREA and question.area_depth < 1:
        raise refusals.area_depth_missing()
    since, until = question.selection.opened_from, question.selection.opened_until
    if since and until and until <= since:
        raise refusals.period_empty()
