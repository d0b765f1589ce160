"""The conversation of resident, community and department about a case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context, Recorded
from libs.ledger.streams.stream import Handled, Stream
from libs.query.freshness import Fresh, PageQuery
from libs.query.reach import Reach
from services.cases.application.case import CaseStream, require_case_id, surviving_of
from services.cases.application.permits import as_opened
from services.cases.application.ports import OverdueReads, OverdueRow
from services.cases.domain.case.situations import Merged, Opened, body_of
from services.cases.domain.conversation import (
    Conversation,
    ConversationCommand,
    ConversationEvent,
    Matter,
    SendMessage,
)
from services.cases.domain.values import Party

ConversationStream = Stream[ConversationCommand, Conversation, ConversationEvent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a party writes to another one."""

    sender: Party
    addressee: Party
    text: str
    answers: str | None
    answer_wanted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """What can be done with conversations. Who may do it is asked of the case."""

    stream: ConversationStream
    cases: CaseStream
    reads: OverdueReads

    def case(self, case_id: str) -> Opened:
        """The case as it is; a merged one is with the body that has the other. Raises CASE_NOT_FOUND."""
        require_case_id(case_id)
        state = as_opened(self.cases.load(case_id).state)
        if isinstance(state, Merged):
            return replace(state, body_id=body_of(surviving_of(self.cases, state)))
        return state

    def send(
        self, case: Opened, message: Message, at: datetime, context: Context
    ) -> Handled[Conversation, ConversationEvent]:
        """Write to another party about a case."""
        file = case.file
        matter = Matter(
            case_id=file.case_id,
            subject=file.subject,
            area_path=file.area_path,
            body_id=body_of(case),
            reporter_id=file.reporter_id,
        )
        command = SendMessage(
            matter=matter,
            sender=message.sender,
            addressee=message.addressee,
            text=message.text,
            answers=message.answers,
            answer_wanted=message.answer_wanted,
            at=at,
        )
        return self.stream.handle(file.case_id, command, context)

    def history(self, case_id: str) -> Sequence[Recorded[ConversationEvent]]:
        """Everything that was written, and who was silent; texts open."""
        return self.stream.history(case_id)

    def overdue(self, query: PageQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[OverdueRow], str]:
        """A page of the messages that were not answered in time, and are not yet."""
        return self.reads.overdue(query, reach, fresh)


def area_of(conversation: Conversation) -> str | None:
    """The path of the area that the case lies in."""
    return conversation.area_path or None
