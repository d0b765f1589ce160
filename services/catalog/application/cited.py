"""What other things cite: areas and bodies as heard of from identity, affairs as they are now."""

from dataclasses import dataclass

from libs.ledger.noted import Note, Noted
from libs.ledger.streams.stream import Stream
from services.catalog.domain import refusals
from services.catalog.domain.affair import Affair, AffairCommand, AffairEvent, Defined
from services.catalog.domain.noted import AreaFact, AreaNoted, BodyNoted
from services.catalog.domain.values import AffairRef, AreaRef

AffairStream = Stream[AffairCommand, Affair, AffairEvent]
AreaStream = Stream[Note[AreaFact], Noted[AreaFact], AreaFact]
BodyStream = Stream[Note[BodyNoted], Noted[BodyNoted], BodyNoted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """Looks up what a command cites, so that the decision is made on what is known now."""

    affairs: AffairStream
    areas: AreaStream
    bodies: BodyStream

    def affair(self, affair_id: str, field: str = "affair_id") -> AffairRef:
        """The affair, in use or retired. Refuses AFFAIR_UNKNOWN."""
        state = self.affairs.load(affair_id).state
        if not isinstance(state, Defined):
            raise refusals.affair_is_unknown(affair_id, field)
        return state.ref

    def area(self, area_id: str, field: str = "area_id") -> AreaRef:
        """The area. Refuses AREA_UNKNOWN."""
        known = self.areas.load(area_id).state.of(AreaNoted)
        if known is None:
            raise refusals.area_is_unknown(area_id, field)
        return AreaRef(area_id=known.area_id, path=known.path)

    def body(self, body_id: str, field: str = "body_id") -> str:
        """The body's id, if there is such a body. Refuses BODY_UNKNOWN."""
        if self.bodies.load(body_id).state.of(BodyNoted) is None:
            raise refusals.body_is_unknown(body_id, field)
        return body_id
