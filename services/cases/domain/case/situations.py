"""The situations a case can be in. How events lead from one to the next stands in `evolve.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from libs.rules.areas import AreaPath
from services.cases.domain.attached import Attached, not_of
from services.cases.domain.case.merges_made import Report
from services.cases.domain.case.terms import CaseTerms
from services.cases.domain.clocks import Clock, Deadline
from services.cases.domain.values import CaseState, Channel, ExternalReference, PauseDecision


class Adjudication(Enum):
    """Whether the next area up decides who must answer."""

    NONE = "none"
    OPEN = "open"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequest:
    """A pause beyond the limit that a body has requested, and what became of it; `decided_at` is when.

    It waits for a decision until `decide_by`, and is void as soon as the body needs it no more.
    """

    pause_id: str
    body_id: str
    reason_code: str
    until: datetime
    area_path: AreaPath
    decide_by: datetime
    requested_by: str
    at: datetime
    decision: PauseDecision = PauseDecision.PENDING
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A case that was merged into this one: who reported it, since when, its clocks as they stood then."""

    case_id: str
    public_id: str
    reports: tuple[Report, ...]
    since: datetime
    clocks: tuple[Clock, ...]
    pauses: tuple[tuple[datetime, datetime], ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """What stays with a case whatever its situation. No personal data: that is read from the events."""

    case_id: str
    public_id: str
    affair_id: str
    area_path: AreaPath
    channel: Channel
    affair_path: str  # the affair and those above it, from the top, as routed
    reporter_id: str | None
    anonymous: bool
    assisted: bool
    external: ExternalReference | None
    opened_at: datetime
    acted_at: datetime  # when something happened last, moments of the clocks aside
    clocks: tuple[Clock, ...]
    held: bool  # imported history: the running clocks do not look after it yet
    terms: CaseTerms
    deciding_path: AreaPath  # the area whose dispatchers decide who must answer
    adjudication: Adjudication = Adjudication.NONE
    receipt: str | None = None  # the digest of the code by which a reporter without an account comes back
    follows: str | None = None  # the case of an earlier incident of the same sensor
    answered_by: str | None = None  # the body whose first answer counts
    resolved_by: str | None = None  # the body that said last that it is dealt with
    pauses: tuple[tuple[datetime, datetime], ...] = ()  # those that are over: from and until
    approved_pauses: tuple[tuple[datetime, datetime], ...] = ()  # the same, of those that needed approval
    pause_requests: tuple[PauseRequest, ...] = ()  # all of them, the oldest first
    evidence: frozenset[str] = frozenset()  # the digests of what was reported with, or shown as such
    attached: tuple[Attached, ...] = ()  # the files of answers and objections
    contested: bool = False  # the reporter has objected to a rejection
    returns: int = 0
    reopenings: int = 0
    notes: int = 0
    content_erased: bool = False
    duplicates: tuple[Duplicate, ...] = ()
    own_clocks: tuple[Clock, ...] = ()  # those without any duplicate, as they stood at `own_at`
    own_at: datetime | None = None  # when the first duplicate came; None while there is none

    @property
    def reports(self) -> tuple[Report, ...]:
        """Who reported the matter: this case's own report, and those of the cases merged into it."""
        own = Report(
            case_id=self.case_id,
            reporter_id=self.reporter_id,
            receipt=self.receipt,
            public_id=self.public_id,
        )
        return (own, *(report for each in self.duplicates for report in each.reports))

    @property
    def pause_request(self) -> PauseRequest | None:
        """The request for a pause that waits for a decision; there is one at most, the newest."""
        newest = self.pause_requests[-1] if self.pause_requests else None
        return newest if newest and newest.decision is PauseDecision.PENDING else None

    @property
    def pauses_of_all(self) -> tuple[tuple[datetime, datetime], ...]:
        """The pauses that count together: those of this case, and of the cases merged into it."""
        return (*self.pauses, *(pause for each in self.duplicates for pause in each.pauses))

    def shown_before(self, body_id: str | None, also: Iterable[Attached] = ()) -> frozenset[str]:
        """The digests that count no more as evidence of a body; `also`: what else was attached."""
        return self.evidence | not_of(body_id, (*self.attached, *also))

    @property
    def subject(self) -> str:
        """Under whose key the personal data of this case is kept."""
        return self.reporter_id or self.case_id

    @property
    def reporter_reads(self) -> bool:
        """Whether what is written to the reporter can reach them: by their account, or their receipt."""
        return any(each.reporter_id is not None or each.receipt is not None for each in self.reports)

    @property
    def last_at(self) -> datetime:
        """When something happened last, a moment of a clock included."""
        passed = (clock.last_passed_at for clock in self.clocks)
        return max((self.acted_at, *(at for at in passed if at is not None)))


@dataclass(frozen=True, slots=True)
class NotOpened:
    """Nothing has happened yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """Taken in; nobody answers for it."""

    file: CaseFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """A body must answer, and has not yet."""

    file: CaseFile
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The body took it; work has not begun."""

    file: CaseFile
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """The body is at work."""

    file: CaseFile
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Work waits; the resolution clock stands still since `paused_at`, unless the pause has lapsed.

    It lapses at `until` (never, in older events), with the resolution due as in `later`.
    """

    file: CaseFile
    body_id: str
    paused_at: datetime
    warn_at: datetime | None
    until: datetime | None
    later: Deadline | None
    lapsed: bool = False
    approved: bool = False  # beyond the limit of pauses, and by approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The body says it is dealt with; the reporter is asked. Without an answer it closes by itself."""

    file: CaseFile
    body_id: str
    outcome_code: str
    confirm_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The reporter says so, too. It is closed by `confirm_until`, or before if nobody else is asked.

    `by_all`: nobody else had reported the matter then. One of several does not confirm it for the others,
    even if they are given back since.
    """

    file: CaseFile
    body_id: str
    outcome_code: str
    confirm_until: datetime
    by_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Ended after its resolution. It may be reopened for a while (for ever, in older events)."""

    file: CaseFile
    body_id: str
    outcome_code: str
    ended_at: datetime
    reopen_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Ended: not a matter for this community. The reporter may object for a while."""

    file: CaseFile
    body_id: str | None
    ended_at: datetime
    reopen_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Ended: taken back by the reporter."""

    file: CaseFile
    body_id: str | None
    ended_at: datetime


Unresolved = Submitted | Routed | Accepted | InProgress | Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """It goes on in another case. `before` is where it stood: there it goes on if it is given back."""

    file: CaseFile
    body_id: str | None
    into_case_id: str
    into_public_id: str
    ended_at: datetime
    before: Unresolved


Opened = (
    Submitted
    | Routed
    | Accepted
    | InProgress
    | Waiting
    | Resolved
    | Confirmed
    | Closed
    | Rejected
    | Withdrawn
    | Merged
)
Case = NotOpened | Opened


def body_of(state: Opened) -> str | None:
    """The body that must answer, or answered last; None if none ever did."""
    return None if isinstance(state, Submitted) else state.body_id


STATE_OF: dict[type, CaseState] = {
    Submitted: CaseState.SUBMITTED,
    Routed: CaseState.ROUTED,
    Accepted: CaseState.ACCEPTED,
    InProgress: CaseState.IN_PROGRESS,
    Waiting: CaseState.WAITING,
    Resolved: CaseState.RESOLVED,
    Confirmed: CaseState.CONFIRMED,
    Closed: CaseState.CLOSED,
    Rejected: CaseState.REJECTED,
    Withdrawn: CaseState.WITHDRAWN,
    Merged: CaseState.MERGED,
}
"""What each situation is called."""
