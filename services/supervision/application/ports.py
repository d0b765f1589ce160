"""What supervision's application needs from outside: its views, and how far cases has been heard."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol, TypedDict

from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from libs.rules.areas import NOWHERE, AreaPath
from services.supervision.domain.metrics import Score
from services.supervision.domain.values import Named

Name = tuple[str, str]
"""Chinese, English; one of them may be empty."""


@dataclass(frozen=True, slots=True)
class FreshOfCases(Fresh):
    """What an answer must show of cases, too: `cases_at_least` is a revision of the cases service."""

    cases_at_least: str = ""


class Upstream(Protocol):
    """How far has the cases service been heard?"""

    def heard(self, fresh: FreshOfCases) -> Fresh:
        """Wait until the events of cases are noted; answers what is left to wait for in the views.

        Raises `ViewBehind` when they are not noted in time.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Areas that have ended, by their paths: where those count that do elsewhere now, and all of them."""

    moved: Mapping[str, str] = field(default_factory=dict)
    paths: frozenset[str] = frozenset()


class SuccessionReads(Protocol):
    """What became of areas."""

    def ended(self, at: datetime, fresh: Fresh) -> Ended:
        """The areas that have ended by a moment."""
        ...


class Grouping(Enum):
    """What the rows of a scoreboard stand for."""

    ALL = "all"
    BODY = "body"
    AFFAIR = "affair"
    AREA = "area"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which cases count; a part that is None or empty selects all.

    `area_path`: this area and all below it. `opened_from` <= opened < `opened_until`.
    """

    area_path: AreaPath = NOWHERE
    body_id: str = ""
    affair_ids: tuple[str, ...] | None = None
    opened_from: datetime | None = None
    opened_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A scoreboard that somebody wants. `judged_at`: when open cases are overdue or not."""

    group_by: Grouping
    judged_at: datetime
    area_depth: int = 0
    selection: Selection = field(default_factory=Selection)
    moved: Mapping[str, str] = field(default_factory=dict)
    """By the path of an area that has ended: where its cases count. Else they count where they lie."""
    drawn_at: datetime | None = None
    """By the boundaries of which moment they lie where they do; None: by those of their opening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The groups of a scoreboard, up to which position of cases they count, and whether exactly."""

    scores: Sequence[Score]
    position: int
    exact: bool


class OpenCase(TypedDict):
    """A case as lists show it."""

    case_id: str
    public_id: str
    state: str
    body_id: str | None
    affair_id: str
    area_path: AreaPath
    channel: str
    opened_at: datetime
    due_at: datetime | None
    returns: int
    reopenings: int


class CaseFactReads(Protocol):
    """How does each case stand? All raise `ViewBehind` when the view does not get as far as asked in time.

    `exact`: a case lies in the most precise area that is known of it, else in what the public sees of that.
    """

    def count(self, question: Question, fresh: Fresh, exact: Callable[[Sequence[AreaPath]], bool]) -> Counted:
        """What a question comes to, by one snapshot.

        `exact` is asked whether these cases are counted exactly, and by `drawn_at`, with the areas in which
        those were opened that lie in the area asked for by the boundaries of that moment only.
        """
        ...

    def longest_open(
        self, query: ListQuery, reach: Reach, fresh: Fresh, *, exact: bool
    ) -> tuple[Sequence[OpenCase], str]:
        """A page of open cases, the earliest opened first, and the token of the next."""
        ...

    def public_area(self, area_path: AreaPath) -> AreaPath:
        """What the public sees of an area: itself, or the community of a grid cell."""
        ...

    def case_of(self, public_id: str) -> str | None:
        """The case with a public number."""
        ...


class NameReads(Protocol):
    """What are areas, bodies and affairs called, and where do they stand in their trees?"""

    def path_of(self, named: Named, subject_id: str) -> str | None:
        """Where a thing stands in its tree; None if it is not known."""
        ...

    def ids_below(self, named: Named, path: str) -> Sequence[str]:
        """The thing at a path and all below it."""
        ...

    def called(self, wanted: Mapping[Named, Sequence[str]]) -> Mapping[Named, Mapping[str, Name]]:
        """What things are called, as far as known."""
        ...
