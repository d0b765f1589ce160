"""Cases: what may be done with one that is open, and what may be read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context, Recorded
from libs.ledger.revision import Revision
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from libs.query.sought import Sought, texts_hidden
from services.cases.application.permits import Check, as_opened
from services.cases.application.ports import CaseLists, CaseReads, CaseRow, Picture, Search
from services.cases.domain import refusals
from services.cases.domain.attached import Attached
from services.cases.domain.case import CASE
from services.cases.domain.case.commands import COUNTED, CaseCommand, ReassignCase, ResolveCase
from services.cases.domain.case.events import CaseEvent, CaseMerged
from services.cases.domain.case.situations import Case, Merged, NotOpened, Opened, body_of
from services.cases.domain.conversation import Conversation, ConversationCommand, ConversationEvent
from services.cases.domain.values import is_public_id

CaseStream = Stream[CaseCommand, Case, CaseEvent]
ConversationStream = Stream[ConversationCommand, Conversation, ConversationEvent]
CaseHandled = Handled[Case, CaseEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surviving:
    """The case in which a merged one goes on, and what has happened since the merge."""

    state: Opened
    history: Sequence[Recorded[CaseEvent]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRecord:
    """A case with its whole history, personal data open; a merged one with what happens where it goes on.

    A merged case is with the body that has the other one.
    """

    state: Opened
    history: Sequence[Recorded[CaseEvent]]
    life: int = 1
    surviving: Surviving | None = None

    @classmethod
    def of(cls, history: Sequence[Recorded[CaseEvent]], life: int) -> "CaseRecord | None":
        """The case of a stream by itself; None if nothing was opened there."""
        state = CASE.fold([recorded.event for recorded in history])
        return None if isinstance(state, NotOpened) else cls(state=state, history=history, life=life)

    @property
    def revision(self) -> str:
        """The token of its newest event."""
        newest = self.history[-1]
        return str(Revision(newest.position, newest.version, self.life))


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The body that a dispatcher names, and by what right: an item of the list, or else a legal basis."""

    body_id: str
    item_id: str
    legal_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """What can be done with cases."""

    stream: CaseStream
    conversations: ConversationStream
    picture: Picture
    reads: CaseReads
    lists: CaseLists

    def act(
        self, case_id: str, command: CaseCommand, context: Context, check: Check, if_revision: str
    ) -> CaseHandled:
        """Accept, return, pause, note, resolve, close, acknowledge, annul: the command says.

        A command that counts working time is given the calendars, and a resolution with evidence what was
        attached to messages. For `ReassignCase` see `reassign`.
        """
        require_case_id(case_id)
        return self.stream.handle(
            case_id, self.prepared(case_id, command), context, check, if_revision or None
        )

    def prepared(self, case_id: str, command: CaseCommand) -> CaseCommand:
        """The command with what must be known to decide on it."""
        if isinstance(command, COUNTED):
            return replace(command, calendars=self.picture().calendars)
        if isinstance(command, ResolveCase) and command.evidence:
            return replace(command, attached=self._attached(case_id))
        return command

    def _attached(self, case_id: str) -> tuple[Attached, ...]:
        """What came with the messages about a case, and about those that were merged into it."""
        state = self.stream.load(case_id).state
        reports = () if isinstance(state, NotOpened) else state.file.reports
        conversations = (self.conversations.load(report.case_id).state for report in reports)
        return tuple(file for each in conversations for file in each.attached)

    def reassign(
        self, case_id: str, named: Named, at: datetime, context: Context, check: Check, if_revision: str
    ) -> CaseHandled:
        """Give a case to a body, if there is such a body, by the right that is named."""
        return self.act(case_id, self.reassignment(named, at), context, check, if_revision)

    def reassignment(self, named: Named, at: datetime) -> ReassignCase:
        """The command to give a case to a body."""
        picture = self.picture()
        return ReassignCase(
            body_id=named.body_id,
            body_known=named.body_id in picture.bodies,
            item_id=named.item_id,
            cited=picture.item(named.item_id, at) if named.item_id else None,
            legal_basis=named.legal_basis,
            calendars=picture.calendars,
            at=at,
        )

    def one(self, case_id: str) -> CaseRecord:
        """One case, from its own stream. Raises CASE_NOT_FOUND."""
        life = self.stream.ledger.life.number
        record = CaseRecord.of(self.stream.history(case_id), life)
        if record is None:
            raise refusals.case_not_found(case_id)
        if not isinstance(record.state, Merged):
            return record
        surviving = self._surviving(record.state, record.history)
        state = replace(record.state, body_id=body_of(surviving.state))
        return replace(record, state=state, surviving=surviving)

    def stood_in(self, case_id: str, ids: Collection[str]) -> bool:
        """Whether one of these people did something on the case by a delegation."""
        history = self.stream.history(case_id)
        return any(each.metadata.delegation_id and each.metadata.actor in ids for each in history)

    def several(self, case_ids: Sequence[str]) -> Sequence[CaseRecord]:
        """Those of some cases that there are, each from its own stream alone."""
        ledger = self.stream.ledger
        life = ledger.life.number
        histories = ledger.read_streams(dict.fromkeys(map(self.stream.name, case_ids), 0))
        records = (CaseRecord.of(history, life) for history in histories.values())
        return [record for record in records if record is not None]

    def _surviving(self, state: Opened, history: Sequence[Recorded[CaseEvent]]) -> Surviving:
        """Where a merged case goes on; through others, if that was merged in turn."""
        heard: list[Recorded[CaseEvent]] = []
        while isinstance(state, Merged):
            merged_at = max(each.position for each in history if isinstance(each.event, CaseMerged))
            history = self.stream.history(state.into_case_id)
            heard += [recorded for recorded in history if recorded.position > merged_at]
            state = as_opened(CASE.fold([recorded.event for recorded in history]))
        return Surviving(state=state, history=heard)

    def followed(self, case_id: str) -> str:
        """The case in which one goes on: itself, unless it was merged."""
        require_case_id(case_id)
        state = self.stream.load(case_id).state
        return surviving_of(self.stream, state).file.case_id if isinstance(state, Merged) else case_id

    def public(self, public_id: str, fresh: Fresh) -> CaseRow:
        """The case with a public number. Raises CASE_NOT_FOUND."""
        row = self.reads.public(public_id, fresh)
        if row is None:
            raise refusals.case_not_found()
        return row

    def listed(
        self, query: ListQuery, order: str, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[CaseRow], str]:
        """A page of the cases within reach, in one of the orders of the contract; the next page's token."""
        return self.lists.page(query, order, reach, fresh)

    def found(
        self, query: ListQuery, order: str, text: str, reach: Reach, readable: Reach, fresh: Fresh
    ) -> tuple[Sequence[CaseRow], str]:
        """The same of the cases with a text; `readable` is how far the caller may read texts.

        Raises TEXT_NOT_SEARCHABLE, and TEXTS_HIDDEN where the caller may read none.
        """
        sought = Sought.of(text)
        if not readable.limits:
            raise texts_hidden()
        return self.lists.page(query, order, reach, fresh, Search(sought=sought, readable=readable))


def surviving_of(stream: CaseStream, state: Merged) -> Opened:
    """The case in which a merged one goes on."""
    into = as_opened(stream.load(state.into_case_id).state)
    return surviving_of(stream, into) if isinstance(into, Merged) else into


def require_case_id(case_id: str) -> None:
    """Tell who gives a public number instead; by its form, so that nobody learns whether there is a case."""
    if is_public_id(case_id):
        raise refusals.case_not_found(case_id)


def area_of(case: Case) -> str | None:
    """The path of the area that a case lies in."""
    return None if isinstance(case, NotOpened) else case.file.area_path
