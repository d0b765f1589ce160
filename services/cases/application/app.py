"""What the cases service offers: its table of contents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context, Recorded
from libs.ledger.revision import Revision
from libs.ledger.streams.stream import Handled, Stream, Task, handle_many
from libs.query.freshness import Fresh
from libs.query.paging import Page
from libs.query.reach import Reach
from libs.rules.routing import Decision, Question, route
from services.cases.application.ports import Picture, Reads, Row
from services.cases.application.report import NOTHING_KNOWN, Report, case_id_of
from services.cases.domain import refusals
from services.cases.domain.case import NotOpened, Opened, State
from services.cases.domain.clocks import Deadline, promise
from services.cases.domain.commands import (
    Command,
    Facts,
    ReassignCase,
    ReleaseCase,
    ResumeCase,
)
from services.cases.domain.decisions import CASE
from services.cases.domain.events import CaseRouted, CaseUnowned, Event
from services.cases.domain.noted import Note, Noted, NotedFact
from services.cases.domain.resident import NoteResident, Registered, Resident, ResidentNoted
from services.cases.domain.values import Point, public_id

CaseHandled = Handled[State, Event]
Permit = Callable[[State], None]

RELEASED_AT_ONCE = 1000
_RELEASED_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case with its whole history, personal data open."""

    state: Opened
    history: Sequence[Recorded[Event]]

    @property
    def revision(self) -> str:
        """The token of its newest event."""
        newest = self.history[-1]
        return str(Revision(newest.position, newest.version))


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What a call of `finish_import` came to."""

    released: int
    remaining: int
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """All that can be asked of the service."""

    cases: Stream[Command, State, Event]
    noted: Stream[Note, Noted, NotedFact]
    residents: Stream[NoteResident, Resident, ResidentNoted]
    picture: Picture
    reads: Reads
    prefix: str

    # commands

    def open(self, report: Report, context: Context, permit: Callable[[str], None]) -> CaseHandled:
        """Take in a report: locate it, route it, start its clocks. `permit` is asked about the area found."""
        case_id = case_id_of(report, context)
        facts = self._facts(case_id, report)
        if facts is not NOTHING_KNOWN:
            permit(facts.area_path)
        command = report.as_command(
            case_id,
            public_id(self.prefix, case_id),
            facts,
            imported=context.occurred_at is not None,
            reporter_known=self._knows_reporter(report),
        )
        context = replace(context, area=facts.area_path)
        if report.reporter_id is None:
            self.cases.ledger.keys.expect_new(case_id)
        return self.cases.handle(case_id, command, context, expect_new=True)

    def act(
        self, case_id: str, command: Command, context: Context, permit: Permit, if_revision: str
    ) -> CaseHandled:
        """Accept, return, start, pause, note, resolve, close, withdraw, reject, reopen: the command says."""
        return self.cases.handle(case_id, command, context, permit, if_revision or None)

    def reassign(
        self,
        case_id: str,
        body_id: str,
        at: datetime,
        context: Context,
        permit: Permit,
        if_revision: str,
    ) -> CaseHandled:
        """Give a case to a body, if there is such a body."""
        known = body_id in self.picture().bodies
        command = ReassignCase(body_id=body_id, body_known=known, at=at)
        return self.act(case_id, command, context, permit, if_revision)

    def resume(
        self, case_id: str, at: datetime, context: Context, permit: Permit, if_revision: str
    ) -> CaseHandled:
        """Go on after a pause, whose working time the calendars count."""
        command = ResumeCase(calendars=self.picture().calendars, at=at)
        return self.act(case_id, command, context, permit, if_revision)

    def finish_import(
        self, reach: Reach, system: str, as_of: datetime, fresh: Fresh, context: Context
    ) -> Released:
        """Hand imported cases within reach over to the running clocks, as many as one call may."""
        held, total = self.reads.held_cases(reach, system, RELEASED_AT_ONCE, fresh)
        revision = ""
        for start in range(0, len(held), _RELEASED_TOGETHER):
            tasks: list[Task] = [
                (self.cases, case_id, ReleaseCase(at=as_of), context)
                for case_id in held[start : start + _RELEASED_TOGETHER]
            ]
            revision = handle_many(self.cases.ledger, tasks)[-1].revision
        return Released(released=len(held), remaining=total - len(held), revision=revision)

    # queries

    def case(self, case_id: str) -> CaseRecord:
        """One case, from its own stream. Raises CASE_NOT_FOUND."""
        history = self.cases.history(case_id)
        state = CASE.fold([recorded.event for recorded in history])
        if isinstance(state, NotOpened):
            raise refusals.case_not_found()
        return CaseRecord(state=state, history=history)

    def public_case(self, public_id: str, fresh: Fresh) -> Row:
        """The case with a public number. Raises CASE_NOT_FOUND."""
        row = self.reads.public_case(public_id, fresh)
        if row is None:
            raise refusals.case_not_found()
        return row

    def list_cases(self, reach: Reach, wanted: str, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of the cases within reach that a filter wants, and one row more."""
        return self.reads.cases(reach, wanted, page, fresh)

    def list_cases_of(self, reporter_id: str, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of a reporter's cases, and one row more."""
        return self.reads.cases_of(reporter_id, page, fresh)

    def unowned_matters(self, reach: Reach, page: Page, fresh: Fresh) -> Sequence[Row]:
        """A page of the matters that nobody answers for and that areas within reach decide; one row more."""
        return self.reads.unowned_matters(reach, page, fresh)

    def explain_routing(self, record: CaseRecord) -> tuple[Decision, Decision]:
        """The routing decision as stored, and decided again on what was known then."""
        stored = next(
            recorded.event.decision
            for recorded in record.history
            if isinstance(recorded.event, CaseRouted | CaseUnowned)
        )
        return stored, self.reads.routing_facts(stored.question.known).decide(stored.question)

    def preview_routing(
        self, affair_id: str, point: Point | None, area_id: str, at: datetime
    ) -> tuple[Decision, Sequence[Deadline]]:
        """Where a report would go, and what would be promised, if it were made now."""
        facts = self.picture().facts(affair_id, point, area_id, at)
        question = Question(
            affair_path=facts.affair_path, area_path=facts.area_path, at=at, known=facts.known
        )
        return route(facts.responsibilities, question), promise(facts.commitment, facts.calendar, at)

    # inside

    def _knows_reporter(self, report: Report) -> bool:
        """Whether the reporter is registered; asked of the store only where somebody else names them."""
        if report.reporter_id is None or report.in_person:
            return True
        return isinstance(self.residents.load(report.reporter_id).state, Registered)

    def _facts(self, case_id: str, report: Report) -> Facts:
        """What must be known; for a case that exists nothing, so that a repeated request is answered."""
        try:
            return self.picture().facts(report.affair_id, report.point, report.area_id, report.at)
        except Refusal:
            if isinstance(self.cases.load(case_id).state, NotOpened):
                raise
            return NOTHING_KNOWN
