"""Which messages wait for an answer, and until when?"""

from datetime import datetime
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View
from libs.messaging.clocks import Moment
from services.cases.domain.conversation import (
    CONVERSATION,
    ConversationCommand,
    MessageOverdue,
    MessageSent,
    PassLimits,
)


class WaitingRow(TypedDict):
    """A message that waits for an answer, and has not been escalated."""

    case_id: str
    message_id: str
    due_time: datetime


WAITING = Table.of("waiting", WaitingRow, key=("case_id", "message_id"), indexes=("due_time",))


class DueAnswers(View):
    """One row for each message that waits for an answer: the schedule of their limits."""

    name = "due_answers"
    tables = (WAITING,)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """A message waits until it is answered, or its addressee was silent too long."""
        match recorded.event:
            case MessageSent() as sent:
                if sent.answers is not None:
                    rows.delete(WAITING, (sent.case_id, sent.answers))
                if sent.due_at is not None:
                    row = WaitingRow(case_id=sent.case_id, message_id=sent.message_id, due_time=sent.due_at)
                    rows.put(WAITING, row)
            case MessageOverdue() as overdue:
                rows.delete(WAITING, (overdue.case_id, overdue.message_id))
            case _:
                pass

    def due(self, cursor: Cursor[DictRow], now: datetime, limit: int) -> list[Moment[ConversationCommand]]:
        """The conversations with a limit before `now`, the earliest first."""
        cursor.execute(
            "SELECT case_id, min(due_time) AS due_time FROM waiting WHERE due_time < %s"
            " GROUP BY case_id ORDER BY 2 LIMIT %s",
            (now, limit),
        )
        return [Moment(row["due_time"], CONVERSATION, row["case_id"], PassLimits(at=now)) for row in cursor]


VIEW = DueAnswers()
