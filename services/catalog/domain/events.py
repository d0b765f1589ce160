"""What can happen in the catalog. Past tense, facts only; who did it, when and why stands in the metadata.

Each event is complete in itself: what it cites is there as it was known when it was decided.
"""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.text import Text
from libs.rules.due import Limit
from services.catalog.domain.details import Details
from services.catalog.domain.values import Matter
from services.catalog.domain.working_time import WorkingTime

# -- affairs: stream `affair-<affair_id>` ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairDefined:
    """A kind of matter has a name and a place in the tree. Its path never changes."""

    matter: Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairRenamed:
    """It is called differently from now on; it is still the same matter."""

    matter: Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymityDecided:
    """It may, or may no longer, be reported without a name."""

    matter: Matter


@dataclass(frozen=True, slots=True, kw_only=True)
class AffairRetired:
    """It takes no new cases."""

    affair_id: str


AffairEvent = AffairDefined | AffairRenamed | AnonymityDecided | AffairRetired

# -- responsibilities: stream `responsibility-<affair_id>:<area_id>` -------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityAssigned:
    """A body answers for an affair in an area, and for all below both: version 1 of a new item."""

    item_id: str
    number: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: str
    body_id: str
    legal_basis: str
    helper_ids: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityRevised:
    """From `valid_from` on another body, basis or helpers: the next version. The item's end stays."""

    item_id: str
    version: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: str
    body_id: str
    legal_basis: str
    helper_ids: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityEnded:
    """No version of the item holds at `valid_until` or later."""

    item_id: str
    version: int
    affair_id: str
    area_id: str
    area_path: str
    body_id: str
    valid_until: datetime


ResponsibilityEvent = ResponsibilityAssigned | ResponsibilityRevised | ResponsibilityEnded

# -- calendars: stream `calendar-<calendar_id>` ----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDefined:
    """When work is done from `valid_from` on; without, as if there had been no version before."""

    calendar_id: str
    version: int
    name: Text
    working_time: WorkingTime
    valid_from: datetime | None = None


# -- commitments: stream `commitment-<affair_id>` or `commitment-<affair_id>:<area_id>` ------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentPublished:
    """What is promised for an affair from `valid_from` on, everywhere (no area) or in one area."""

    commitment_id: str
    version: int
    affair_id: str
    affair_path: str
    area_id: str
    area_path: str
    first_response: Limit | None
    resolution: Limit | None
    calendar_id: str
    evidence_kinds: tuple[str, ...]
    conditions: tuple[Text, ...]
    valid_from: datetime


# -- services of providers: stream `service-<service_id>` ------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePublished:
    """A body offers a service. The paths are those of the areas it serves; none: everybody."""

    service_id: str
    body_id: str
    details: Details
    area_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChanged:
    """Something else is said about it."""

    service_id: str
    body_id: str
    details: Details
    area_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSuspended:
    """It is not on offer for the time being. It does not resume by itself."""

    service_id: str
    body_id: str
    expected_resume: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResumed:
    """It is on offer again."""

    service_id: str
    body_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRetired:
    """It is not on offer any more, for good."""

    service_id: str
    body_id: str


ServiceEvent = ServicePublished | ServiceChanged | ServiceSuspended | ServiceResumed | ServiceRetired

# -- what was heard of neighbours: streams `area-<area_id>`, `body-<body_id>` ----------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaNoted:
    """Identity defined an area."""

    area_id: str
    parent_id: str
    path: str
    level: str
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyNoted:
    """Identity registered a body."""

    body_id: str
    kind: str
    name: Text
