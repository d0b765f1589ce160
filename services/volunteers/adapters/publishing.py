"""What volunteers tells its neighbours: ids and facts about needs and offers.

Noted areas, bookings, profile changes and proposals stay inside.
"""

from typing import Any

from google.protobuf.message import Message
from linli.volunteers.v1 import volunteers_events_pb2 as pb

from libs.forgetting import telling
from libs.ledger.recorded import Recorded
from libs.messaging.published import Published
from libs.rpc.moments import stamp
from libs.rules.areas import id_of
from services.volunteers.domain import volunteer
from services.volunteers.domain.need import events
from services.volunteers.domain.values import Profile


def publish(recorded: Recorded[Any]) -> Published | None:
    """The published message of a stored event, or None for what stays inside."""
    message = _message(recorded.event)
    if message is None:
        return telling.told(recorded)
    area_path = _area_path(recorded)
    return Published(
        message=message,
        area_path=area_path,
        area_id=id_of(area_path),
        occurred_at=getattr(recorded.event, "expired_at", None),
    )


def _message(event: object) -> Message | None:
    match event:
        case volunteer.VolunteerEnrolled(volunteer_id=volunteer_id, profile=profile):
            return pb.VolunteerEnrolled(volunteer_id=volunteer_id, home_area_id=id_of(profile.home_path))
        case volunteer.VolunteerLeft(volunteer_id=volunteer_id):
            return pb.VolunteerLeft(volunteer_id=volunteer_id)
        case events.NeedRaised():
            return _need_raised(event)
        case events.NeedWithdrawn(need_id=need_id, volunteer_ids=volunteer_ids):
            return pb.NeedWithdrawn(need_id=need_id, volunteer_ids=volunteer_ids)
        case events.OfferMade(need_id=need_id, volunteer_id=volunteer_id, expires_at=expires_at):
            made = pb.OfferMade(need_id=need_id, volunteer_id=volunteer_id)
            made.expire_time.CopyFrom(stamp(expires_at))
            return made
        case events.OfferAccepted(need_id=need_id, volunteer_id=volunteer_id):
            return pb.OfferAccepted(need_id=need_id, volunteer_id=volunteer_id)
        case events.OfferDeclined(need_id=need_id, volunteer_id=volunteer_id):
            return pb.OfferDeclined(need_id=need_id, volunteer_id=volunteer_id)
        case events.OfferExpired(need_id=need_id, volunteer_id=volunteer_id):
            return pb.OfferExpired(need_id=need_id, volunteer_id=volunteer_id)
        case events.HoursRecorded(need_id=need_id, volunteer_id=volunteer_id, minutes=minutes):
            return pb.HoursRecorded(need_id=need_id, volunteer_id=volunteer_id, minutes=minutes)
        case _:
            return None


def _need_raised(event: events.NeedRaised) -> pb.NeedRaised:
    raised = pb.NeedRaised(
        need_id=event.need_id,
        case_id=event.case_id,
        area_id=id_of(event.area_path),
        wanted=event.wanted,
        skills=sorted(event.skills),
    )
    raised.start_time.CopyFrom(stamp(event.shift.start))
    raised.end_time.CopyFrom(stamp(event.shift.end))
    return raised


def _area_path(recorded: Recorded[Any]) -> str:
    """Who may see the event: those whose grant covers the need's area, or the volunteer's home."""
    profile = getattr(recorded.event, "profile", None)
    if isinstance(profile, Profile):
        return profile.home_path
    return getattr(recorded.event, "area_path", "") or recorded.metadata.area or ""
