"""The conversation about a case, for those who may read it."""

from collections.abc import Sequence

from linli.cases.v1 import cases_service_pb2 as pb

from libs.ledger.recorded import Recorded
from libs.rpc.moments import stamp, stamp_or_none
from libs.rules.areas import id_of
from services.cases.application.ports import OverdueRow
from services.cases.domain.conversation import ConversationEvent, MessageOverdue, MessageSent
from services.cases.domain.values import Party
from services.cases.entrypoints.wire.history import Reader
from services.cases.entrypoints.wire.words import PARTIES, attachments_shown


def conversation_shown(
    history: Sequence[Recorded[ConversationEvent]], reader: Reader
) -> list[pb.CaseMessage]:
    """All messages, the oldest first, with what became of each."""
    shown: dict[str, pb.CaseMessage] = {}
    for recorded in history:
        match recorded.event:
            case MessageSent(message_id=message_id, answers=answers) as sent:
                shown[message_id] = _message(sent, recorded.metadata.actor, reader)
                if answers in shown:
                    shown[answers].answered_time.CopyFrom(stamp(sent.at))
            case MessageOverdue(message_id=message_id, escalated_to=area):
                shown[message_id].overdue = True
                shown[message_id].escalated_area_id = id_of(area)
    return list(shown.values())


def _message(sent: MessageSent, author_id: str, reader: Reader) -> pb.CaseMessage:
    return pb.CaseMessage(
        message_id=sent.message_id,
        sender=PARTIES.to_wire(sent.sender),
        addressee=PARTIES.to_wire(sent.addressee),
        text="" if reader.masked else sent.text.value or "",
        sent_time=stamp(sent.at),
        due_time=stamp_or_none(sent.due_at),
        answers_message_id=sent.answers or "",
        body_id=sent.body_id or "",
        author_id="" if reader.is_reporter and author_id != reader.reporter_id else author_id,
        attachments=attachments_shown(
            sent.attachments, told=not reader.masked and sent.text.value is not None
        ),
    )


def overdue_shown(row: OverdueRow) -> pb.OverdueMessage:
    """A message whose addressee was silent too long."""
    return pb.OverdueMessage(
        case_id=row["case_id"],
        message_id=row["message_id"],
        sender=PARTIES.to_wire(Party(row["sender"])),
        addressee=PARTIES.to_wire(Party(row["addressee"])),
        area_id=id_of(row["area_path"]),
        area_path=row["area_path"],
        body_id=row["body_id"] or "",
        due_time=stamp(row["due_time"]),
        escalated_area_id=id_of(row["escalated_path"]),
    )
