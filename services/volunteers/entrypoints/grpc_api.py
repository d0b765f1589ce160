"""The gRPC face of volunteers: requests become commands, states become messages."""

from collections.abc import Callable

from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.ledger.ids import derived_id
from libs.query.freshness import Fresh
from libs.query.reach import not_covered
from libs.rpc.call import Call
from libs.rpc.moments import moment, moment_of
from services.volunteers.application.app import App
from services.volunteers.domain import commands
from services.volunteers.domain.need import Raised
from services.volunteers.domain.values import Shift
from services.volunteers.domain.volunteer import Stranger
from services.volunteers.entrypoints import messages

COORDINATE = "volunteers.coordinate"
"""The scope that speaks for others."""


class VolunteersApi:
    """linli.volunteers.v1.VolunteersService."""

    def __init__(self, app: App) -> None:
        self._app = app

    # volunteers

    def enrol_volunteer(self, request: pb.EnrolVolunteerRequest, call: Call) -> pb.EnrolVolunteerResponse:
        """Enrol the caller, or a party of the caller's areas."""
        profile = messages.profile(request.profile, self._app.area_path)
        volunteer_id = _themself_or_covered(call, request.volunteer_id, profile.home_path)
        command = commands.EnrolVolunteer(volunteer_id=volunteer_id, profile=profile, at=call.at)
        handled = self._app.enrol(command, call.context(area=profile.home_path))
        return pb.EnrolVolunteerResponse(
            volunteer=messages.volunteer(handled.state), revision=handled.revision
        )

    def revise_profile(self, request: pb.ReviseProfileRequest, call: Call) -> pb.ReviseProfileResponse:
        """Replace a profile."""
        volunteer_id = self._whose(call, request.volunteer_id)
        profile = messages.profile(request.profile, self._app.area_path)
        command = commands.ReviseProfile(profile=profile, at=call.at)
        context = call.context(area=profile.home_path)
        handled = self._app.revise(volunteer_id, command, context, request.if_revision)
        return pb.ReviseProfileResponse(
            volunteer=messages.volunteer(handled.state), revision=handled.revision
        )

    def leave_volunteers(self, request: pb.LeaveVolunteersRequest, call: Call) -> pb.LeaveVolunteersResponse:
        """End an enrolment."""
        volunteer_id = self._whose(call, request.volunteer_id)
        command = commands.LeaveVolunteers(at=call.at)
        handled = self._app.leave(volunteer_id, command, call.context())
        return pb.LeaveVolunteersResponse(
            volunteer=messages.volunteer(handled.state), revision=handled.revision
        )

    def get_volunteer(self, request: pb.GetVolunteerRequest, call: Call) -> pb.GetVolunteerResponse:
        """One volunteer with bookings and counts."""
        volunteer_id = self._whose(call, request.volunteer_id, "volunteers.read")
        loaded = self._app.volunteer(volunteer_id)
        shown = messages.volunteer(loaded.state)
        shown.offers, shown.minutes = self._app.reads.counts(volunteer_id, Fresh.of(request, call))
        return pb.GetVolunteerResponse(volunteer=shown, revision=loaded.revision)

    def list_volunteers(self, request: pb.ListVolunteersRequest, call: Call) -> pb.ListVolunteersResponse:
        """The volunteers of the caller's areas."""
        fresh = Fresh.of(request, call)
        rows, token = self._app.reads.list_volunteers(request, call.reach, fresh)
        return pb.ListVolunteersResponse(
            volunteers=[messages.listed_volunteer(row) for row in rows], next_page_token=token
        )

    # needs

    def raise_need(self, request: pb.RaiseNeedRequest, call: Call) -> pb.RaiseNeedResponse:
        """Call for volunteers."""
        area_path = self._app.area_path(request.area_id)
        call.require(area_path=area_path)
        command = commands.RaiseNeed(
            need_id=derived_id(call.caller.subject, request.request_id),
            case_id=request.case_id,
            area_path=area_path,
            shift=Shift(start=moment(request.start_time), end=moment(request.end_time)),
            wanted=request.wanted,
            skills=frozenset(request.skills),
            priority=request.priority,
            at=call.at,
        )
        handled = self._app.raise_need(command, call.context(area=area_path))
        return pb.RaiseNeedResponse(need=messages.need(handled.state), revision=handled.revision)

    def withdraw_need(self, request: pb.WithdrawNeedRequest, call: Call) -> pb.WithdrawNeedResponse:
        """End a need."""
        command = commands.WithdrawNeed(at=call.at)
        context = call.context(reason=request.reason)
        handled = self._app.withdraw_need(request.need_id, command, context, _in_reach(call))
        return pb.WithdrawNeedResponse(need=messages.need(handled.state), revision=handled.revision)

    def get_need(self, request: pb.GetNeedRequest, call: Call) -> pb.GetNeedResponse:
        """One need with its offers."""
        loaded = self._app.need(request.need_id)
        shown = messages.need(loaded.state)
        call.require(area_path=shown.area_path)
        return pb.GetNeedResponse(need=shown, revision=loaded.revision)

    def list_needs(self, request: pb.ListNeedsRequest, call: Call) -> pb.ListNeedsResponse:
        """Needs, the next shift first."""
        rows, token = self._app.reads.list_needs(request, call.reach, Fresh.of(request, call))
        return pb.ListNeedsResponse(needs=[messages.listed_need(row) for row in rows], next_page_token=token)

    # proposals and offers

    def propose_matches(self, request: pb.ProposeMatchesRequest, call: Call) -> pb.ProposeMatchesResponse:
        """Compute and keep whom to ask."""
        area_path = self._app.area_path(request.area_id)
        call.require(area_path=area_path)
        self._app.reads.wait(Fresh.of(request, call))
        proposal_id = derived_id(call.caller.subject, request.request_id)
        context = call.context(area=area_path)
        handled = self._app.propose(proposal_id, area_path, call.at, context)
        return pb.ProposeMatchesResponse(proposal=messages.proposal(handled.state), revision=handled.revision)

    def make_offers(self, request: pb.MakeOffersRequest, call: Call) -> pb.MakeOffersResponse:
        """Ask those whom a proposal chose."""
        proposal = self._app.proposal(request.proposal_id)
        call.require(area_path=proposal.area_path)
        expires = moment_of(request, "expire_time")
        context = call.context(area=proposal.area_path)
        answer = self._app.make_offers(proposal, expires, call.at, context)
        return pb.MakeOffersResponse(
            offered=[messages.match(match) for match in answer.offered],
            left_out=[messages.match(match) for match in answer.left_out],
            revision=answer.revision,
        )

    def accept_offer(self, request: pb.AcceptOfferRequest, call: Call) -> pb.AcceptOfferResponse:
        """Say yes."""
        volunteer_id = self._whose(call, request.volunteer_id)
        command = commands.AcceptOffer(volunteer_id=volunteer_id, at=call.at)
        handled = self._app.accept(request.need_id, command, call.context())
        shown = _shown_to(call, volunteer_id, messages.need(handled.state))
        return pb.AcceptOfferResponse(need=shown, revision=handled.revision)

    def decline_offer(self, request: pb.DeclineOfferRequest, call: Call) -> pb.DeclineOfferResponse:
        """Say no."""
        volunteer_id = self._whose(call, request.volunteer_id)
        command = commands.DeclineOffer(volunteer_id=volunteer_id, at=call.at)
        handled = self._app.decline(request.need_id, command, call.context())
        shown = _shown_to(call, volunteer_id, messages.need(handled.state))
        return pb.DeclineOfferResponse(need=shown, revision=handled.revision)

    def record_hours(self, request: pb.RecordHoursRequest, call: Call) -> pb.RecordHoursResponse:
        """Write down the time given."""
        command = commands.RecordHours(volunteer_id=request.volunteer_id, minutes=request.minutes, at=call.at)
        handled = self._app.record_hours(request.need_id, command, call.context(), _in_reach(call))
        return pb.RecordHoursResponse(need=messages.need(handled.state), revision=handled.revision)

    # inside

    def _whose(self, call: Call, volunteer_id: str, scope: str = COORDINATE) -> str:
        """The volunteer meant: the caller, or somebody whose home the caller's grants of `scope` cover."""
        if volunteer_id in {"", call.me}:
            return call.me
        state = self._app.volunteers.load(volunteer_id).state
        home = "" if isinstance(state, Stranger) else state.profile.home_path
        return _themself_or_covered(call, volunteer_id, home, scope)


def _themself_or_covered(call: Call, volunteer_id: str, home_path: str, scope: str = COORDINATE) -> str:
    if volunteer_id in {"", call.me}:
        return call.me
    if not call.caller.reach(scope).covers(area_path=home_path):
        raise not_covered(home_path, None)
    return volunteer_id


def _shown_to(call: Call, volunteer_id: str, need: pb.Need) -> pb.Need:
    """The need without the offers to others, unless the caller reads about the volunteers of its area."""
    if not call.caller.reach("volunteers.read", COORDINATE).covers(area_path=need.area_path):
        own = [offer for offer in need.offers if offer.volunteer_id == volunteer_id]
        del need.offers[:]
        need.offers.extend(own)
    return need


def _in_reach(call: Call) -> Callable[[Raised], None]:
    """The permit that a need lies in the caller's areas."""

    def permit(need: Raised) -> None:
        call.require(area_path=need.area_path)

    return permit
