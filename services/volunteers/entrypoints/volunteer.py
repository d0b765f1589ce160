"""The rpcs about volunteers."""

from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.access import PERSON
from libs.rpc.call import Call
from services.volunteers.application.app import App
from services.volunteers.domain.volunteer import EnrolVolunteer, LeaveVolunteers, ReviseProfile
from services.volunteers.entrypoints import wire

COORDINATE = "volunteers.coordinate"
"""The scope that speaks for others."""


class VolunteerApi:
    """Enrolling, revising and leaving; reading about volunteers."""

    def __init__(self, app: App) -> None:
        self._app = app

    def enrol_volunteer(self, request: pb.EnrolVolunteerRequest, call: Call) -> pb.EnrolVolunteerResponse:
        """Enrol the caller, or a party of the caller's areas."""
        profile = wire.profile_of(request.profile, self._app.areas.path)
        volunteer_id = themself_or_covered(call, request.volunteer_id, profile.home_path)
        if volunteer_id != call.me or call.caller.kind != PERSON:  # who logs in is registered
            self._app.residents.require(volunteer_id)
        command = EnrolVolunteer(volunteer_id=volunteer_id, profile=profile, at=call.at)
        call.showing(volunteer_id)
        handled = self._app.volunteers.enrol(command, call.context(area=profile.home_path))
        return pb.EnrolVolunteerResponse(
            volunteer=wire.volunteer_shown(handled.state), revision=handled.revision
        )

    def revise_profile(self, request: pb.ReviseProfileRequest, call: Call) -> pb.ReviseProfileResponse:
        """Replace a profile."""
        volunteer_id = whose(self._app, call, request.volunteer_id)
        profile = wire.profile_of(request.profile, self._app.areas.path)
        command = ReviseProfile(profile=profile, at=call.at)
        call.showing(volunteer_id)
        context = call.context(area=profile.home_path)
        handled = self._app.volunteers.revise(volunteer_id, command, context, request.if_revision)
        return pb.ReviseProfileResponse(
            volunteer=wire.volunteer_shown(handled.state), revision=handled.revision
        )

    def leave_volunteers(self, request: pb.LeaveVolunteersRequest, call: Call) -> pb.LeaveVolunteersResponse:
        """End an enrolment."""
        volunteer_id = whose(self._app, call, request.volunteer_id)
        command = LeaveVolunteers(at=call.at)
        call.showing(volunteer_id)
        handled = self._app.volunteers.leave(volunteer_id, command, call.context())
        return pb.LeaveVolunteersResponse(
            volunteer=wire.volunteer_shown(handled.state), revision=handled.revision
        )

    def get_volunteer(self, request: pb.GetVolunteerRequest, call: Call) -> pb.GetVolunteerResponse:
        """One volunteer with bookings and counts, and what they were asked."""
        volunteer_id = whose(self._app, call, request.volunteer_id, "volunteers.read")
        fresh = Fresh.of(request, call)
        loaded = self._app.volunteers.one(volunteer_id)
        if call.principal is not None:
            call.require_within(self._app.volunteers.home(volunteer_id))
        call.showing(volunteer_id)
        shown = wire.volunteer_shown(loaded.state)
        shown.offers, shown.minutes = self._app.volunteers.counts(volunteer_id, fresh)
        asked = self._app.needs.asked(volunteer_id, call.at, fresh)
        shown.open_offers.extend(wire.offer_shown(need, until) for need, until in asked)
        booked = self._app.needs.some([booking.need_id for booking in shown.bookings], fresh)
        for booking in shown.bookings:
            booking.area_id = booked[booking.need_id]["area_id"] if booking.need_id in booked else ""
        return pb.GetVolunteerResponse(volunteer=shown, revision=loaded.revision)

    def list_volunteers(self, request: pb.ListVolunteersRequest, call: Call) -> pb.ListVolunteersResponse:
        """The volunteers of the caller's areas."""
        fresh = Fresh.of(request, call)
        rows, token = self._app.volunteers.listed(request, call.reach, fresh)
        call.showing(*(row["volunteer_id"] for row in rows))
        return pb.ListVolunteersResponse(
            volunteers=[wire.volunteer_listed(row) for row in rows], next_page_token=token
        )


def whose(app: App, call: Call, volunteer_id: str, scope: str = COORDINATE) -> str:
    """The volunteer meant: the caller, or somebody whose home the caller's grants of `scope` cover."""
    if not volunteer_id or call.is_me(volunteer_id):
        return volunteer_id or call.me
    return themself_or_covered(call, volunteer_id, app.volunteers.home(volunteer_id), scope)


def themself_or_covered(call: Call, volunteer_id: str, home_path: str, scope: str = COORDINATE) -> str:
    """The caller, or somebody whose home the caller's grants of `scope` cover. Refuses OUT_OF_REACH."""
    if not volunteer_id or call.is_me(volunteer_id):
        return volunteer_id or call.me
    call.caller.reach(scope).require(area_path=home_path)
    return volunteer_id
