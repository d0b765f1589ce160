"""The rpcs about registrations that are one person."""

from linli.identity.v1 import identity_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import Jurisdiction, Permit, Reach
from libs.rpc.access import PERSON
from libs.rpc.call import Call
from libs.rpc.moments import stamp
from services.identity.application.app import App
from services.identity.application.ports import MergerRow
from services.identity.entrypoints.resident import registering

_STATES = {
    "open": pb.MERGER_STATE_OPEN,
    "approved": pb.MERGER_STATE_APPROVED,
    "rejected": pb.MERGER_STATE_REJECTED,
}


class MergerApi:
    """Two registrations become one person, as two members of staff say."""

    def __init__(self, app: App) -> None:
        self._app = app

    def merge_residents(self, request: pb.MergeResidentsRequest, call: Call) -> pb.MergeResidentsResponse:
        """Propose that two registrations are one person."""
        decided = self._app.mergers.propose(
            request.merged_id,
            request.survivor_id,
            call.at,
            call.context(reason=request.reason),
            _registering(call),
        )
        return pb.MergeResidentsResponse(merger_id=decided.merger_id, revision=decided.revision)

    def unmerge_residents(
        self, request: pb.UnmergeResidentsRequest, call: Call
    ) -> pb.UnmergeResidentsResponse:
        """Propose that a merged registration is a person of its own."""
        decided = self._app.mergers.propose_undoing(
            request.merged_id, call.at, call.context(reason=request.reason), _registering(call)
        )
        return pb.UnmergeResidentsResponse(merger_id=decided.merger_id, revision=decided.revision)

    def approve_merger(self, request: pb.ApproveMergerRequest, call: Call) -> pb.ApproveMergerResponse:
        """Approve what somebody else proposed."""
        decided = self._app.mergers.approve(
            request.merger_id, call.at, call.context(reason=request.reason), _registering(call)
        )
        return pb.ApproveMergerResponse(
            merged_id=decided.merged_id, survivor_id=decided.survivor_id, revision=decided.revision
        )

    def reject_merger(self, request: pb.RejectMergerRequest, call: Call) -> pb.RejectMergerResponse:
        """Reject a proposal, or take one's own back."""
        decided = self._app.mergers.reject(
            request.merger_id, call.at, call.context(reason=request.reason), _registering(call)
        )
        return pb.RejectMergerResponse(merger_id=decided.merger_id, revision=decided.revision)

    def list_mergers(self, request: pb.ListMergersRequest, call: Call) -> pb.ListMergersResponse:
        """Read a page of proposals."""
        fresh = Fresh.of(request, call)
        rows, next_token = self._app.mergers.list(request, _reach(call), fresh)
        return pb.ListMergersResponse(mergers=map(_shown, rows), next_page_token=next_token)


def _reach(call: Call) -> Reach:
    """Where the caller registers people; nowhere for a client, which knows nobody by their papers."""
    reach = registering(call)
    return reach if call.caller.kind == PERSON else Reach()


def _registering(call: Call) -> Permit:
    def permit(of: Jurisdiction) -> None:
        _reach(call).require(area_path=of.area_path or None)

    return permit


def _shown(row: MergerRow) -> pb.Merger:
    return pb.Merger(
        merger_id=row.merger_id,
        merged_id=row.merged_id,
        survivor_id=row.survivor_id,
        undoing=row.undoing,
        state=_STATES[row.state],
        proposer_id=row.proposer_id,
        proposed_time=stamp(row.proposed_at),
        expire_time=stamp(row.expires_at),
        decider_id=row.decider_id,
    )
