"""Whose erasure does a receipt's code belong to?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from libs.ledger.recorded import Recorded
from libs.ledger.views.view import Rows, Table, View, Views
from libs.query.freshness import Fresh
from services.identity.domain.receipt import ReceiptOpened


class ReceiptRow(TypedDict):
    """An erasure, by what is kept of its code."""

    code_digest: str
    subject_id: str
    erased_at: datetime


RECEIPTS = Table.of("receipts", ReceiptRow, key=("code_digest",))


class ErasureReceipts(View):
    """One row for each receipt."""

    name = "erasure_receipts"
    of_streams = "receipt"
    tables = (RECEIPTS,)

    def keys(self, recorded: Recorded[Any]) -> tuple[()]:  # the same for all
        """None: nothing is looked at before it is written."""
        return ()

    def fold(self, recorded: Recorded[Any], rows: Rows) -> None:
        """Put what was opened."""
        match recorded.event:
            case ReceiptOpened() as event:
                row = ReceiptRow(
                    code_digest=event.code_digest, subject_id=event.subject_id, erased_at=event.erased_at
                )
                rows.put(RECEIPTS, row)
            case _:
                pass


VIEW = ErasureReceipts()


@dataclass(frozen=True, slots=True)
class ReceiptReads:
    """`receipt.ReceiptReads`, answered from the view."""

    views: Views

    def subject_of(self, code_digest: str, fresh: Fresh) -> str | None:
        """Whose receipt has this code."""
        with fresh.read(self.views, VIEW) as cursor:
            select = "SELECT subject_id FROM receipts WHERE code_digest = %s"
            row = cursor.execute(select, (code_digest,)).fetchone()
        return None if row is None else str(row["subject_id"])
