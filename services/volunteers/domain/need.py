"""A need: who was asked, who comes, and what they gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from libs.ledger.decider import Decider
from services.volunteers.domain import refusals
from services.volunteers.domain.commands import (
    AcceptOffer,
    DeclineOffer,
    ExpireOffer,
    MakeOffer,
    NeedCommand,
    RaiseNeed,
    RecordHours,
    WithdrawNeed,
)
from services.volunteers.domain.events import (
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
    area_path: str
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


def decide(command: NeedCommand, state: Need) -> Sequence[NeedEvent]:
    """What happens; refuses as each branch says."""
    match command:
        case RaiseNeed():
            return _raise_need(command) if isinstance(state, Unheard) else []
        case WithdrawNeed(at=at):
            if not isinstance(state, Raised):
                return []
            return [NeedWithdrawn(need_id=state.need_id, volunteer_ids=state.coming, withdrawn_at=at)]
        case MakeOffer():
            return [] if isinstance(state, Withdrawn) else _make_offer(command, _raised(state))
        case AcceptOffer():
            return _accept(command, _raised(state))
        case DeclineOffer():
            return _decline(command, _raised(state))
        case ExpireOffer():
            return _expire(command, state)
        case RecordHours():
            return _record_hours(command, _raised(state))


def _raise_need(command: RaiseNeed) -> Sequence[NeedEvent]:
    if command.shift.end <= command.shift.start:
        raise refusals.shift_ends_before_it_starts()
    if command.shift.start < command.at:
        raise refusals.shift_in_the_past()
    return [
        NeedRaised(
            need_id=command.need_id,
            case_id=command.case_id,
            area_path=command.area_path,
            shift=command.shift,
            wanted=command.wanted,
            skills=command.skills,
            priority=command.priority,
            raised_at=command.at,
        )
    ]


def _make_offer(command: MakeOffer, need: Raised) -> Sequence[NeedEvent]:
    if command.volunteer_id in need.offers or not need.open:
        return []
    return [
        OfferMade(
            need_id=need.need_id,
            volunteer_id=command.volunteer_id,
            made_at=command.at,
            expires_at=command.expires_at,
            held=command.held,
        )
    ]


def _accept(command: AcceptOffer, need: Raised) -> Sequence[NeedEvent]:
    offer = _offer(need, command.volunteer_id)
    if offer.standing is OfferStanding.ACCEPTED:
        return []
    if offer.standing is not OfferStanding.OPEN or command.at >= offer.expires_at:
        raise refusals.offer_expired()
    if not need.open:
        raise refusals.need_filled(need.need_id)
    return [OfferAccepted(need_id=need.need_id, volunteer_id=command.volunteer_id, accepted_at=command.at)]


def _decline(command: DeclineOffer, need: Raised) -> Sequence[NeedEvent]:
    offer = _offer(need, command.volunteer_id)
    if offer.minutes:
        raise refusals.hours_already_recorded()
    if offer.standing not in {OfferStanding.OPEN, OfferStanding.ACCEPTED}:
        return []
    return [OfferDeclined(need_id=need.need_id, volunteer_id=command.volunteer_id, declined_at=command.at)]


def _expire(command: ExpireOffer, state: Need) -> Sequence[NeedEvent]:
    offer = state.offers.get(command.volunteer_id) if isinstance(state, Raised) else None
    if not isinstance(state, Raised) or offer is None or offer.standing is not OfferStanding.OPEN:
        return []
    if command.at < offer.expires_at:
        return []
    return [
        OfferExpired(need_id=state.need_id, volunteer_id=command.volunteer_id, expired_at=offer.expires_at)
    ]


def _record_hours(command: RecordHours, need: Raised) -> Sequence[NeedEvent]:
    offer = _offer(need, command.volunteer_id)
    if offer.standing is not OfferStanding.ACCEPTED:
        raise refusals.offer_not_accepted()
    if offer.minutes:
        raise refusals.hours_already_recorded()
    if command.at < need.shift.start:
        raise refusals.shift_not_begun()
    return [
        HoursRecorded(
            need_id=need.need_id,
            volunteer_id=command.volunteer_id,
            minutes=command.minutes,
            recorded_at=command.at,
        )
    ]


def _raised(state: Need) -> Raised:
    match state:
        case Unheard():
            raise refusals.need_not_found()
        case Withdrawn(last=last):
            raise refusals.need_ended(last.need_id)
        case Raised():
            return state


def _offer(need: Raised, volunteer_id: str) -> Offer:
    if volunteer_id not in need.offers:
        raise refusals.offer_not_found()
    return need.offers[volunteer_id]


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


NEED: Decider[NeedCommand, Need, NeedEvent] = Decider(
    category="need", initial=Unheard(), decide=decide, evolve=evolve
)
