"""What the use cases about areas need from outside: the tree, the map, and where areas overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.geo.atlas import Atlas
from libs.geo.effort import Effort
from libs.geo.index import Located
from libs.geo.strips import Strip
from libs.ledger.text import Text
from libs.query.freshness import Fresh, ListQuery
from libs.query.paging import ListRequest
from libs.rules.areas import AreaPath
from services.identity.domain.values import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryRow:
    """One version of a boundary, as shown."""

    version: int
    geojson: str
    valid_from: datetime
    valid_until: datetime | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRow:
    """An area, as shown."""

    area_id: str
    parent_id: str
    level: Level
    name: Text
    path: str
    boundary_version: int
    boundary: BoundaryRow | None = None
    valid_until: datetime | None = None
    successor_ids: tuple[str, ...] = ()
    predecessor_ids: tuple[str, ...] = ()

    def is_there(self, at: datetime) -> bool:
        """Whether it has not ended by a moment."""
        return self.valid_until is None or at < self.valid_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Areas around one in the tree: under the same parent, below it, and those that end into it."""

    beside: tuple[AreaRow, ...]
    below: tuple[AreaRow, ...]
    before: tuple[AreaRow, ...]


Degrees = tuple[float, float]
"""Longitude and latitude of a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where points lie, in their order (None: in no area), and the areas along all chains, by id."""

    located: Sequence[Located | None]
    areas: Mapping[str, AreaRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRow:
    """Ground that two areas beside each other claim: a point of it, its size, and to which it belongs."""

    area_id: str
    area_path: AreaPath
    other_area_id: str
    other_area_path: AreaPath
    owner_area_id: str
    strip: Strip
    since: datetime


class StripQuery(ListRequest, Protocol):
    """A page of the strips of an area and those below it; of all for ""."""

    area_id: str


class AreaReads(Protocol):
    """The tree of areas."""

    def one(self, area_id: str, at: datetime, fresh: Fresh, with_boundary: bool = False) -> AreaRow | None:
        """One area as of a moment, with the boundary valid then if that is asked for."""

    def page(self, query: ListQuery, at: datetime, fresh: Fresh) -> tuple[Sequence[AreaRow], str]:
        """The areas of a moment by id, and the token of the next page."""

    def around(self, area_id: str, at: datetime) -> Around:
        """What is in the tree around an area that is there, as recorded before it was asked."""


class Locating(Protocol):
    """What lies where."""

    def locate(self, points: Sequence[Degrees], at: datetime, fresh: Fresh) -> Places:
        """Where each of the points lies."""

    def atlas(self) -> Atlas:
        """All boundaries and ends that were recorded before it was asked."""


class Stakes(Protocol):
    """What may be limited to areas, or based in them."""

    def count_within(self, area_path: AreaPath) -> int:
        """How many are, in an area or one below it."""


class StripReads(Protocol):
    """Ground that two areas claim."""

    def page(
        self, query: StripQuery, path: AreaPath, at: datetime, fresh: Fresh, effort: Effort
    ) -> tuple[Sequence[StripRow], str]:
        """Strips of areas at or below a path, by their ids, and the token of the next page.

        When the effort is spent, the page ends there. Raises OutOfTime.
        """
