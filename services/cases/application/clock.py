"""The clocks of cases: why they fall due when they do, and what a wrong clock did."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from libs.query.freshness import Fresh, PageQuery
from libs.query.reach import Reach
from services.cases.application.case import CaseRecord, Cases
from services.cases.application.ports import EarlyCase, EarlyReads, ReferenceReads
from services.cases.domain import refusals
from services.cases.domain.case.events import (
    AdjudicationOpened,
    CasePaused,
    CaseResumed,
    CaseRouted,
    CaseUnowned,
    DuplicateAdded,
    DuplicateRemoved,
    PauseLapsed,
)
from services.cases.domain.case.situations import Merged, Opened, Waiting
from services.cases.domain.clocks import ClockKind, Deadline
from services.cases.domain.explaining import Explanation, Pause, explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What can be read of clocks."""

    reads: EarlyReads
    facts: ReferenceReads
    cases: Cases

    def explain(self, record: CaseRecord, kind: ClockKind) -> Explanation:
        """What a deadline was counted by. Raises NOTHING_PROMISED."""
        file = record.state.file
        clock = next((each for each in file.clocks if each.deadline.clock is kind), None)
        if clock is None:
            raise refusals.nothing_promised(kind.value)
        start, known, pauses = self._counted(record, clock.deadline)
        calendar = self.facts.known_at(known).counting(clock.deadline.calendar_id)
        return explained(clock.deadline, start, pauses, calendar)

    def reporter_of(self, record: CaseRecord, kind: ClockKind) -> str | None:
        """Whose report a limit was promised for: the case's own, or one that was merged into it."""
        added = _taken(record, kind)
        if added is None:
            return record.state.file.reporter_id
        return self.reporter_of(self.cases.one(added.case_id), kind)

    def _counted(self, record: CaseRecord, deadline: Deadline) -> tuple[datetime, int, tuple[Pause, ...]]:
        """From when a deadline counts, what was known, and the pauses that moved it.

        The limit of a case that was merged into this one counts as it did there, until the merge.
        """
        start, known = _computed(record, deadline)
        pauses = tuple(_pauses(record.state)) if deadline.clock is ClockKind.RESOLUTION else ()
        added = _taken(record, deadline.clock)
        if added is None:
            return start, known, pauses
        start, known_there, before = self._counted(self.cases.one(added.case_id), deadline)
        here = [pause for pause in pauses if pause.end is None or pause.end > added.at]
        there = [replace(pause, end=min(pause.end or added.at, added.at)) for pause in before]
        return start, known if here else known_there, (*there, *here)

    def early(
        self, query: PageQuery, reach: Reach, now: datetime, fresh: Fresh
    ) -> tuple[Sequence[EarlyCase], str]:
        """A page of the cases within reach with moments that passed and are not due yet."""
        return self.reads.early(query, reach, now, fresh)


def _taken(record: CaseRecord, kind: ClockKind) -> DuplicateAdded | None:
    """The duplicate whose limit a clock has; None if it has its own."""
    added: dict[str, DuplicateAdded] = {}
    whose: dict[ClockKind, str] = {}
    for recorded in record.history:
        match recorded.event:
            case DuplicateAdded(case_id=case_id, taken=taken) as event:
                added[case_id] = event
                whose |= dict.fromkeys(taken, case_id)
            case DuplicateRemoved(taken=taken):
                whose = {kind: case_id for case_id, kind in taken}
            case _:
                pass
    return added[whose[kind]] if kind in whose else None


def _pauses(state: Opened) -> Iterator[Pause]:
    """From when until when work waited and the clock stood still, in order of time."""
    state = state.before if isinstance(state, Merged) else state
    over = [Pause(start=start, end=end) for start, end in state.file.pauses]
    over += [Pause(start=start, end=end, approved=True) for start, end in state.file.approved_pauses]
    yield from sorted(over, key=attrgetter("start", "end"))
    if isinstance(state, Waiting) and not state.lapsed:
        yield Pause(start=state.paused_at, end=None, approved=state.approved)


def _computed(record: CaseRecord, deadline: Deadline) -> tuple[datetime, int]:
    """From when a deadline counts, and up to which position facts were known when it was computed last."""
    start, known, paused = record.state.file.opened_at, 0, 0
    for recorded in record.history:
        match recorded.event:
            case CaseRouted(decision=decision) | CaseUnowned(decision=decision):
                known = decision.question.known
            case AdjudicationOpened(deadline=opened, at=at) if opened == deadline:
                start, known = at, recorded.position
            case CasePaused():
                paused = recorded.position
            case PauseLapsed() if deadline.clock is ClockKind.RESOLUTION:
                known = paused
            case CaseResumed(resolution=Deadline()) if deadline.clock is ClockKind.RESOLUTION:
                known = recorded.position
            case _:
                pass
    return start, known
