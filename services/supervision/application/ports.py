"""What supervision's application needs from its views and its inbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from libs.query.freshness import Fresh
from libs.query.paging import Page, ascending
from services.supervision.application.scoreboard import Question, Score
from services.supervision.domain.values import Named

OPEN_ORDER = (ascending("opened_at", datetime), ascending("case_id"))
"""The case that has been open longest comes first."""

Name = tuple[str, str]
"""Chinese, English; one of them may be empty."""


@dataclass(frozen=True, slots=True)
class FreshOfCases(Fresh):
    """What an answer must show of cases, too: `cases_at_least` is a revision of the cases service."""

    cases_at_least: str = ""


class Reads(Protocol):
    """Questions to the views. All raise `ViewBehind` when they do not get as far as asked in time."""

    def heard(self, fresh: FreshOfCases) -> Fresh:
        """Wait until the events of cases are noted; answers what is left to wait for in the views."""

    def count(self, question: Question, fresh: Fresh) -> tuple[Sequence[Score], int]:
        """The groups of a scoreboard, and the position of the cases service up to which they count."""

    def longest_open(
        self, filter_text: str, page: Page, fresh: Fresh
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        """A page of open cases, the earliest opened first, and the token of the next."""

    def case_of(self, public_id: str) -> str | None:
        """The case with a public number."""

    def path_of(self, named: Named, subject_id: str) -> str | None:
        """Where a thing stands in its tree; None if it is not known."""

    def ids_below(self, named: Named, path: str) -> Sequence[str]:
        """The thing at a path and all below it."""

    def called(self, wanted: Mapping[Named, Sequence[str]]) -> Mapping[Named, Mapping[str, Name]]:
        """What things are called, as far as known."""
