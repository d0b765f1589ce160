"""Routing: why a case went where it went, where a report would go, and what nobody answers for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.query.freshness import Fresh, PageQuery
from libs.query.reach import Reach
from libs.rules.routing import Decision, Question, route
from services.cases.application.case import CaseRecord
from services.cases.application.ports import CaseReads, CaseRow, Picture, ReferenceReads
from services.cases.domain.case.events import CaseRouted, CaseUnowned
from services.cases.domain.clocks import Deadline, promise
from services.cases.domain.values import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """What can be asked of the router."""

    picture: Picture
    facts: ReferenceReads
    reads: CaseReads

    def explain(self, record: CaseRecord) -> tuple[Decision, Decision]:
        """The routing decision as stored, and decided again on what was known then."""
        stored = next(
            recorded.event.decision
            for recorded in record.history
            if isinstance(recorded.event, CaseRouted | CaseUnowned)
        )
        return stored, self.facts.known_at(stored.question.known).decide(stored.question)

    def preview(
        self, affair_id: str, point: Point | None, area_id: str, at: datetime
    ) -> tuple[Decision, Sequence[Deadline]]:
        """Where a report would go, and what would be promised, if it were made now."""
        facts = self.picture().facts(affair_id, point, area_id, at)
        question = Question(
            affair_path=facts.affair_path, area_path=facts.area_path, at=at, known=facts.known
        )
        promised = promise(facts.commitment, facts.calendar, at, facts.tree)
        return route(facts.responsibilities, question), promised

    def unowned(self, query: PageQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[CaseRow], str]:
        """A page of the matters that nobody answers for and that areas within reach decide."""
        return self.reads.unowned(query, reach, fresh)
