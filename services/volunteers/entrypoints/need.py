"""The rpcs about needs, and the answers to offers."""

from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.ledger.ids import derived_id
from libs.query.freshness import Fresh
from libs.rpc.call import Call
from services.volunteers.application.app import App
from services.volunteers.domain.need.commands import (
    AcceptOffer,
    DeclineOffer,
    RaiseNeed,
    RecordHours,
    WithdrawNeed,
)
from services.volunteers.domain.need.situations import Need
from services.volunteers.entrypoints import wire
from services.volunteers.entrypoints.volunteer import COORDINATE, whose


class NeedApi:
    """Calling for volunteers, and answering."""

    def __init__(self, app: App) -> None:
        self._app = app

    def raise_need(self, request: pb.RaiseNeedRequest, call: Call) -> pb.RaiseNeedResponse:
        """Call for volunteers."""
        area_path = self._app.areas.path(request.area_id)
        call.require(area_path=area_path)
        command = RaiseNeed(
            need_id=derived_id(call.caller.subject, request.request_id),
            case_id=request.case_id,
            area_path=area_path,
            shift=wire.shift_of(request),
            wanted=request.wanted,
            skills=frozenset(request.skills),
            priority=request.priority,
            at=call.at,
        )
        handled = self._app.needs.call(command, call.context(area=area_path))
        return pb.RaiseNeedResponse(need=_shown(call, handled.state), revision=handled.revision)

    def withdraw_need(self, request: pb.WithdrawNeedRequest, call: Call) -> pb.WithdrawNeedResponse:
        """End a need."""
        command = WithdrawNeed(at=call.at)
        context = call.context(reason=request.reason)
        handled = self._app.needs.withdraw(request.need_id, command, context, call.permit)
        return pb.WithdrawNeedResponse(need=_shown(call, handled.state), revision=handled.revision)

    def get_need(self, request: pb.GetNeedRequest, call: Call) -> pb.GetNeedResponse:
        """One need with its offers."""
        loaded = self._app.needs.one(request.need_id)
        shown = _shown(call, loaded.state)
        call.require(area_path=shown.area_path)
        return pb.GetNeedResponse(need=shown, revision=loaded.revision)

    def list_needs(self, request: pb.ListNeedsRequest, call: Call) -> pb.ListNeedsResponse:
        """Needs, the next shift first."""
        rows, token = self._app.needs.listed(request, call.reach, Fresh.of(request, call))
        return pb.ListNeedsResponse(needs=[wire.need_listed(row) for row in rows], next_page_token=token)

    def accept_offer(self, request: pb.AcceptOfferRequest, call: Call) -> pb.AcceptOfferResponse:
        """Say yes."""
        volunteer_id = whose(self._app, call, request.volunteer_id)
        command = AcceptOffer(volunteer_id=volunteer_id, at=call.at)
        handled = self._app.needs.accept(request.need_id, command, call.context())
        shown = _shown_to(call, volunteer_id, handled.state)
        return pb.AcceptOfferResponse(need=shown, revision=handled.revision)

    def decline_offer(self, request: pb.DeclineOfferRequest, call: Call) -> pb.DeclineOfferResponse:
        """Say no."""
        volunteer_id = whose(self._app, call, request.volunteer_id)
        command = DeclineOffer(volunteer_id=volunteer_id, at=call.at)
        handled = self._app.needs.decline(request.need_id, command, call.context())
        shown = _shown_to(call, volunteer_id, handled.state)
        return pb.DeclineOfferResponse(need=shown, revision=handled.revision)

    def record_hours(self, request: pb.RecordHoursRequest, call: Call) -> pb.RecordHoursResponse:
        """Write down the time given."""
        command = RecordHours(volunteer_id=request.volunteer_id, minutes=request.minutes, at=call.at)
        handled = self._app.needs.record_hours(request.need_id, command, call.context(), call.permit)
        return pb.RecordHoursResponse(need=_shown(call, handled.state), revision=handled.revision)


def _shown(call: Call, state: Need) -> pb.Need:
    """The need with all its offers, which tell of those who were asked."""
    need = wire.need_shown(state)
    call.showing(*(offer.volunteer_id for offer in need.offers))
    return need


def _shown_to(call: Call, volunteer_id: str, state: Need) -> pb.Need:
    """The need without the offers to others, unless the caller reads about the volunteers of its area."""
    need = wire.need_shown(state)
    if call.caller.reach("volunteers.read", COORDINATE).covers(area_path=need.area_path):
        return _shown(call, state)
    own = [offer for offer in need.offers if offer.volunteer_id == volunteer_id]
    del need.offers[:]
    need.offers.extend(own)
    call.showing(volunteer_id)
    return need
