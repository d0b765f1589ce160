"""What the catalog can be asked to do. Imperative; `at` is the moment (UTC).

Facts that were looked up for the decision come along.
"""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.text import Text
from libs.rules.due import Limit
from services.catalog.domain.details import Details
from services.catalog.domain.values import AffairRef, AreaRef, Period
from services.catalog.domain.working_time import WorkingTime


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineAffair:
    """Name a kind of matter, below `parent` or at the top."""

    affair_id: str
    name: Text
    parent: AffairRef | None = None
    anonymous_allowed: bool = False
    keywords: tuple[str, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameAffair:
    """Call it differently, with other keywords."""

    affair_id: str
    name: Text
    keywords: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideAnonymity:
    """Say whether it may be reported without a name."""

    affair_id: str
    allowed: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireAffair:
    """Take no new cases for it. `part`: an affair below it that is still in use, if there is one."""

    affair_id: str
    part: str = ""
    at: datetime


AffairCommand = DefineAffair | RenameAffair | DecideAnonymity | RetireAffair


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignResponsibility:
    """Make a body answer for an affair in an area, over a period."""

    affair: AffairRef
    area: AreaRef
    body_id: str
    legal_basis: str
    period: Period
    helper_ids: tuple[str, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseResponsibility:
    """Name body, basis and helpers of an item anew, from a moment on."""

    item_id: str
    body_id: str
    legal_basis: str
    valid_from: datetime
    helper_ids: tuple[str, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndResponsibility:
    """Give an item an end, or an earlier one."""

    item_id: str
    valid_until: datetime
    at: datetime


ResponsibilityCommand = AssignResponsibility | ReviseResponsibility | EndResponsibility


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineCalendar:
    """Say when work is done, from a moment on (None: now); other content makes the next version."""

    calendar_id: str
    name: Text
    working_time: WorkingTime
    valid_from: datetime | None = None
    limits: tuple[Limit, ...] = ()  # those that count by it
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCommitment:
    """Promise time limits for an affair, everywhere or in one area, from a moment on."""

    affair: AffairRef
    area: AreaRef | None
    first_response: Limit | None
    resolution: Limit | None
    calendar_id: str
    working_time: WorkingTime  # of the calendar
    valid_from: datetime
    evidence_kinds: tuple[str, ...] = ()
    conditions: tuple[Text, ...] = ()
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishService:
    """Offer a service."""

    service_id: str
    body_id: str
    details: Details
    affair: AffairRef
    area_paths: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeService:
    """Say something else about it, all of it anew."""

    service_id: str
    details: Details
    affair: AffairRef
    area_paths: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendService:
    """Offer it no longer, for the time being."""

    service_id: str
    expected_resume: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeService:
    """Offer it again."""

    service_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireService:
    """Offer it no longer, for good."""

    service_id: str
    at: datetime


ServiceCommand = PublishService | ChangeService | SuspendService | ResumeService | RetireService


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteArea:
    """Keep in mind that identity defined an area."""

    area_id: str
    parent_id: str
    path: str
    level: str
    name: Text
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteBody:
    """Keep in mind that identity registered a body."""

    body_id: str
    kind: str
    name: Text
    at: datetime
