"""The rpcs of those who find that two cases are about the same matter."""

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.reach import permitting
from libs.rpc.call import Call
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.application.merging import Seen
from services.cases.entrypoints.wire.case import case_shown


class MergingApi:
    """Merging two cases, and taking them apart again."""

    def __init__(self, app: App) -> None:
        self._app = app

    def merge_cases(self, request: pb.MergeCasesRequest, call: Call) -> pb.MergeCasesResponse:
        """One case goes on in another one; the caller dispatches both."""
        merged, into = self._app.merges.merge(
            Seen(case_id=request.case_id, if_revision=request.if_revision),
            Seen(case_id=request.into_case_id, if_revision=request.into_if_revision),
            call.at,
            call.context(reason=request.reason),
            permitting(call.permit, permits.deciding),
        )
        return pb.MergeCasesResponse(
            case=case_shown(merged.state), into_case=case_shown(into.state), revision=into.revision
        )

    def unmerge_case(self, request: pb.UnmergeCaseRequest, call: Call) -> pb.UnmergeCaseResponse:
        """A merged case goes on by itself again."""
        unmerged, had = self._app.merges.unmerge(
            Seen(case_id=request.case_id, if_revision=request.if_revision),
            call.at,
            call.context(reason=request.reason),
            permitting(call.permit, permits.deciding),
        )
        return pb.UnmergeCaseResponse(
            case=case_shown(unmerged.state), from_case=case_shown(had.state), revision=had.revision
        )
