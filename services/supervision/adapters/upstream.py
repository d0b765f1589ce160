"""Waits until what the cases service published has been noted here."""

import time
from dataclasses import dataclass

from libs.ledger.revision import parse_revision
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.view import ViewBehind
from libs.query.freshness import Fresh
from services.supervision.adapters.views import case_facts
from services.supervision.application.ports import FreshOfCases

_LOOK_AGAIN = 0.25  # seconds: a position may move without an event of our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """`ports.Upstream` over the positions of the inbox; `cases` is the name of the cases service's events."""

    ledger: Ledger
    cases: str

    def heard(self, fresh: FreshOfCases) -> Fresh:
        """Wait until the events of cases are noted; answers what is left to wait for in the views.

        The position is stored in the transaction of its effects: whoever sees it finds them below the head.
        """
        if not fresh.cases_at_least:
            return fresh
        wanted = parse_revision(fresh.cases_at_least, "cases_at_least").position
        own = self.ledger.seen(fresh.at_least).position
        deadline = time.monotonic() + fresh.patience
        while True:
            head = self.ledger.head()
            reached = self.ledger.checkpoint(self.cases)
            left = deadline - time.monotonic()
            if reached >= wanted:
                at_least = self.ledger.revision(max(own, self.ledger.head()))
                return Fresh(at_least=at_least, patience=max(left, 0), aside=fresh.aside)
            if left <= 0:
                raise ViewBehind(case_facts.VIEW.name, wanted, reached)
            with fresh.aside():
                self.ledger.wait(head, min(left, _LOOK_AGAIN))
