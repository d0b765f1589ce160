"""What the catalog needs from outside: answers of views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypedDict

from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import ListRequest
from libs.rules.areas import NOWHERE, AreaPath
from libs.rules.routing import Responsibility
from services.catalog.domain.affair import Defined
from services.catalog.domain.calendar import CalendarDefined
from services.catalog.domain.commitment import CommitmentPublished
from services.catalog.domain.service import Published
from services.catalog.domain.values import ServiceStatus


class AffairReads(Protocol):
    """Answers about the tree of affairs."""

    def listed(self, query: ListQuery, fresh: Fresh) -> tuple[Sequence[Defined], str]:
        """A page of affairs, each before those below it; and the next page's token."""
        ...

    def part_in_use(self, affair_path: str, fresh: Fresh) -> str:
        """The id of an affair below this one that is not retired; "" if there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Responsibility):
    """One version of one item, as it stands in the list."""

    legal_basis: str
    helper_ids: tuple[str, ...]


class UnownedRow(TypedDict):
    """An affair in an area for which nobody answers."""

    affair_id: str
    affair_path: str
    affair_zh: str
    affair_en: str
    area_id: str
    area_path: AreaPath
    area_zh: str
    area_en: str
    area_level: str


class ResponsibilityReads(Protocol):
    """Answers about the responsibility list."""

    def lines(self, affair_path: str, area_path: AreaPath, fresh: Fresh) -> Sequence[Line]:
        """All versions of all items that name one of the affairs and one of the areas of the two paths."""
        ...

    def listed(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[Line], str]:
        """A page of the versions that hold at a moment."""
        ...

    def unowned(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[UnownedRow], str]:
        """A page of the affairs in use and areas that no item covers at a moment."""
        ...


class CalendarReads(Protocol):
    """Answers about calendars."""

    def listed(self, query: ListRequest, fresh: Fresh) -> tuple[Sequence[CalendarDefined], str]:
        """A page of calendars, each in its newest version."""
        ...


class CommitmentReads(Protocol):
    """Answers about commitments."""

    def holding(
        self, affair_path: str, area_path: AreaPath, at: datetime, fresh: Fresh
    ) -> Sequence[CommitmentPublished]:
        """The versions that hold at a moment for one of the affairs, everywhere or in one of the areas."""
        ...

    def by_calendar(self, calendar_id: str, at: datetime, fresh: Fresh) -> Sequence[CommitmentPublished]:
        """The versions that hold at a moment or later, and count by a calendar."""
        ...

    def listed(
        self, query: ListQuery, at: datetime, fresh: Fresh
    ) -> tuple[Sequence[CommitmentPublished], str]:
        """A page of the versions that hold at a moment."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a search looks for: words, and what must be so; empty parts do not matter.

    `area_path`: the service is for this area, one above it, or everybody.
    """

    text: str = ""
    area_path: AreaPath = NOWHERE
    language: str = ""
    accessibility: tuple[str, ...] = ()
    statuses: tuple[ServiceStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A service, and how well it fits the words."""

    service: Published
    score: int


class ServiceReads(Protocol):
    """Answers about services."""

    def found(self, query: ListQuery, wanted: Wanted, fresh: Fresh) -> tuple[Sequence[Found], str]:
        """A page of services, the best first."""
        ...
