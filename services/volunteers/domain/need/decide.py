"""What a command does to a need, and the decider."""

from collections.abc import Sequence

from libs.ledger.decider import Decider
from services.volunteers.domain import refusals
from services.volunteers.domain.need.commands import (
    AcceptOffer,
    DeclineOffer,
    ExpireOffer,
    MakeOffer,
    NeedCommand,
    RaiseNeed,
    RecordHours,
    WithdrawNeed,
)
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
from services.volunteers.domain.need.situations import Need, Offer, Raised, Unheard, Withdrawn, evolve
from services.volunteers.domain.values import OfferStanding


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
    """An open offer expires also after the need was withdrawn: else its moment would be due for ever."""
    if isinstance(state, Unheard):
        return []
    need = state.last if isinstance(state, Withdrawn) else state
    offer = need.offers.get(command.volunteer_id)
    if offer is None or offer.standing is not OfferStanding.OPEN or command.at < offer.expires_at:
        return []
    return [
        OfferExpired(need_id=need.need_id, volunteer_id=command.volunteer_id, expired_at=offer.expires_at)
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


NEED: Decider[NeedCommand, Need, NeedEvent] = Decider(
    category="need", initial=Unheard(), decide=decide, evolve=evolve
)
