"""The rpcs about commitments."""

from linli.catalog.v1 import catalog_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.rpc.call import Call
from libs.rpc.moments import moment_of
from libs.rpc.terms import terms_of
from libs.rpc.texts import text_of
from services.catalog.application.app import App
from services.catalog.application.commitment import NewPromise
from services.catalog.entrypoints.wire.commitment import commitment_shown


class CommitmentApi:
    """Publishing and finding commitments."""

    def __init__(self, app: App) -> None:
        self._app = app

    def publish_commitment(
        self, request: pb.PublishCommitmentRequest, call: Call
    ) -> pb.PublishCommitmentResponse:
        """The first or the next version."""
        new = NewPromise(
            affair_id=request.affair_id,
            area_id=request.area_id,
            terms=terms_of(request),
            calendar_id=request.calendar_id,
            conditions=tuple(text_of(condition) for condition in request.conditions),
            valid_from=moment_of(request, "valid_from_time"),
            at=call.at,
        )
        handled = self._app.commitments.publish(new, call.context(), request.if_revision, call.permit)
        shown = commitment_shown(handled.state)
        return pb.PublishCommitmentResponse(commitment=shown, revision=handled.revision)

    def find_commitment(self, request: pb.FindCommitmentRequest, call: Call) -> pb.FindCommitmentResponse:
        """What is promised."""
        at = moment_of(request, "at_time") or call.at
        fresh = Fresh.of(request, call)
        found = self._app.commitments.find(request.affair_id, request.area_id, at, fresh)
        return pb.FindCommitmentResponse(commitment=commitment_shown(found))

    def list_commitments(self, request: pb.ListCommitmentsRequest, call: Call) -> pb.ListCommitmentsResponse:
        """A page of what is promised."""
        at = moment_of(request, "at_time") or call.at
        found, token = self._app.commitments.listed(request, at, Fresh.of(request, call))
        return pb.ListCommitmentsResponse(
            commitments=[commitment_shown(each) for each in found], next_page_token=token
        )
