"""What resident, community and department write to each other about a case, and who owes an answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.decider import Decider
from libs.ledger.personal import Personal
from libs.rules.areas import NOWHERE, AreaPath, parent_of
from libs.rules.due import Limit, due
from libs.rules.terms import MESSAGE_LIMITS
from libs.rules.working_time import NeverAtWork
from services.cases.domain import message_refusals
from services.cases.domain.answering import Counted, Owed, limit_of
from services.cases.domain.attached import Attached, attached_by, once
from services.cases.domain.case.pausing import ALWAYS
from services.cases.domain.values import Attachment, Party

MOST_UNANSWERED = 20
"""Messages of one party to another that may wait for an answer at the same time: more would be a flood."""

# Events


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSent:
    """A party wrote to another: `due_at` is until when an answer is owed, `answers` what it answers.

    `due_at` was counted from `at` by the `limit` and the calendar as it was `known` at a ledger position;
    without a calendar, day and night.
    """

    message_id: str
    case_id: str
    sender: Party
    addressee: Party
    area_path: AreaPath
    text: Personal
    at: datetime
    body_id: str | None = None  # who had the case
    answers: str | None = None
    due_at: datetime | None = None
    limit: Limit | None = None  # not in older events, whose limits were the usual ones
    calendar_id: str = ""
    known: int = 0
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageOverdue:
    """The party that a message is addressed to was silent: it goes to the area that is named, once."""

    message_id: str
    case_id: str
    addressee: Party
    escalated_to: AreaPath
    at: datetime
    body_id: str | None = None


ConversationEvent = MessageSent | MessageOverdue


# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A message that waits for an answer."""

    message_id: str
    sender: Party
    addressee: Party
    due_at: datetime
    body_id: str | None
    overdue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """How many messages there were, which wait for an answer, and what came with them; the oldest first."""

    case_id: str = ""
    area_path: AreaPath = NOWHERE
    messages: int = 0
    unanswered: tuple[Unanswered, ...] = ()
    attached: tuple[Attached, ...] = ()

    def waiting(self, message_id: str | None) -> Unanswered | None:
        """The message with an id, if it waits for an answer."""
        return next((each for each in self.unanswered if each.message_id == message_id), None)


# Evolve


def evolve(state: Conversation, event: ConversationEvent) -> Conversation:
    """The conversation after one more event."""
    match event:
        case MessageSent():
            left = tuple(each for each in state.unanswered if each.message_id != event.answers)
            if event.due_at is not None:
                left = (*left, _unanswered(event, event.due_at))
            return Conversation(
                case_id=event.case_id,
                area_path=event.area_path,
                messages=state.messages + 1,
                unanswered=left,
                attached=(*state.attached, *_attached(event)),
            )
        case MessageOverdue(message_id=message_id):
            told = (
                replace(each, overdue=True) if each.message_id == message_id else each
                for each in state.unanswered
            )
            return replace(state, unanswered=tuple(told))


def _attached(event: MessageSent) -> tuple[Attached, ...]:
    """Whose files came with a message: those of the body, if it wrote."""
    body_id = event.body_id if event.sender is Party.DEPARTMENT else None
    return attached_by(body_id, event.attachments, event.at)


