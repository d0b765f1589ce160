"""The rpcs about grants that somebody should look at again."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from services.identity.application.app import App
from services.identity.entrypoints.access import granter_of
from services.identity.entrypoints.wire.right import grant_shown


class ReviewApi:
    """Which grants nobody looked at for long."""

    def __init__(self, app: App) -> None:
        self._app = app

    def confirm_grant(self, request: pb.ConfirmGrantRequest, call: Call) -> pb.ConfirmGrantResponse:
        """Say that a grant is still needed."""
        held, handled = self._app.reviews.confirm(
            request.party_id, request.grant_id, call.at, call.context(), granter_of(call)
        )
        shown = grant_shown(held, handled.state.confirmed_at)
        return pb.ConfirmGrantResponse(grant=shown, revision=handled.revision)

    def list_grants_to_review(
        self, request: pb.ListGrantsToReviewRequest, call: Call
    ) -> pb.ListGrantsToReviewResponse:
        """Read a page of them."""
        days, fresh = request.not_confirmed_for_days, Fresh.of(request, call)
        rows, next_token = self._app.reviews.list(request, days, call.now(), call.reach, fresh)
        shown = [grant_shown(each.grant, each.confirmed_at) for each in rows]
        return pb.ListGrantsToReviewResponse(grants=shown, next_page_token=next_token)
