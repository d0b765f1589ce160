"""What happens to an area."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain.values import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDefined:
    """The tree has a new area; `path` are the ids from the root to it, joined by `/`."""

    area_id: str
    parent_id: str
    level: Level
    name: Text
    path: AreaPath
    defined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryChanged:
    """An area has another boundary (GeoJSON) from `valid_from` on; `note` says what was repaired."""

    area_id: str
    path: AreaPath
    version: int
    boundary: str
    valid_from: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaRenamed:
    """An area is called so from `valid_from` on, a moment that has come. It keeps its id and its path."""

    area_id: str
    parent_id: str
    level: Level
    path: AreaPath
    name: Text
    valid_from: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaEnded:
    """There is no such area from `valid_until` on; its ground and its matters go to the successors.

    Nothing moves by itself: what happened in the area stays in it. The newest of several holds.
    """

    area_id: str
    path: AreaPath
    valid_until: datetime
    successor_ids: tuple[str, ...]


AreaEvent = AreaDefined | BoundaryChanged | AreaRenamed | AreaEnded
