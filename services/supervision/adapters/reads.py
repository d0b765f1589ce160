"""Answers the application's questions from the views."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from libs.ledger.revision import Revision, parse_revision
from libs.ledger.store.ledger import Ledger
from libs.ledger.views.view import ViewBehind, Views
from libs.query.freshness import Fresh
from libs.query.paging import Page
from services.supervision.adapters.views import scoreboard
from services.supervision.adapters.views.case_facts import CaseFacts
from services.supervision.adapters.views.longest_open import longest_open
from services.supervision.adapters.views.names import Names
from services.supervision.application.ports import FreshOfCases, Name
from services.supervision.application.scoreboard import Question, Score
from services.supervision.domain.values import Named

_LOOK_AGAIN = 0.25  # seconds: a position may move without an event of our own


class ViewReads:
    """`application.ports.Reads` over the views `case_facts` and `names`.

    `cases` is the name of the source whose revisions callers give as `cases_at_least`.
    """

    def __init__(self, ledger: Ledger, views: Views, cases: str) -> None:
        self._ledger = ledger
        self._views = views
        self._cases = cases
        self._facts = CaseFacts()
        self._names = Names()

    def heard(self, fresh: FreshOfCases) -> Fresh:
        """Wait until the events of cases are noted; answers what is left to wait for in the views.

        The position is stored in the transaction of its effects: whoever sees it finds them below the head.
        """
        if not fresh.cases_at_least:
            return fresh
        wanted = parse_revision(fresh.cases_at_least, "cases_at_least").position
        own = parse_revision(fresh.at_least).position if fresh.at_least else 0
        deadline = time.monotonic() + fresh.patience
        while True:
            head = self._ledger.head()
            reached = self._ledger.checkpoint(self._cases)
            left = deadline - time.monotonic()
            if reached >= wanted:
                at_least = Revision(max(own, self._ledger.head()), 0)
                return Fresh(at_least=str(at_least), patience=max(left, 0))
            if left <= 0:
                raise ViewBehind("case_facts", wanted, reached)
            self._ledger.wait(head, min(left, _LOOK_AGAIN))

    def count(self, question: Question, fresh: Fresh) -> tuple[Sequence[Score], int]:
        """The groups of a scoreboard, and the position of cases up to which they count: one snapshot."""
        with self._views.read("case_facts", fresh.at_least, fresh.patience) as cursor:
            scores = scoreboard.count(cursor, question)
            return scores, self._facts.counted_until(cursor, self._cases)

    def longest_open(
        self, filter_text: str, page: Page, fresh: Fresh
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        """A page of open cases, the earliest opened first."""
        with self._views.read("case_facts", fresh.at_least, fresh.patience) as cursor:
            return longest_open(cursor, filter_text, page)

    def case_of(self, public_id: str) -> str | None:
        """The case with a public number."""
        with self._views.read("case_facts") as cursor:
            return self._facts.case_of(cursor, public_id)

    def path_of(self, named: Named, subject_id: str) -> str | None:
        """Where a thing stands in its tree."""
        with self._views.read("names") as cursor:
            return self._names.path_of(cursor, named, subject_id)

    def ids_below(self, named: Named, path: str) -> Sequence[str]:
        """The thing at a path and all below it."""
        with self._views.read("names") as cursor:
            return self._names.ids_below(cursor, named, path)

    def called(self, wanted: Mapping[Named, Sequence[str]]) -> Mapping[Named, Mapping[str, Name]]:
        """What things are called."""
        with self._views.read("names") as cursor:
            return {named: self._names.called(cursor, named, ids) for named, ids in wanted.items()}
