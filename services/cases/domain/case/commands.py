"""What can be asked of a case. Imperative; the moment, the ids and the facts known come along.

Each command has `at`: now, or in imported history when it happened then. Why staff asked for
something is not here: their reasons stand in the metadata, the rules do not depend on them. Why a
reporter did is in their own words, personal data, and can be erased.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from libs.rules.areas import AreaPath
from libs.rules.routing import Responsibility
from libs.rules.working_time import Counting
from services.cases.domain.attached import Attached
from services.cases.domain.case import merges_asked, pause_requests
from services.cases.domain.case.terms import CaseTerms
from services.cases.domain.clocks import ClockKind, Commitment, MomentKind
from services.cases.domain.escalation import Tree
from services.cases.domain.values import Attachment, Channel, EvidenceReference, ExternalReference, Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was known when a report came in: all that locating, routing and promising need.

    `known` is the ledger position of the newest fact; `responsibilities` are those of the
    affairs on `affair_path`, whether they turn out to be in force or not. `tree` are the areas
    of the place with their levels, from the top; `redrawn` if other boundaries put it elsewhere.
    """

    affair_path: str
    area_path: AreaPath
    anonymous_allowed: bool
    responsibilities: tuple[Responsibility, ...]
    commitment: Commitment | None
    terms: CaseTerms
    calendar: Counting | None
    known: int
    tree: Tree = ()
    redrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """Take in a report, and route it; `reporter_known` tells whether such a resident is registered."""

    case_id: str
    public_id: str
    channel: Channel
    facts: Facts
    at: datetime
    reporter_known: bool
    imported: bool = False
    reporter_id: str | None = None
    anonymous: bool = False
    assisted: bool = False
    external: ExternalReference | None = None
    receipt: str | None = None
    follows: str | None = None
    attachments: tuple[Attachment, ...] = ()
    point: Point | None = field(default=None, repr=False)
    description: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptCase:
    """The body takes it."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCase:
    """The body sends it back; `calendars` (by id) count how long the next area up may take, if it decides."""

    calendars: Mapping[str, Counting] = field(default_factory=dict)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignCase:
    """A dispatcher names a body, and says by what right; `body_known` tells whether such a body exists.

    `item_id` is the item of the responsibility list that they cite, and `cited` the version of it that is
    in force, if there is one.
    """

    body_id: str
    body_known: bool
    item_id: str = ""
    cited: Responsibility | None = None
    legal_basis: str = ""
    calendars: Mapping[str, Counting] = field(default_factory=dict)  # count a pause that it ends
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWork:
    """The body begins."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseCase:
    """Work must wait for something outside the body, for a reason of the list. `calendars` count it."""

    reason_code: str
    calendars: Mapping[str, Counting] = field(default_factory=dict)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeCase:
    """Work goes on; `calendars` (by id) count the time of the pause."""

    calendars: Mapping[str, Counting] = field(default_factory=dict)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReporter:
    """The body writes to the reporter."""

    text: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    """Write something down, for colleagues or the reporter."""

    text: str = field(repr=False)
    to_reporter: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveCase:
    """The body says it is dealt with, by an outcome of the affair's list, and shows it.

    `attached`: the files of the conversations about the case and its duplicates.
    """

    outcome_code: str
    evidence: tuple[EvidenceReference, ...] = ()
    attached: tuple[Attached, ...] = ()
    outcome: str = field(default="", repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmResolution:
    """The reporter says it is dealt with."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase:
    """End it, after its confirmation."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCase:
    """The reporter takes it back."""

    reason: str = field(default="", repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectCase:
    """A dispatcher says: not a matter for this community, for a reason of the list."""

    reason_code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestRejection:
    """The reporter objects to the rejection, and says why (under the key of `subject`, if not the case's)."""

    subject: str = ""
    calendars: Mapping[str, Counting] = field(default_factory=dict)
    reason: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase:
    """Take it up again: the reporter objects (`reason`, under the key of `subject`), or staff thinks so."""

    subject: str = ""
    by_reporter: bool
    imported: bool
    reason: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassMoments:
    """Let the moments of the clocks before `at` pass."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulMoment:
    """Take back a moment that passed before it was due, because the clock of a machine was wrong."""

    clock: ClockKind
    moment: MomentKind
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeEscalation:
    """Somebody of a level that was told says that they know."""

    clock: ClockKind
    level: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCase:
    """Imported history is complete up to `at`: hand the case to the running clocks."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseContent:
    """Forget for good what the case tells, where no registered person can be forgotten instead."""

    at: datetime


# Requests for pauses beyond their limit, and what is decided, stand in `pause_requests.py`.
RequestPause = pause_requests.RequestPause
ApprovePause = pause_requests.ApprovePause
RefusePause = pause_requests.RefusePause

# What is asked of two cases that are about the same matter stands in `merges_asked.py`.
MergeCase = merges_asked.MergeCase
AddDuplicate = merges_asked.AddDuplicate
UnmergeCase = merges_asked.UnmergeCase
RemoveDuplicate = merges_asked.RemoveDuplicate

CaseCommand = (
    OpenCase | AcceptCase | ReturnCase | ReassignCase | StartWork | PauseCase | ResumeCase | RequestPause
    | ApprovePause | RefusePause | AnswerReporter | AddNote | ResolveCase | ConfirmResolution | CloseCase
    | WithdrawCase | RejectCase | ContestRejection | ReopenCase | PassMoments | AnnulMoment
    | AcknowledgeEscalation | ReleaseCase | EraseContent | MergeCase | AddDuplicate | UnmergeCase
    | RemoveDuplicate
)  # fmt: skip

COUNTED = ReturnCase | PauseCase | ResumeCase | RequestPause | ApprovePause | ContestRejection
"""The commands that count working time, and need no more of what is known than the calendars."""


def rpc_of(command: CaseCommand) -> str:
    """The rpc by which callers know the command; `PassMoments` has none."""
    match command:
        case ReopenCase(by_reporter=True):
            return "ObjectToResolution"
        case ContestRejection():
            return "ObjectToRejection"
        case ReleaseCase():
            return "FinishImport"
        case EraseContent():
            return "EraseCaseContent"
        case MergeCase() | AddDuplicate():
            return "MergeCases"
        case RemoveDuplicate():
            return "UnmergeCase"
        case _:
            return type(command).__name__
