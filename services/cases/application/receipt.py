"""Receipts: how reporters without an account come back to their reports."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from libs.ledger.recorded import Context
from libs.query.freshness import Fresh
from libs.query.throttle import Throttle
from libs.rules.receipt_codes import receipt_code
from services.cases.application import permits
from services.cases.application.case import CaseHandled, CaseRecord, Cases
from services.cases.application.ports import CaseReads
from services.cases.domain import refusals
from services.cases.domain.case.commands import CaseCommand, ConfirmResolution, ContestRejection, ReopenCase

ANSWERS = ConfirmResolution | ReopenCase | ContestRejection
"""What each of several reporters may say about the case in which their reports go on."""


class Digests(Protocol):
    """What is needed of the ledger's keys."""

    def digest(self, purpose: str, text: str) -> str:
        """A digest that nobody makes without our secret: the same for the same purpose and text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The public number and the code that somebody shows, and the network address they call from."""

    public_id: str
    code: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """What can be done with a receipt. Each refuses RECEIPT_REFUSED, and TOO_MANY_ATTEMPTS to who guesses."""

    cases: Cases
    digests: Digests
    reads: CaseReads
    throttle: Throttle

    def code_of(self, case_id: str) -> str:
        """The code of a case: the same for a repeated request, and stored nowhere."""
        return receipt_code(self.digests.digest("receipt", case_id))

    def kept_as(self, code: str) -> str:
        """What is stored of a code."""
        return self.digests.digest("receipt code", code)

    def follow_up(self, shown: Shown, fresh: Fresh) -> CaseRecord:
        """The case, with its texts."""
        with self._case_id(shown, fresh) as case_id:
            record = self.cases.one(case_id)
            permits.for_receipt(self.kept_as(shown.code))(record.state)
            return record

    def reply(self, shown: Shown, command: CaseCommand, context: Context, fresh: Fresh) -> CaseHandled:
        """Do what a reporter may do."""
        check = permits.for_receipt(self.kept_as(shown.code))
        with self._case_id(shown, fresh) as case_id:
            into = self.cases.followed(case_id) if isinstance(command, ANSWERS) else case_id
            if into != case_id:  # the receipt is that of a case that was merged: it proves who they are
                check(self.cases.stream.load(case_id).state)
                check = permits.for_report(case_id)
                if isinstance(command, ReopenCase | ContestRejection):
                    command = replace(command, subject=case_id)  # theirs, not the other reporter's words
            return self.cases.act(into, command, context, check, "")

    @contextmanager
    def _case_id(self, shown: Shown, fresh: Fresh) -> Iterator[str]:
        """The case of a public number, for one try with a code; a code that is refused counts as a guess."""
        with self.throttle.attempt(shown.public_id, shown.address) as attempt:
            row = self.reads.public(shown.public_id, fresh)
            if row is None:
                raise refusals.receipt_refused()
            yield row["case_id"]
            attempt.succeeded = True
