"""Use cases of receipts: who was erased, or erased somebody, sees which services have forgotten them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.ledger.forgotten import Forgetting, ForgettingCommand, ForgettingEvent, HearErasure
from libs.ledger.recorded import Context
from libs.ledger.streams.stream import Stream, Task
from libs.query.freshness import Fresh
from libs.query.reach import Jurisdiction, Permit
from libs.rules.areas import AreaPath
from libs.rules.receipt_codes import receipt_code
from services.identity.domain import receipt_refusals as refusals
from services.identity.domain.receipt import OpenReceipt, Receipt, ReceiptCommand, ReceiptEvent

ReceiptStream = Stream[ReceiptCommand, Receipt, ReceiptEvent]
ForgettingStream = Stream[ForgettingCommand, Forgetting, ForgettingEvent]


class Digests(Protocol):
    """What is needed of the ledger's keys."""

    def digest(self, purpose: str, text: str) -> str:
        """A digest that nobody makes without our secret: the same for the same purpose and text."""
        ...


class ReceiptReads(Protocol):
    """The receipts by their codes."""

    def subject_of(self, code_digest: str, fresh: Fresh) -> str | None:
        """Whose receipt has this code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """What can be done with receipts; `services` are all that are to forget a person from now on."""

    stream: ReceiptStream
    forgetting: ForgettingStream
    digests: Digests
    reads: ReceiptReads
    services: tuple[str, ...]

    def code_of(self, subject_id: str) -> str:
        """The code that the erased person is given: the same for a repeated request, and stored nowhere."""
        return receipt_code(self.digests.digest("erasure receipt", subject_id))

    def given(self, subject_id: str) -> bool:
        """Whether the erased person has one."""
        return self.stream.load(subject_id).state.erased_at is not None

    def opening(self, subject_id: str, area_path: AreaPath, at: datetime, context: Context) -> list[Task]:
        """What an erasure records beside itself: its receipt."""
        opening = OpenReceipt(
            subject_id=subject_id,
            code_digest=self._kept_as(self.code_of(subject_id)),
            services=self.services,
            area_path=area_path,
            at=at,
        )
        return [(self.stream, subject_id, opening, context)]

    def hearing(self, subject_id: str, at: datetime, context: Context) -> list[Task]:
        """The last that an erasure records: that this service, too, is to forget, if there is a receipt."""
        heard = HearErasure(subject_id=subject_id, at=at, has_receipt=True)
        return [(self.forgetting, subject_id, heard, context)] if self.given(subject_id) else []

    def get(self, subject_id: str, permit: Permit) -> Receipt:
        """The receipt of an erased person. Refuses ERASURE_UNKNOWN."""
        receipt = self.stream.load(subject_id).state
        if receipt.erased_at is None:
            raise refusals.erasure_is_unknown()
        permit(Jurisdiction(area_path=receipt.area_path or None))
        return receipt

    def shown(self, code: str, fresh: Fresh) -> tuple[str, Receipt]:
        """The erased person's id and receipt, for whoever has the code. Refuses ERASURE_UNKNOWN."""
        subject_id = self.reads.subject_of(self._kept_as(code), fresh)
        if subject_id is None:
            raise refusals.erasure_is_unknown()
        return subject_id, self.stream.load(subject_id).state

    def _kept_as(self, code: str) -> str:
        """What is stored of a code."""
        return self.digests.digest("erasure receipt code", code)
