"""The rpcs about proposals: whom to ask, and asking them."""

from linli.volunteers.v1 import volunteers_service_pb2 as pb

from libs.ledger.ids import derived_id
from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from services.volunteers.application.app import App
from services.volunteers.entrypoints import wire


class ProposalApi:
    """Proposing matches and making offers."""

    def __init__(self, app: App) -> None:
        self._app = app

    def propose_matches(self, request: pb.ProposeMatchesRequest, call: Call) -> pb.ProposeMatchesResponse:
        """Compute and keep whom to ask."""
        area_path = self._app.areas.path(request.area_id)
        call.require(area_path=area_path)
        proposal_id = derived_id(call.caller.subject, request.request_id)
        context = call.context(area=area_path)
        handled = self._app.proposals.propose(
            proposal_id, area_path, call.at, context, Fresh.of(request, call)
        )
        shown = wire.proposal_shown(handled.state)
        call.showing(*(match.volunteer_id for match in shown.matches))
        return pb.ProposeMatchesResponse(proposal=shown, revision=handled.revision)

    def make_offers(self, request: pb.MakeOffersRequest, call: Call) -> pb.MakeOffersResponse:
        """Ask those whom a proposal chose."""
        proposal = self._app.proposals.one(request.proposal_id)
        call.require(area_path=proposal.area_path)
        expires = moment_of(request, "expire_time")
        context = call.context(area=proposal.area_path)
        answer = self._app.proposals.make_offers(proposal, expires, call.at, context)
        call.showing(*(match.volunteer_id for match in (*answer.offered, *answer.left_out)))
        return pb.MakeOffersResponse(
            offered=[wire.match_shown(match) for match in answer.offered],
            left_out=[wire.match_shown(match) for match in answer.left_out],
            revision=answer.revision,
        )
