"""Which messages wait for an answer, and until when?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from psycopg import Cursor
from psycopg.rows import DictRow

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.messaging.clocks import Moment
from libs.query.freshness import Fresh, PageQuery
from libs.query.listing import Listing
from libs.query.paging import ascending
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.cases.application.ports import OverdueRow
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
    sender: str
    area_path: AreaPath
    due_time: datetime


WAITING = Table.of("waiting", WaitingRow, key=("case_id", "message_id"), indexes=("due_time",))
OVERDUE = Table.of(
    "overdue",
    OverdueRow,
    key=("case_id", "message_id"),
    indexes=("due_time, case_id, message_id", "area_path text_pattern_ops"),
)


class DueAnswers(View):
    """One row for each message that waits for an answer: the schedule of their limits, and who was silent."""

    name = "due_answers"
    tables = (WAITING, OVERDUE)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """A message waits until it is answered, or its addressee was silent too long."""
        match recorded.event:
            case MessageSent() as sent:
                if sent.answers is not None:
                    rows.delete(WAITING, (sent.case_id, sent.answers))
                    rows.delete(OVERDUE, (sent.case_id, sent.answers))
                if sent.due_at is not None:
                    rows.put(WAITING, _waiting(sent, sent.due_at))
            case MessageOverdue() as overdue:
                asked = rows.get(WAITING, (overdue.case_id, overdue.message_id))
                if asked is not None:
                    rows.delete(WAITING, (overdue.case_id, overdue.message_id))
                    rows.put(OVERDUE, _overdue(overdue, asked))
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
LISTED = Listing(
    table=OVERDUE,
    order=(ascending("due_time", datetime), ascending("case_id"), ascending("message_id")),
    area="area_path",
    body="body_id",
)


@dataclass(frozen=True, slots=True)
class OverdueReads:
    """`ports.OverdueReads`, answered from the view."""

    views: Views

    def overdue(self, query: PageQuery, reach: Reach, fresh: Fresh) -> tuple[list[OverdueRow], str]:
        """A page of those within reach, the longest overdue first."""
        with fresh.read(self.views, VIEW) as cursor:
            return LISTED.page(cursor, query, reach)


def _waiting(sent: MessageSent, due_at: datetime) -> WaitingRow:
    return WaitingRow(
        case_id=sent.case_id,
        message_id=sent.message_id,
        sender=sent.sender.value,
        area_path=sent.area_path,
        due_time=due_at,
    )


def _overdue(overdue: MessageOverdue, asked: WaitingRow) -> OverdueRow:
    return OverdueRow(
        case_id=overdue.case_id,
        message_id=overdue.message_id,
        sender=asked["sender"],
        addressee=overdue.addressee.value,
        area_path=asked["area_path"],
        body_id=overdue.body_id,
        due_time=overdue.at,
        escalated_path=overdue.escalated_to,
    )
