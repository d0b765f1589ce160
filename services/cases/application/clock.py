"""The clocks of cases: why they fall due when they do, who knows of it, and what a wrong clock did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context, Recorded
from libs.query.freshness import Fresh, PageQuery
from libs.query.reach import Reach
from services.cases.application.case import CaseHandled, CaseRecord, CaseStream, require_case_id
from services.cases.application.permits import Check
from services.cases.application.ports import EarlyCase, EarlyReads, ReferenceReads
from services.cases.domain import refusals
from services.cases.domain.case.commands import AcknowledgeEscalation, AnnulMoment
from services.cases.domain.case.events import CaseEvent, CasePaused, CaseResumed, CaseRouted, CaseUnowned
from services.cases.domain.clocks import ClockKind
from services.cases.domain.explaining import Explanation, Pause, explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What can be done about clocks."""

    stream: CaseStream
    reads: EarlyReads
    facts: ReferenceReads

    def annul(
        self, case_id: str, command: AnnulMoment, context: Context, check: Check, if_revision: str
    ) -> CaseHandled:
        """Take a moment back that passed too early."""
        require_case_id(case_id)
        return self.stream.handle(case_id, command, context, check, if_revision or None)

    def acknowledge(
        self, case_id: str, command: AcknowledgeEscalation, context: Context, check: Check, if_revision: str
    ) -> CaseHandled:
        """Say that a level of the escalation knows."""
        require_case_id(case_id)
        return self.stream.handle(case_id, command, context, check, if_revision or None)

    def explain(self, record: CaseRecord, kind: ClockKind) -> Explanation:
        """What a deadline was counted by. Raises NOTHING_PROMISED."""
        file = record.state.file
        clock = next((each for each in file.clocks if each.deadline.clock is kind), None)
        if clock is None:
            raise refusals.nothing_promised(kind.value)
        pauses = tuple(_pauses(record.history)) if kind is ClockKind.RESOLUTION else ()
        calendars = self.facts.known_at(_known(record.history)).calendars
        calendar = calendars[clock.deadline.calendar_id]
        return explained(clock.deadline, file.opened_at, pauses, calendar)

    def early(
        self, query: PageQuery, reach: Reach, now: datetime, fresh: Fresh
    ) -> tuple[Sequence[EarlyCase], str]:
        """A page of the cases within reach with moments that passed and are not due yet."""
        return self.reads.early(query, reach, now, fresh)


def _pauses(history: Sequence[Recorded[CaseEvent]]) -> Iterator[Pause]:
    """From when until when work waited."""
    since = None
    for recorded in history:
        match recorded.event:
            case CasePaused(at=at):
                since = at
            case CaseResumed(at=at) if since is not None:
                yield Pause(start=since, end=at)
                since = None
            case _:
                pass
    if since is not None:
        yield Pause(start=since, end=None)


def _known(history: Sequence[Recorded[CaseEvent]]) -> int:
    """Up to which position facts were known when a deadline of the case was computed last."""
    for recorded in reversed(history):
        match recorded.event:
            case CaseResumed():
                return recorded.position
            case CaseRouted(decision=decision) | CaseUnowned(decision=decision):
                return decision.question.known
            case _:
                pass
    return 0
