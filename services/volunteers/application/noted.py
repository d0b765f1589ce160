"""What is known of neighbours' facts: areas and residents."""

from dataclasses import dataclass

from libs.ledger.noted import Note, Noted
from libs.ledger.streams.stream import Stream
from libs.rules.areas import AreaPath
from services.volunteers.domain import refusals
from services.volunteers.domain.noted import AreaNoted, ResidentErasureNoted, ResidentFact, ResidentNoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """The areas that identity has defined."""

    stream: Stream[Note[AreaNoted], Noted[AreaNoted], AreaNoted]

    def path(self, area_id: str) -> AreaPath:
        """Where an area lies in the tree. Raises AREA_UNKNOWN."""
        known = self.stream.load(area_id).state.of(AreaNoted)
        if known is None:
            raise refusals.area_unknown(area_id)
        return known.area_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Residents:
    """The people whom identity has registered."""

    stream: Stream[Note[ResidentFact], Noted[ResidentFact], ResidentFact]

    def require(self, resident_id: str) -> None:
        """Refuse RESIDENT_UNKNOWN unless somebody is registered under the id, and not erased."""
        known = self.stream.load(resident_id).state
        if known.of(ResidentNoted) is None or known.of(ResidentErasureNoted) is not None:
            raise refusals.resident_unknown(resident_id)
