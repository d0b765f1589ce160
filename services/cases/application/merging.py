"""Two cases about the same matter: merged into one, and taken apart again, each time both or neither."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Refusal
from libs.ledger.recorded import Context
from libs.ledger.revision import parse_revision
from libs.ledger.streams.stream import Task, handle_many
from services.cases.application.case import CaseHandled, CaseStream, require_case_id
from services.cases.application.permits import Check, as_opened
from services.cases.application.ports import Picture
from services.cases.domain.case.commands import AddDuplicate, MergeCase, RemoveDuplicate, UnmergeCase
from services.cases.domain.case.merges_made import CaseUnmerged
from services.cases.domain.case.situations import Merged

_TRIES = 4

Both = tuple[CaseHandled, CaseHandled]
"""The merged case, and the one in which it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A case, and the revision at which somebody saw it and it must still be; "": at any."""

    case_id: str
    if_revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merges:
    """What can be done with two cases. `check` is asked about both."""

    stream: CaseStream
    picture: Picture

    def merge(self, one: Seen, into: Seen, at: datetime, context: Context, check: Check) -> Both:
        """Let a case go on in another one."""
        case_id, into_case_id = one.case_id, into.case_id
        if into.if_revision:  # else a malformed one would be refused as `if_revision`
            parse_revision(into.if_revision, "into_if_revision")
        require_case_id(case_id)
        require_case_id(into_case_id)

        def tasks() -> list[Task]:
            ours, other = self.stream.load(case_id).state, self.stream.load(into_case_id).state
            merge = MergeCase(seen=ours, into=as_opened(other), at=at)
            add = AddDuplicate(
                seen=other, duplicate=as_opened(ours), calendars=self.picture().calendars, at=at
            )
            return self._pair((one, merge), (into, add), context, check)

        return self._both(tasks)

    def unmerge(self, one: Seen, at: datetime, context: Context, check: Check) -> Both:
        """Let a merged case go on by itself again."""
        case_id = one.case_id
        require_case_id(case_id)

        def tasks() -> list[Task]:
            had = Seen(case_id=self._parent(case_id, context))
            remove = RemoveDuplicate(case_id=case_id, calendars=self.picture().calendars, at=at)
            return self._pair((one, UnmergeCase(at=at)), (had, remove), context, check)

        return self._both(tasks)

    def _parent(self, case_id: str, context: Context) -> str:
        """The case that has a merged one, or for a repeated request had it then; else its own id."""
        state = as_opened(self.stream.load(case_id).state)
        for recorded in self.stream.history(case_id):
            about = recorded.metadata
            same = (about.actor, about.request_id) == (context.actor, context.request_id)
            if same and isinstance(recorded.event, CaseUnmerged):
                return recorded.event.from_case_id
        return state.into_case_id if isinstance(state, Merged) else case_id

    def _pair(
        self,
        one: tuple[Seen, MergeCase | UnmergeCase],
        other: tuple[Seen, AddDuplicate | RemoveDuplicate],
        context: Context,
        check: Check,
    ) -> list[Task]:
        return [
            (self.stream, named.case_id, command, context, check, named.if_revision or None)
            for named, command in (one, other)
        ]

    def _both(self, tasks: Callable[[], list[Task]]) -> Both:
        """Decide on both as they are now; anew, if one of them has changed since it was read."""
        for left in reversed(range(_TRIES)):
            try:
                one, other = handle_many(self.stream.ledger, tasks())
            except Refusal as refusal:
                if refusal.code != "CONCURRENT_CHANGE" or not left:
                    raise
            else:
                return one, other
        raise AssertionError("the last try answers or raises")
