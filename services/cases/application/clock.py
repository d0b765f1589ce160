"""The clocks of cases, when the clock of a machine was wrong: what passed too early, and taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context
from libs.query.freshness import Fresh, PageQuery
from libs.query.reach import Reach
from services.cases.application.case import CaseHandled, CaseStream
from services.cases.application.permits import Check
from services.cases.application.ports import EarlyCase, EarlyReads
from services.cases.domain.case.commands import AnnulMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What an operator can do about clocks."""

    stream: CaseStream
    reads: EarlyReads

    def annul(
        self, case_id: str, command: AnnulMoment, context: Context, check: Check, if_revision: str
    ) -> CaseHandled:
        """Take a moment back that passed too early."""
        return self.stream.handle(case_id, command, context, check, if_revision or None)

    def early(
        self, query: PageQuery, reach: Reach, now: datetime, fresh: Fresh
    ) -> tuple[Sequence[EarlyCase], str]:
        """A page of the cases within reach with moments that passed and are not due yet."""
        return self.reads.early(query, reach, now, fresh)
