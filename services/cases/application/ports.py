"""What the application needs besides its streams: the picture of the neighbours, and the views."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NotRequired, Protocol, TypedDict

from libs.query.freshness import Fresh, ListQuery, PageQuery
from libs.query.reach import Reach
from libs.query.sought import Sought
from libs.rules.areas import AreaPath
from services.cases.application.reference import Reference
from services.cases.domain.case.events import CaseOpened
from services.cases.domain.clocks import ClockKind, MomentKind
from services.cases.domain.suggesting import Heard

Picture = Callable[[], Reference]
"""The newest picture of what neighbours told, at no cost."""


class CaseRow(TypedDict):
    """A case as lists show it, without personal data."""

    case_id: str
    public_id: str
    state: str
    affair_id: str
    area_id: str
    area_path: AreaPath
    body_id: NotRequired[str | None]
    channel: str
    anonymous: bool
    assisted: bool
    reporter_id: NotRequired[str | None]
    opened_time: datetime
    ended_time: NotRequired[datetime | None]
    commitment_id: NotRequired[str | None]
    commitment_version: NotRequired[int | None]
    response_warn_time: NotRequired[datetime | None]
    response_due_time: NotRequired[datetime | None]
    response_met_time: NotRequired[datetime | None]
    response_breached: bool
    warn_time: NotRequired[datetime | None]
    due_time: NotRequired[datetime | None]
    due_order: datetime
    met_time: NotRequired[datetime | None]
    overdue: bool
    returns: int
    reopenings: int
    outcome_code: NotRequired[str | None]
    confirm_until: NotRequired[datetime | None]
    reopen_until: NotRequired[datetime | None]
    external_system: NotRequired[str | None]
    external_number: NotRequired[str | None]
    held: bool
    deciding_path: str
    unowned_since: NotRequired[datetime | None]
    unowned_cause: NotRequired[str | None]
    pause_requested: bool
    merged_into_id: NotRequired[str | None]
    merged_into: NotRequired[str | None]


class CaseReads(Protocol):
    """Which cases are there, how do they stand, and which does nobody answer for?

    Each raises `ViewBehind` when the view is not fresh enough in time.
    """

    def of_reporter(
        self, query: PageQuery, reporter_ids: Collection[str], fresh: Fresh, area_path: str = ""
    ) -> tuple[Sequence[CaseRow], str]:
        """A page of the cases of a reporter's ids; of those in an area, if one is named."""

    def public(self, public_id: str, fresh: Fresh) -> CaseRow | None:
        """The case with a public number."""
        ...

    def unowned(self, query: PageQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[CaseRow], str]:
        """A page of the matters that nobody answers for and that areas within reach decide."""
        ...

    def held(self, reach: Reach, system: str, limit: int, fresh: Fresh) -> tuple[Sequence[str], int]:
        """Imported cases within reach, of a system, that are not released: some ids, and how many."""
        ...


class OverdueRow(TypedDict):
    """A message whose addressee was silent too long, and still owes the answer."""

    case_id: str
    message_id: str
    sender: str
    addressee: str
    area_path: AreaPath
    body_id: NotRequired[str | None]
    due_time: datetime
    escalated_path: AreaPath


class OverdueReads(Protocol):
    """Which messages were not answered in time, and are not yet?"""

    def overdue(self, query: PageQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[OverdueRow], str]:
        """A page of those within reach, the longest overdue first. Raises `ViewBehind`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What texts are searched for, and how far the caller may read texts."""

    sought: Sought
    readable: Reach


class CaseLists(Protocol):
    """Which cases does somebody see, and in which of them do some words stand?"""

    def page(
        self, query: ListQuery, order: str, reach: Reach, fresh: Fresh, search: Search | None = None
    ) -> tuple[Sequence[CaseRow], str]:
        """A page of the cases within reach, in one of the orders of the contract; of those with the words.

        Refuses FILTER_INVALID. Raises `ViewBehind` when the view is not fresh enough in time.
        """
        ...


class NearbyCases(Protocol):
    """Which cases of the same affair were reported near a place?"""

    def to(self, opened: CaseOpened, reach: Reach, most: int, fresh: Fresh) -> Sequence[str]:
        """The ids of up to `most` unresolved cases within reach; a few are somewhat farther away.

        Of more than that, those that were opened nearest in time. Raises `ViewBehind`.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyMoment:
    """A moment of a clock that has passed and stands, though it is not due yet."""

    clock: ClockKind
    moment: MomentKind
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyCase:
    """A case and its moments that passed too early."""

    case_id: str
    moments: Sequence[EarlyMoment]


class EarlyReads(Protocol):
    """Which moments passed before they were due, and are not due yet?"""

    def early(
        self, query: PageQuery, reach: Reach, now: datetime, fresh: Fresh
    ) -> tuple[Sequence[EarlyCase], str]:
        """A page of the cases within reach that have such moments. Raises `ViewBehind`."""
        ...


class SensorRow(TypedDict):
    """A sensor as lists show it."""

    sensor_id: str
    kind: str
    affair_id: str
    area_path: AreaPath
    latitude: NotRequired[float | None]
    longitude: NotRequired[float | None]
    owner_id: str
    unit: str
    threshold: float
    side: str
    hold_seconds: int
    hold_readings: int
    clear_seconds: int
    radius: int
    window_seconds: int
    last_time: NotRequired[datetime | None]
    last_value: NotRequired[float | None]
    same_since: NotRequired[datetime | None]
    alarms: int
    alarming: bool
    alarm_case_id: NotRequired[str | None]
    retired: bool
    retired_time: NotRequired[datetime | None]


class SensorReads(Protocol):
    """Which sensors are there, and what did they say last?"""

    def sensors(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[SensorRow], str]:
        """A page of the sensors within reach. Refuses FILTER_INVALID. Raises `ViewBehind`."""
        ...


class AlarmRow(TypedDict):
    """An alarm of an incident."""

    case_id: str
    number: int
    sensor_id: str
    raised_time: datetime
    value: float
    ended_time: NotRequired[datetime | None]


class IncidentRow(TypedDict):
    """What the alarms of a case amount to."""

    alarms: int
    sensors: int
    lasting: int
    first_time: datetime
    last_time: datetime


class AlarmReads(Protocol):
    """Which alarms belong to a case?"""

    def alarms(self, query: PageQuery, case_id: str, fresh: Fresh) -> tuple[Sequence[AlarmRow], str]:
        """A page of them, the first one first. Raises `ViewBehind`."""
        ...

    def incident(self, case_id: str) -> IncidentRow | None:
        """All of them together, as the view has them now; None if there is none."""
        ...


class Learned(Protocol):
    """What do the cases so far teach about words?"""

    def heard(self, words: Sequence[str], area_path: AreaPath, affair_ids: Sequence[str]) -> Heard:
        """People by affair, here and in all, and by word and affair. Raises `ViewBehind`."""
        ...


class ReferenceReads(Protocol):
    """What was noted of the neighbours' facts?"""

    def known_at(self, position: int) -> Reference:
        """The responsibilities and calendars as they were known at a ledger position."""
        ...
