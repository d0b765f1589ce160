"""The stored events of volunteers, under the names they keep for ever."""

from libs.forgetting import telling
from libs.ledger.consented import ConsentEndNoted, ConsentGivenNoted
from libs.ledger.disclosed import PersonalDataDisclosed
from libs.ledger.store.mapper import Events
from services.volunteers.domain import noted, proposal, volunteer
from services.volunteers.domain.need import events

_PUBLISHED = {
    "volunteer_enrolled.v1": volunteer.VolunteerEnrolled,
    "volunteer_left.v1": volunteer.VolunteerLeft,
    "need_raised.v1": events.NeedRaised,
    "need_withdrawn.v1": events.NeedWithdrawn,
    "offer_made.v1": events.OfferMade,
    "offer_accepted.v1": events.OfferAccepted,
    "offer_declined.v1": events.OfferDeclined,
    "offer_expired.v1": events.OfferExpired,
    "hours_recorded.v1": events.HoursRecorded,
}
_PRIVATE = {
    "area_noted.v1": noted.AreaNoted,
    "resident_noted.v1": noted.ResidentNoted,
    "resident_erasure_noted.v1": noted.ResidentErasureNoted,
    "profile_revised.v1": volunteer.ProfileRevised,
    "shift_booked.v1": volunteer.ShiftBooked,
    "shift_freed.v1": volunteer.ShiftFreed,
    "matches_proposed.v1": proposal.MatchesProposed,
    "consent_given_noted.v1": ConsentGivenNoted,
    "consent_end_noted.v1": ConsentEndNoted,
    "personal_data_disclosed.v1": PersonalDataDisclosed,
}
EVENTS = Events(
    service="volunteers",
    types={**_PUBLISHED, **_PRIVATE, **telling.PUBLISHED, **telling.PRIVATE},
    private=frozenset({*_PRIVATE, *telling.PRIVATE}),
)