def _unanswered(event: MessageSent, due_at: datetime) -> Unanswered:
    return Unanswered(
        message_id=event.message_id,
        sender=event.sender,
        addressee=event.addressee,
        due_at=due_at,
        body_id=event.body_id,
    )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The case as it is: under whose key texts lie, and who can be written to."""

    case_id: str
    subject: str
    area_path: AreaPath
    body_id: str | None
    reporter_id: str | None

    def has(self, party: Party) -> bool:
        """Whether there is such a party, who can read what is written."""
        match party:
            case Party.RESIDENT:
                return self.reporter_id is not None
            case Party.DEPARTMENT:
                return self.body_id is not None
            case Party.COMMUNITY:
                return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessage:
    """Write to another party. To an answer (to the message `answers`) none is owed, unless one is wanted."""

    matter: Matter
    sender: Party
    addressee: Party
    text: str = field(repr=False)
    answers: str | None = None
    answer_wanted: bool = False
    attachments: tuple[Attachment, ...] = ()
    counted: Counted
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassLimits:
    """Let the limits of messages before `at` pass."""

    at: datetime


ConversationCommand = SendMessage | PassLimits


# Decide


def decide(command: ConversationCommand, state: Conversation) -> Sequence[ConversationEvent]:
    """Who is silent beyond the limit is escalated once; a late answer comes after that."""
    match command:
        case PassLimits(at=at):
            return [_overdue(each, state) for each in state.unanswered if _passed(each, at)]
        case SendMessage(answers=None):
            return [_sent(command, state)]
        case SendMessage():
            asked = state.waiting(command.answers)
            if asked is None or (asked.addressee, asked.sender) != (command.sender, command.addressee):
                raise message_refusals.message_not_waiting(command.answers or "")
            late = [_overdue(asked, state)] if _passed(asked, command.at) else []
            return [*late, _sent(command, state)]


def _passed(message: Unanswered, at: datetime) -> bool:
    return message.due_at < at and not message.overdue


def _sent(command: SendMessage, state: Conversation) -> MessageSent:
    matter, addressee = command.matter, command.addressee
    if command.sender is addressee:
        raise message_refusals.message_to_oneself()
    if not matter.has(addressee):
        raise message_refusals.party_not_there(addressee.value)
    owed = command.answers is None or command.answer_wanted
    if owed and _waiting(command, state) >= MOST_UNANSWERED:
        raise message_refusals.too_many_unanswered(MOST_UNANSWERED)
    sent = MessageSent(
        message_id=f"message-{state.messages + 1}",
        case_id=matter.case_id,
        sender=command.sender,
        addressee=addressee,
        area_path=matter.area_path,
        text=Personal(matter.subject, command.text),
        at=command.at,
        body_id=matter.body_id,
        answers=command.answers,
        attachments=once(command.attachments),
    )
    return _due(sent, command.counted) if owed else sent


def _waiting(command: SendMessage, state: Conversation) -> int:
    """How many wait of the same party for the same one, while the same body has the case: those count."""
    ours = (command.sender, command.addressee, command.matter.body_id)
    return sum((each.sender, each.addressee, each.body_id) == ours for each in state.unanswered)


def _due(sent: MessageSent, counted: Counted) -> MessageSent:
    """The message with the limit for its answer, which counts day and night if the calendar never works."""
    limit = limit_of(counted.limits, sent.addressee)
    try:
        due_at, by = due(sent.at, limit, counted.calendar), counted
    except NeverAtWork:
        due_at, by = due(sent.at, limit, ALWAYS), Counted()
    return replace(sent, due_at=due_at, limit=limit, calendar_id=by.calendar_id, known=by.known)


def owed(sent: MessageSent) -> Owed:
    """What is owed to a message. Refuses ANSWER_NOT_OWED."""
    if sent.due_at is None:
        raise message_refusals.answer_not_owed(sent.message_id)
    limit = sent.limit or limit_of(MESSAGE_LIMITS, sent.addressee)
    return Owed(limit=limit, due_at=sent.due_at, calendar_id=sent.calendar_id)


def _overdue(message: Unanswered, state: Conversation) -> MessageOverdue:
    """A silent resident is for the community to reach; whoever works here, for the next area up."""
    above = parent_of(state.area_path) or state.area_path
    return MessageOverdue(
        message_id=message.message_id,
        case_id=state.case_id,
        addressee=message.addressee,
        escalated_to=state.area_path if message.addressee is Party.RESIDENT else above,
        at=message.due_at,
        body_id=message.body_id,
    )


CONVERSATION: Decider[ConversationCommand, Conversation, ConversationEvent] = Decider(
    category="conversation", initial=Conversation(), decide=decide, evolve=evolve
)
