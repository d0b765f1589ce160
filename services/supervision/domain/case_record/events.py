"""What can happen to a case record: facts of the cases service, as noted here, and ratings.

Each noted fact has its `origin`; when it was noted stands in the metadata. The facts are declared here and
not taken from what cases publishes: the ledger of supervision must not change with a neighbour's contract.
"""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from services.supervision.domain.case_record import merges, pause_requests
from services.supervision.domain.values import ClockKind, MomentKind, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningNoted:
    """A case was opened. The due moments are those promised then; None where nothing was promised."""

    case_id: str
    public_id: str
    affair_id: str
    area_path: AreaPath
    channel: str
    anonymous: bool
    assisted: bool
    origin: Origin
    reporter_id: str | None = None
    external_system: str | None = None
    external_number: str | None = None
    first_response_due_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingNoted:
    """The responsibility in force named the body that must answer."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOwnerNoted:
    """No responsibility covers the matter."""

    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptanceNoted:
    """The body accepted the case."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnNoted:
    """The body sent the case back."""

    body_id: str
    origin: Origin
    response_void: bool = False  # it had responded first: nobody has, now


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationNoted:
    """Sent back too often: the area one up decides who must answer."""

    area_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignmentNoted:
    """A dispatcher named the body that must answer."""

    from_body_id: str | None
    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkNoted:
    """The body began."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNoted:
    """Work waits for something outside the body; the resolution clock stands still."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseNoted:
    """A pause was used up: the case still waits, but is due, later by the time of the pause."""

    body_id: str
    due_at: datetime | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumptionNoted:
    """Work goes on; the case is due later by the time of the pause."""

    body_id: str
    due_at: datetime | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNoted:
    """The body wrote to the reporter."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkNoted:
    """Somebody wrote something down, for colleagues or to the reporter."""

    to_reporter: bool
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionNoted:
    """The body said that the matter is dealt with."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationNoted:
    """The reporter said so, too."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingNoted:
    """The case ended after its resolution."""

    body_id: str
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalNoted:
    """The reporter took the case back."""

    body_id: str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionNoted:
    """A dispatcher found that it is not a matter for this community."""

    body_id: str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestNoted:
    """The reporter objected to the rejection. `responded`: a body had answered before."""

    responded: bool
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopeningNoted:
    """The case was taken up again; its clocks go on as if they had never stopped."""

    body_id: str
    by_reporter: bool
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningNoted:
    """Three quarters of a limit were used up."""

    clock: ClockKind
    body_id: str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachNoted:
    """A limit was used up."""

    clock: ClockKind
    body_id: str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulmentNoted:
    """A warning or a breach was recorded too early, by a wrong clock: it counts as never recorded."""

    clock: ClockKind
    moment: MomentKind
    body_id: str | None
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRated:
    """Somebody said how well the closed case was dealt with, 1 (badly) to 5 (very well)."""

    rater_id: str
    stars: int
    by_reporter: bool
    body_id: str
    affair_id: str
    area_path: AreaPath
    at: datetime
    comment: Personal | None = None


# Requests for pauses beyond their limit, and what was decided, stand in `pause_requests.py`.
PauseRequestFact = pause_requests.PauseRequestFact
PauseRequestNoted = pause_requests.PauseRequestNoted
PauseApprovalNoted = pause_requests.PauseApprovalNoted
PauseRefusalNoted = pause_requests.PauseRefusalNoted
PauseRequestLapseNoted = pause_requests.PauseRequestLapseNoted
OfRequest = pause_requests.OfRequest

# What is noted when two cases are about the same matter stands in `merges.py`.
MergeNoted = merges.MergeNoted
UnmergeNoted = merges.UnmergeNoted
DuplicateNoted = merges.DuplicateNoted
SeparationNoted = merges.SeparationNoted

Step = (
    RoutingNoted
    | NoOwnerNoted
    | AcceptanceNoted
    | ReturnNoted
    | AdjudicationNoted
    | ReassignmentNoted
    | WorkNoted
    | PauseNoted
    | LapseNoted
    | ResumptionNoted
    | AnswerNoted
    | RemarkNoted
    | ResolutionNoted
    | ConfirmationNoted
    | ClosingNoted
    | WithdrawalNoted
    | RejectionNoted
    | ContestNoted
    | ReopeningNoted
    | WarningNoted
    | BreachNoted
    | AnnulmentNoted
    | OfRequest
    | MergeNoted
    | UnmergeNoted
    | DuplicateNoted
    | SeparationNoted
)
"""What happens to a case after its opening."""

CaseFact = OpeningNoted | Step
"""What was noted of a case."""

CaseRecordEvent = CaseFact | CaseRated
