"""How a need stands: who was asked, who comes, and what they gave."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.rules.areas import AreaPath
from services.volunteers.domain.need.events import (
    HoursRecorded,
    NeedEvent,
    NeedRaised,
    NeedWithdrawn,
    OfferAccepted,
    OfferDeclined,
    OfferExpired,
    OfferMade,
)
from services.volunteers.domain.values import OfferStanding, Shift

# Situations


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One volunteer asked; `minutes` is 0 until hours are recorded."""

    standing: OfferStanding
    expires_at: datetime
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nobody has called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """Volunteers are wanted, or have been found: `open` tells which."""

    need_id: str
    case_id: str
    area_path: AreaPath
    shift: Shift
    wanted: int
    skills: frozenset[str]
    priority: int
    offers: Mapping[str, Offer] = field(default_factory=dict)

    @property
    def coming(self) -> tuple[str, ...]:
        """Those who will come."""
        return tuple(
            volunteer_id
            for volunteer_id, offer in self.offers.items()
            if offer.standing is OfferStanding.ACCEPTED
        )

    @property
    def accepted(self) -> int:
        """How many will come."""
        return len(self.coming)

    @property
    def open(self) -> bool:
        """True while fewer than wanted have accepted."""
        return self.accepted < self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Nobody is wanted any more; `last` is how it stood."""

    last: Raised


Need = Unheard | Raised | Withdrawn


# Evolve


def evolve(state: Need, event: NeedEvent) -> Need:
    """The need after `event`."""
    if isinstance(event, NeedRaised):
        return Raised(
            need_id=event.need_id,
            case_id=event.case_id,
            area_path=event.area_path,
            shift=event.shift,
            wanted=event.wanted,
            skills=event.skills,
            priority=event.priority,
        )
    if isinstance(state, Withdrawn) and isinstance(event, OfferExpired):
        return Withdrawn(last=_answered(state.last, event.volunteer_id, OfferStanding.EXPIRED))
    if not isinstance(state, Raised):
        return state
    match event:
        case NeedWithdrawn():
            return Withdrawn(last=state)
        case OfferMade(volunteer_id=volunteer_id, expires_at=expires_at):
            offer = Offer(standing=OfferStanding.OPEN, expires_at=expires_at)
            return replace(state, offers={**state.offers, volunteer_id: offer})
        case OfferAccepted(volunteer_id=volunteer_id):
            return _answered(state, volunteer_id, OfferStanding.ACCEPTED)
        case OfferDeclined(volunteer_id=volunteer_id):
            return _answered(state, volunteer_id, OfferStanding.DECLINED)
        case OfferExpired(volunteer_id=volunteer_id):
            return _answered(state, volunteer_id, OfferStanding.EXPIRED)
        case HoursRecorded(volunteer_id=volunteer_id, minutes=minutes):
            offer = replace(state.offers[volunteer_id], minutes=minutes)
            return replace(state, offers={**state.offers, volunteer_id: offer})


def _answered(need: Raised, volunteer_id: str, standing: OfferStanding) -> Raised:
    offer = replace(need.offers[volunteer_id], standing=standing)
    return replace(need, offers={**need.offers, volunteer_id: offer})
