"""What the use cases about buildings and households need from outside: answers of views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.query.freshness import Fresh, ListQuery
from libs.query.reach import Reach
from libs.rules.areas import AreaPath
from services.identity.application.area_ports import Degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingRow:
    """A building, as shown."""

    building_id: str
    area_id: str
    area_path: AreaPath
    address: str
    point: Degrees | None
    stands_from: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DwellingRow:
    """A dwelling, as shown."""

    dwelling_id: str
    building_id: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdRow:
    """A household of a moment: where it lives, since when, and of how many people."""

    household_id: str
    dwelling_id: str
    building_id: str
    area_path: AreaPath
    since: datetime
    members: int


class BuildingReads(Protocol):
    """The buildings and dwellings."""

    def page(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[BuildingRow], str]:
        """Buildings within reach by id, and the token of the next page."""

    def dwellings(self, query: ListQuery, reach: Reach, fresh: Fresh) -> tuple[Sequence[DwellingRow], str]:
        """Dwellings within reach by building and unit, and the token of the next page."""

    def count(self, area_path: AreaPath, at: datetime, fresh: Fresh) -> tuple[int, int]:
        """How many buildings and dwellings stood in an area at a moment."""

    def within(
        self, area_path: AreaPath, at: datetime, most: int, fresh: Fresh
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Their ids, of each at most so many, in order."""


class HouseholdReads(Protocol):
    """The households."""

    def page(
        self, query: ListQuery, at: datetime, reach: Reach, fresh: Fresh
    ) -> tuple[Sequence[HouseholdRow], str]:
        """Households of a moment within reach by id, and the token of the next page."""

    def count(self, area_path: AreaPath, at: datetime, fresh: Fresh) -> tuple[int, int]:
        """How many households lived in an area at a moment, and how many members they had."""

    def within(
        self, area_path: AreaPath, at: datetime, most: int, fresh: Fresh
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Their ids, of each at most so many, in order."""
