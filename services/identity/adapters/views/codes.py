"""Which one-time codes are to be sent, and which addresses are to be forgotten?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from services.identity.domain.code import CodeNotSent, CodeRequested, CodeSent, CodeUsed
from services.identity.domain.code_hour import AddressesForgotten, over_at


class CodeRow(TypedDict):
    """A code that nobody has sent. `address_id`: the stream of its address."""

    code_id: str
    address_id: str
    requested_at: datetime


class HourRow(TypedDict):
    """An hour of codes, and when all of them count no more."""

    keeping: str
    over_at: datetime


CODES = Table.of("codes", CodeRow, key=("code_id",), indexes=("requested_at",))
HOURS = Table.of("hours", HourRow, key=("keeping",), indexes=("over_at",))
_DUE = "SELECT code_id, address_id FROM codes ORDER BY requested_at LIMIT %s"
_OVER = "SELECT keeping FROM hours WHERE over_at <= %s ORDER BY over_at"


class CodesView(View):
    """One row for each code that waits, and for each hour whose addresses are known."""

    name = "codes"
    tables = (CODES, HOURS)

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """What was sent, or used, waits no more."""
        match recorded.event:
            case CodeRequested() as event:
                row = CodeRow(
                    code_id=event.code_id, address_id=recorded.subject_id, requested_at=event.requested_at
                )
                rows.put(CODES, row)
                rows.put(HOURS, HourRow(keeping=event.keeping, over_at=over_at(event.requested_at)))
            case CodeSent() | CodeNotSent() | CodeUsed() as event:
                rows.delete(CODES, event.code_id)
            case AddressesForgotten() as event:
                rows.delete(HOURS, event.keeping)
            case _:
                pass


VIEW = CodesView()


@dataclass(frozen=True, slots=True)
class CodeReads:
    """`join_ports.CodeReads`, answered from the view."""

    views: Views

    def due(self, limit: int) -> Sequence[tuple[str, str]]:
        """Codes that nobody has sent, the oldest first: the id of each, and the stream of its address."""
        with self.views.read(VIEW.name) as cursor:
            return [(row["code_id"], row["address_id"]) for row in cursor.execute(_DUE, (limit,))]

    def over(self, now: datetime) -> Sequence[str]:
        """Hours of which no code counts any more."""
        with self.views.read(VIEW.name) as cursor:
            return [row["keeping"] for row in cursor.execute(_OVER, (now,))]
