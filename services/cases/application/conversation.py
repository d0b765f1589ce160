"""The conversation of resident, community and department about a case."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.ledger.recorded import Context, Recorded
from libs.ledger.streams.stream import Handled
from libs.query.freshness import Fresh, PageQuery
from libs.query.reach import Reach
from libs.rules.working_time import Versions
from services.cases.application.case import (
    CaseStream,
    ConversationStream,
    require_case_id,
    surviving_of,
)
from services.cases.application.permits import as_opened
from services.cases.application.ports import OverdueReads, OverdueRow, Picture, ReferenceReads
from services.cases.domain import message_refusals
from services.cases.domain.answering import Counted, counted_by
from services.cases.domain.case import pausing
from services.cases.domain.case.situations import CaseFile, Merged, Opened, body_of
from services.cases.domain.conversation import (
    Conversation,
    ConversationEvent,
    Matter,
    MessageOverdue,
    MessageSent,
    SendMessage,
    owed,
)
from services.cases.domain.explaining import Explanation, explained
from services.cases.domain.values import Attachment, Party


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a party writes to another one."""

    sender: Party
    addressee: Party
    text: str
    answers: str | None
    answer_wanted: bool
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerExplained:
    """Until when an answer is owed and why, when it came, and whether it was late."""

    explanation: Explanation
    answered_at: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations:
    """What can be done with conversations. Who may do it is asked of the case."""

    stream: ConversationStream
    cases: CaseStream
    reads: OverdueReads
    picture: Picture
    facts: ReferenceReads

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
            attachments=message.attachments,
            counted=self._counted(file),
            at=at,
        )
        return self.stream.handle(file.case_id, command, context)

    def _counted(self, file: CaseFile) -> Counted:
        """By the terms by which the case was taken in, and the calendar of its limits as it is known now."""
        promised = next((clock.deadline for clock in file.clocks), None)
        if promised is None:
            return Counted(limits=file.terms.messages)
        picture = self.picture()
        return counted_by(file.terms.messages, promised.calendar_id, picture.calendars, picture.known)

    def explain(self, case_id: str, message_id: str) -> AnswerExplained:
        """Until when an answer to a message is owed. Raises MESSAGE_NOT_FOUND, ANSWER_NOT_OWED."""
        events = [recorded.event for recorded in self.stream.history(case_id)]
        messages = [event for event in events if isinstance(event, MessageSent)]
        sent = next((each for each in messages if each.message_id == message_id), None)
        if sent is None:
            raise message_refusals.message_not_found(message_id)
        calendar = Versions.of(pausing.ALWAYS)
        if sent.calendar_id:
            calendar = self.facts.known_at(sent.known).calendars[sent.calendar_id]
        return AnswerExplained(
            explanation=explained(owed(sent), sent.at, (), calendar),
            answered_at=next((each.at for each in messages if each.answers == message_id), None),
            overdue=any(
                isinstance(each, MessageOverdue) and each.message_id == message_id for each in events
            ),
        )

    def history(self, case_id: str) -> Sequence[Recorded[ConversationEvent]]:
        """Everything that was written, and who was silent; texts open."""
        return self.stream.history(case_id)

    def overdue(self, query: PageQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[OverdueRow], str]:
        """A page of the messages that were not answered in time, and are not yet."""
        return self.reads.overdue(query, reach, fresh)


def area_of(conversation: Conversation) -> str | None:
    """The path of the area that the case lies in."""
    return conversation.area_path or None
