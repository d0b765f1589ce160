"""History from other systems: held from the running clocks until it is handed over."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Task, handle_many
from libs.query.freshness import Fresh
from libs.query.reach import Reach
from services.cases.application.case import CaseStream
from services.cases.application.ports import CaseReads
from services.cases.domain.case.commands import ReleaseCase

RELEASED_AT_ONCE = 1000
_RELEASED_TOGETHER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What a call of `finish` came to."""

    released: int
    remaining: int
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """What can be done with imported cases."""

    stream: CaseStream
    reads: CaseReads

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
