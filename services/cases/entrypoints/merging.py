"""The rpcs of those who find that two cases are about the same matter."""

from math import ceil

from linli.cases.v1 import cases_service_pb2 as pb

from libs.query.freshness import Fresh
from libs.query.reach import permitting
from libs.rpc.call import Call
from services.cases.application import permits
from services.cases.application.app import App
from services.cases.application.duplicate import Candidate
from services.cases.application.merging import Seen
from services.cases.entrypoints.wire.case import case_shown

_USUAL = 10
"""Candidates that are suggested where the caller says no number."""
_ROUNDED_TO = 10
"""Metres: a distance says no more than staff need."""


class MergingApi:
    """Merging two cases, and taking them apart again."""

    def __init__(self, app: App) -> None:
        self._app = app

    def suggest_duplicates(
        self, request: pb.SuggestDuplicatesRequest, call: Call
    ) -> pb.SuggestDuplicatesResponse:
        """The cases that may be about the same matter, for whoever dispatches them."""
        record, candidates = self._app.duplicates.suggest(
            request.case_id,
            call.permit,
            call.reach,
            request.max_candidates or _USUAL,
            Fresh.of(request, call),
        )
        return pb.SuggestDuplicatesResponse(
            candidates=map(_candidate_shown, candidates), revision=record.revision
        )

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


def _candidate_shown(candidate: Candidate) -> pb.DuplicateCandidate:
    metres = candidate.likeness.metres
    return pb.DuplicateCandidate(
        case=case_shown(candidate.record.state),
        revision=candidate.record.revision,
        distance_metres=None if metres is None else _ROUNDED_TO * ceil(metres / _ROUNDED_TO),
        same_address=candidate.likeness.same_address,
    )
