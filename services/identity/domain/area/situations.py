"""What an area can be."""

from dataclasses import dataclass
from datetime import datetime

from libs.ledger.text import Text
from libs.rules.areas import AreaPath
from services.identity.domain.values import Level


@dataclass(frozen=True, slots=True)
class Undefined:
    """No area has this id yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """An area of the tree; of its boundary only the newest version's fingerprint is kept here."""

    area_id: str
    parent_id: str
    level: Level
    name: Text
    path: AreaPath
    boundary_version: int = 0
    boundary_digest: str = ""
    boundary_valid_from: datetime | None = None
    first_name: Text | None = None  # None: as ever
    valid_until: datetime | None = None
    successor_ids: tuple[str, ...] = ()

    def is_called(self, name: Text) -> bool:
        """Whether the name is that of now, or the one that it was defined with."""
        return name in (self.name, self.first_name)

    def has_ended(self, at: datetime) -> bool:
        """Whether there is no such area at a moment."""
        return self.valid_until is not None and self.valid_until <= at


Area = Undefined | Defined
