"""What can be asked of an area."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.decider import Refusal
from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain.values import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What an area must know of the one above it."""

    area_id: str
    level: Level
    path: AreaPath
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBoundary:
    """Give an area another boundary, which has been checked; without `valid_from` from now on.

    `objection` is what stands against it on the map, as far as it would be new.
    """

    area_id: str
    boundary: str
    note: str
    valid_from: datetime | None
    at: datetime
    objection: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineArea:
    """Put an area into the tree (without a parent as a root), with its boundary if that is known."""

    area_id: str
    parent: Parent | None
    level: Level
    name: Text
    boundary: ChangeBoundary | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameArea:
    """Call an area differently; without `valid_from` from now on. `objection`: who beside it is called so."""

    area_id: str
    name: Text
    valid_from: datetime | None
    at: datetime
    objection: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndArea:
    """End an area; without `valid_until` now. `objection`: what stands against it in tree and map."""

    area_id: str
    valid_until: datetime | None
    successor_ids: tuple[str, ...]
    at: datetime
    objection: Refusal | None = None


AreaCommand = DefineArea | ChangeBoundary | RenameArea | EndArea
