"""What can happen to a case. Past tense, facts only; who did it and why stands in the metadata.

Read it after `terms.py`, then `situations.py`. Every event has the moment `at` which it happened (UTC).
"""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.personal import Personal
from libs.rules.areas import AreaPath
from libs.rules.routing import Decision
from services.cases.domain.case import alarms_raised, merges_made, pause_requests
from services.cases.domain.case.terms import CaseTerms
from services.cases.domain.clocks import Deadline
from services.cases.domain.values import (
    Attachment,
    Channel,
    Closing,
    EvidenceReference,
    ExternalReference,
    Point,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """A report was taken in. The clocks start now, whoever will have to answer."""

    case_id: str
    public_id: str
    affair_id: str
    area_path: AreaPath
    channel: Channel
    at: datetime
    deadlines: tuple[Deadline, ...] = ()
    reporter_id: str | None = None
    anonymous: bool = False
    assisted: bool = False
    imported: bool = False  # history: held from the running clocks until released
    external: ExternalReference | None = None
    point: Point | None = None  # only in older events: it outlives an erasure
    place: Personal | None = None  # the exact point, `in_words`
    description: Personal | None = None
    address: Personal | None = None
    contact: Personal | None = None
    terms: CaseTerms | None = None  # by which it is worked on and ends; not in older events
    receipt: str | None = None  # the digest of the code by which a reporter without an account comes back
    follows: str | None = None  # the case of an earlier incident of the same sensor
    attachments: tuple[Attachment, ...] = ()
    redrawn: bool | None = None  # by boundaries of other moments; None: not asked, in older events


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRouted:
    """The responsibility in force named the body that must answer."""

    body_id: str
    decision: Decision
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseUnowned:
    """No responsibility covers the matter: the dispatchers of `deciding_path`, the district, name a body."""

    decision: Decision
    at: datetime
    deciding_path: AreaPath | None = None  # not in older events: the area of the case


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAccepted:
    """The body said: this is ours."""

    body_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReturned:
    """The body said: this is not ours. `returns` counts them."""

    body_id: str
    returns: int
    at: datetime
    response_void: bool = False  # it had answered first: now nobody has, and that clock runs on


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicationOpened:
    """Returned once too often: the dispatchers of `area_path`, one up, decide from now on, until a limit."""

    area_path: AreaPath
    at: datetime
    deadline: Deadline | None = None  # where something is promised


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReassigned:
    """A dispatcher named the body that must answer, by an item of the list or another legal basis."""

    from_body_id: str | None
    body_id: str
    at: datetime
    item_id: str | None = None
    item_version: int = 0
    legal_basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStarted:
    """The body began."""

    body_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePaused:
    """Work waits for something outside the body; the resolution clock stands still, until `until` at most."""

    body_id: str
    at: datetime
    reason_code: str = ""
    warn_at: datetime | None = None
    until: datetime | None = None
    resolution: Deadline | None = None  # if all of the pause is used
    pause_id: str = ""  # the request that was approved; none was needed within the limit


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseWarned:
    """Three quarters of a pause are used up."""

    body_id: str
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseLapsed:
    """A pause is used up: work still waits, but the resolution clock runs on."""

    body_id: str
    resolution: Deadline | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResumed:
    """Work goes on; the resolution deadline is later by the time of the pause."""

    body_id: str
    resolution: Deadline | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """Somebody wrote something down, for colleagues or to the reporter."""

    note_id: str
    text: Personal
    to_reporter: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterAnswered:
    """The body that has the case wrote to the reporter, who can read it: a first response."""

    note_id: str
    body_id: str
    text: Personal
    at: datetime
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResolved:
    """The body said: this is dealt with, and showed it. The reporter is asked until `confirm_until`."""

    body_id: str
    on_time: bool
    outcome: Personal | None  # what was done, in words
    at: datetime
    outcome_code: str = ""  # of the affair's list
    evidence: tuple[EvidenceReference, ...] = ()
    confirm_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseConfirmed:
    """The reporter said: this is dealt with."""

    body_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """The case ended after its resolution. It may be reopened until `reopen_until`."""

    body_id: str
    at: datetime
    cause: Closing = Closing.HISTORY
    reopen_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWithdrawn:
    """The reporter took it back. `reason` in their words (in older events it stands in the metadata)."""

    body_id: str | None
    at: datetime
    reason: Personal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRejected:
    """A dispatcher found, for a reason of the list, that it is not a matter for this community.

    The reporter may object until `reopen_until`.
    """

    body_id: str | None
    at: datetime
    reason_code: str = ""
    reopen_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionContested:
    """The reporter objected: the next area up decides who must answer. The clocks go on.

    `responded`: a body had answered first before the rejection. `reason` in the reporter's words.
    """

    responded: bool
    at: datetime
    reason: Personal | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened:
    """Taken up again. The clocks go on as if they had never stopped. `reason` in the reporter's words."""

    body_id: str
    by_reporter: bool
    imported: bool
    at: datetime
    reason: Personal | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReleased:
    """Imported history is complete up to `at`: from now on the running clocks look after the case."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseContentErased:
    """The key of the case itself is destroyed: what was kept under it can be read no more."""

    case_id: str
    at: datetime


# Requests for pauses beyond their limit, and what is decided, stand in `pause_requests.py`.
PauseRequested = pause_requests.PauseRequested
PauseApproved = pause_requests.PauseApproved
PauseRefused = pause_requests.PauseRefused
PauseRequestLapsed = pause_requests.PauseRequestLapsed

# What the clocks say, each at its own moment, stands in `alarms_raised.py`.
DeadlineWarned = alarms_raised.DeadlineWarned
DeadlineBreached = alarms_raised.DeadlineBreached
CaseEscalated = alarms_raised.CaseEscalated
EscalationAcknowledged = alarms_raised.EscalationAcknowledged
MomentAnnulled = alarms_raised.MomentAnnulled

# What happens when two cases are about the same matter stands in `merges_made.py`.
CaseMerged = merges_made.CaseMerged
CaseUnmerged = merges_made.CaseUnmerged
DuplicateAdded = merges_made.DuplicateAdded
DuplicateRemoved = merges_made.DuplicateRemoved

CaseEvent = (
    CaseOpened | CaseRouted | CaseUnowned | CaseAccepted | CaseReturned | AdjudicationOpened
    | CaseReassigned | WorkStarted | CasePaused | PauseWarned | PauseLapsed | CaseResumed | NoteAdded
    | ReporterAnswered | CaseResolved | CaseConfirmed | CaseClosed | CaseWithdrawn | CaseRejected
    | RejectionContested | CaseReopened | DeadlineWarned | DeadlineBreached | CaseEscalated
    | EscalationAcknowledged | MomentAnnulled
    | PauseRequested | PauseApproved | PauseRefused | PauseRequestLapsed
    | CaseMerged | CaseUnmerged | DuplicateAdded | DuplicateRemoved
    | CaseReleased | CaseContentErased
)  # fmt: skip
