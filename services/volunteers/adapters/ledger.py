"""The stored events of volunteers, under the names they keep for ever."""

from libs.ledger.store.mapper import Events
from services.volunteers.domain import events

EVENTS = Events(
    service="volunteers",
    types={
        "area_noted.v1": events.AreaNoted,
        "volunteer_enrolled.v1": events.VolunteerEnrolled,
        "profile_revised.v1": events.ProfileRevised,
        "volunteer_left.v1": events.VolunteerLeft,
        "shift_booked.v1": events.ShiftBooked,
        "shift_freed.v1": events.ShiftFreed,
        "need_raised.v1": events.NeedRaised,
        "need_withdrawn.v1": events.NeedWithdrawn,
        "offer_made.v1": events.OfferMade,
        "offer_accepted.v1": events.OfferAccepted,
        "offer_declined.v1": events.OfferDeclined,
        "offer_expired.v1": events.OfferExpired,
        "hours_recorded.v1": events.HoursRecorded,
        "matches_proposed.v1": events.MatchesProposed,
    },
)
