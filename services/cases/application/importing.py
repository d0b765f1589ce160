"""History from other systems: held from the running clocks until it is handed over."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Step, Task, handle_many
from libs.query.freshness import Fresh
from libs.query.reach import Permit, Reach
from services.cases.application import permits
from services.cases.application.case import CaseHandled, Cases, CaseStream
from services.cases.application.ports import CaseReads
from services.cases.application.report import Report, Reports, case_id_of_external
from services.cases.domain.case.commands import CaseCommand, ReleaseCase
from services.cases.domain.case.situations import Case
from services.cases.domain.values import ExternalReference

CaseStep = Step[CaseCommand, Case]

RELEASED_AT_ONCE = 1000
_RELEASED_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What a call of `finish` came to."""

    released: int
    remaining: int
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The report with which a history begins. `permit` is asked about the area where it is found to lie."""

    report: Report
    context: Context
    permit: Permit


@contextmanager
def numbered(number: int) -> Iterator[None]:
    """A refusal from before a step is decided names the step, counted from 0, as one of the decision does."""
    try:
        yield
    except Refusal as refusal:
        refusal.facts["step"] = str(number)
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What can be done with imported cases."""

    stream: CaseStream
    reads: CaseReads
    cases: Cases
    reports: Reports

    def tell(
        self, external: ExternalReference, owner_id: str, opening: Told | None, steps: Sequence[CaseStep]
    ) -> CaseHandled:
        """The history of the case with a number in another system, from its opening or on from where it is.

        The system must be the owner's.
        """
        case_id = case_id_of_external(external)
        steps = [replace(step, command=self.cases.prepared(case_id, step.command)) for step in steps]
        if opening is None:
            owned = partial(self.reports.systems.require, external.system, owner_id)
            return self.stream.handle_all(case_id, steps, if_new=owned)
        with numbered(0):
            opens = self.reports.opening(opening.report, case_id, opening.context, opening.permit)
            if not opens.facts_known:
                opening.permit(permits.area(self.stream.load(case_id).state))
        first: CaseStep = Step(command=opens.command, context=opens.context)
        return self.stream.handle_all(case_id, [first, *steps], if_new=opens.check, expect_new=True)

    def finish(self, reach: Reach, system: str, as_of: datetime, fresh: Fresh, context: Context) -> Released:
        """Hand imported cases within reach over to the running clocks, as many as one call may."""
        held, total = self.reads.held(reach, system, RELEASED_AT_ONCE, fresh)
        revision = ""
        for start in range(0, len(held), _RELEASED_TOGETHER):
            tasks: list[Task] = [
                (self.stream, case_id, ReleaseCase(at=as_of), context)
                for case_id in held[start : start + _RELEASED_TOGETHER]
            ]
            revision = handle_many(self.stream.ledger, tasks)[-1].revision
        return Released(released=len(held), remaining=total - len(held), revision=revision)
